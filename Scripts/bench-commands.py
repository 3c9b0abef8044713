#!/usr/bin/env python3
"""Measures whole commands, from the start of a process to its exit: winrs beside pypsrp and pywinrm, which are left out when they are not
installed. One winrmd on loopback serves them all, in turns, so that a busy machine disturbs all alike.

    Scripts/bench-commands.py [--runs N]
"""

import argparse
import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time

repository = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
python = os.path.join(repository, ".venv", "bin", "python")
if os.access(python, os.X_OK) and os.path.realpath(sys.prefix) != os.path.realpath(os.path.join(repository, ".venv")):
    os.execv(python, [python] + sys.argv)
sys.path.insert(0, os.path.join(repository, "Tests", "Support"))

PYPSRP = """
import os, sys
from pypsrp.shell import Process, SignalCode, WinRS
from pypsrp.wsman import WSMan
host, port, auth, user, secret = sys.argv[1:6]
password = open(secret).read()
with WSMan(host, port=int(port), ssl=False, auth=auth, encryption="always", username=user, password=password) as wsman, WinRS(wsman) as shell:
    process = Process(shell, "echo", ["hello"])
    process.invoke()
    process.signal(SignalCode.TERMINATE)
sys.stdout.buffer.write(process.stdout)
sys.exit(process.rc)
"""

PYWINRM = """
import sys, winrm
host, port, auth, user, secret = sys.argv[1:6]
password = open(secret).read()
session = winrm.Session("http://%s:%s/wsman" % (host, port), auth=(user, password), transport=auth, message_encryption="always")
answer = session.run_cmd("echo", ["hello"])
sys.stdout.buffer.write(answer.std_out)
sys.exit(answer.status_code)
"""


def commands(lab, client, service, secret):
    """(name, method) -> a function that runs the command once and returns its output."""
    found = {}
    for method in ("Negotiate", "CredSSP"):
        found["winrs", method] = lambda method=method: lab.winrs(client, service, "echo", "hello", method=method).stdout
    for name, module, text, auths in [
        ("pypsrp", "pypsrp", PYPSRP, {"Negotiate": "ntlm", "CredSSP": "credssp"}),
        ("pywinrm", "winrm", PYWINRM, {"Negotiate": "ntlm", "CredSSP": "credssp"}),
    ]:
        if importlib.util.find_spec(module) is None:
            print("%s is not installed and is left out" % name)
            continue
        for method, auth in auths.items():
            arguments = [sys.executable, "-W", "ignore", "-c", text, service.address, str(service.port), auth, lab.user, secret]
            found[name, method] = lambda arguments=arguments: subprocess.run(
                arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
            ).stdout
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20, help="runs of each command (default 20)")
    runs = parser.parse_args().runs
    from winrmtest.lab import Lab

    lab = Lab()
    try:
        client, service = lab.client(), lab.service("service")
        lab.delegate(client, service)
        lab.trust(client, service)
        with tempfile.NamedTemporaryFile("w") as secret:
            secret.write(lab.password)
            secret.flush()
            measure(commands(lab, client, service, secret.name), runs)
    finally:
        lab.close()


def measure(found, runs):
    times = {key: [] for key in found}
    for turn in range(runs + 1):
        for key, run in found.items():
            start = time.monotonic()
            output = run()
            if output.strip() != b"hello":
                sys.exit("%s by %s: unexpected output %r" % (*key, output))
            if turn:  # the first turn warms caches
                times[key].append((time.monotonic() - start) * 1000)
    print("%-10s %-10s %8s %8s %8s   ms, process start to exit, %d runs" % ("program", "method", "median", "fastest", "slowest", runs))
    for (name, method), values in sorted(times.items(), key=lambda item: item[0][1]):
        print("%-10s %-10s %8.0f %8.0f %8.0f" % (name, method, statistics.median(values), min(values), max(values)))


if __name__ == "__main__":
    main()
