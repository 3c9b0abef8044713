"""Listeners that come, change and go while winrmd runs, on a machine of its own: a network namespace with several adapters and addresses."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from winrmtest import hosts, processes
from winrmtest.lab import Lab

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("ip") or not sys.platform.startswith("linux"), reason="needs root and ip"
)

REFUSED = "ConnectionRefusedError"
MAC = "02-00-00-00-07-01"
# Prints the status of an unauthenticated request, or what the connection ended with.
PROBE = """
import socket, sys
try:
    s = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=3)
    s.sendall(b"POST /%s HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 0\\r\\n\\r\\n" % sys.argv[3].encode())
    print(s.recv(4096).split()[1].decode())
except OSError as error:
    print(type(error).__name__)
"""


class Island(hosts.Host):
    """A host in a network namespace."""

    def __init__(self, directory, name, bin, **options):
        super().__init__(directory, name, bin, "10.7.0.1", 5985)
        self.space = "winrm-%s-%d" % (name, os.getpid())
        subprocess.run(["ip", "netns", "add", self.space], check=True)
        self.ip("link", "set", "lo", "up")
        for link, mac, addresses in [
            ("west", "02:00:00:00:07:00", ["10.7.0.1/24", "10.7.0.2/24", "fd07::1/64"]),
            ("east", MAC.replace("-", ":"), ["10.8.0.1/24"]),
        ]:
            self.ip("link", "add", link, "type", "bridge")
            self.ip("link", "set", link, "address", mac, "up")
            for address in addresses:
                self.add(address, link)

    def ip(self, *arguments):
        subprocess.run(["ip", "-n", self.space, *arguments], check=True)

    def add(self, address, link="west"):
        self.ip("addr", "add", address, "dev", link, *(["nodad"] if ":" in address else []))

    def command(self, program, *arguments):
        return ["ip", "netns", "exec", self.space, *super().command(program, *arguments)]

    def status(self, address, port=5985, path="wsman"):
        done = subprocess.run(
            ["ip", "netns", "exec", self.space, sys.executable, "-c", PROBE, address, str(port), path],
            capture_output=True, text=True, timeout=20,
        )
        return done.stdout.strip()

    def has(self, status, *where, **path):
        """Whether that is the status, now or soon."""
        return processes.eventually(lambda: self.status(*where, **path) == status, 15)

    def start(self):
        log = open(self.log_file, "ab")
        self.process = self.popen("winrmd", stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        assert processes.eventually(lambda: "listen" in self.log(), 20), self.log()
        return self

    def listen(self, selectors, *values, **options):
        return self.winrm("create", "winrm/config/Listener?" + selectors, "@{%s}" % ";".join(values), **options)

    def listening_on(self, address, transport="HTTP"):
        text = self.winrm("get", "winrm/config/Listener?Address=%s+Transport=%s" % (address, transport)).out
        found = re.search(r"ListeningOn = (.*)", text)
        return set(found.group(1).split(", ")) - {"null"} if found else set()

    def remove(self):
        self.stop()
        subprocess.run(["ip", "netns", "del", self.space])


@pytest.fixture
def island():
    lab = Lab()
    made = None
    try:
        made = Island(lab.directory, "island", lab.bin)
        made.lab = lab
        made.add_account(lab.user, lab.password, "-unixuser:" + lab.unix_user)
        made.winrm("set", "winrm/config/service", '@{AllowedAccounts="%s"}' % lab.user)
        made.winrm("set", "winrm/config/client", '@{TrustedHosts="*"}')
        yield made
    finally:
        if made:
            made.remove()
        lab.close()


def test_listeners_come_and_go_and_a_session_over_another_one_goes_on(island):
    island.start()
    assert "no listener is served" in island.log()
    assert island.has(REFUSED, "10.7.0.1")
    island.listen("Address=IP:10.7.0.1+Transport=HTTP")
    # At once: the command ends when the listener listens.
    assert island.has("401", "10.7.0.1")
    assert island.has(REFUSED, "10.7.0.2")
    switches = island.lab.switches(island, "http://10.7.0.1:5985", "Negotiate")
    session = hosts.Streamed(
        island.popen("winrs", *switches, "i=0; while [ $i -lt 200 ]; do echo tick $i; i=$((i+1)); sleep 0.1; done",
                     stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
    session.wait_for("tick 1")
    island.listen("Address=IP:10.7.0.2+Transport=HTTP", "Port=6985")
    assert island.has("401", "10.7.0.2", 6985)
    island.winrm("set", "winrm/config/Listener?Address=IP:10.7.0.2+Transport=HTTP", "@{Port=6986}")
    assert island.has(REFUSED, "10.7.0.2", 6985)
    assert island.has("401", "10.7.0.2", 6986)
    island.winrm("set", "winrm/config/Listener?Address=IP:10.7.0.2+Transport=HTTP", "@{Enabled=false}")
    assert island.has(REFUSED, "10.7.0.2", 6986)
    island.winrm("set", "winrm/config/Listener?Address=IP:10.7.0.2+Transport=HTTP", "@{Enabled=true}")
    assert island.has("401", "10.7.0.2", 6986)
    # One that takes the place of the other on the same port: the session stays on its address.
    island.listen("Address=*+Transport=HTTP")
    island.winrm("delete", "winrm/config/Listener?Address=IP:10.7.0.1+Transport=HTTP")
    island.winrm("delete", "winrm/config/Listener?Address=IP:10.7.0.2+Transport=HTTP")
    assert island.has(REFUSED, "10.7.0.2", 6986)
    seen = len(session.lines)
    assert processes.eventually(lambda: len(session.lines) > seen + 5, 10), session.lines
    assert "restart" not in island.log()
    session.process.kill()
    session.wait()
    island.winrm("delete", "winrm/config/Listener?Address=*+Transport=HTTP")
    assert island.has(REFUSED, "10.7.0.1")
    assert island.process.poll() is None


def test_addresses(island):
    island.start()
    island.listen("Address=MAC:%s+Transport=HTTP" % MAC.lower())
    assert island.listening_on("MAC:" + MAC) >= {"10.8.0.1"}
    assert not island.listening_on("MAC:" + MAC) & {"10.7.0.1", "127.0.0.1"}
    assert island.has("401", "10.8.0.1")
    assert island.has(REFUSED, "10.7.0.1")
    island.add("10.8.0.9/24", "east")
    assert island.has("401", "10.8.0.9"), island.log()
    island.listen("Address=IP:fd07::1+Transport=HTTP")
    assert island.listening_on("IP:fd07::1") == {"fd07::1"}
    assert island.has("401", "fd07::1")
    island.listen("Address=*+Transport=HTTP")
    assert island.listening_on("*") >= {"127.0.0.1", "::1", "10.7.0.1", "10.7.0.2", "10.8.0.1", "10.8.0.9", "fd07::1"}
    assert island.has("401", "127.0.0.1")
    assert island.has("401", "::1")
    for address in ("IP:10.99.0.1", "IP:fd99::1", "MAC:02-00-00-00-99-99", "IP:0.0.0.0", "10.7.0.1", "IP:", "MAC:02-00"):
        refused = island.listen("Address=%s+Transport=HTTP" % address, check=False)
        assert refused.returncode == 1 and "0x80338089" in refused.err, (address, refused.err)


def test_filters(island):
    island.start()
    island.listen("Address=*+Transport=HTTP")
    island.winrm("set", "winrm/config/service", '@{IPv4Filter="10.7.0.2-10.7.0.9, 10.8.0.0-10.8.0.255";IPv6Filter=""}')
    assert island.listening_on("*") == {"10.7.0.2", "10.8.0.1"}
    for address in ("10.7.0.1", "127.0.0.1", "fd07::1"):
        assert island.has(REFUSED, address)
    for address in ("10.7.0.2", "10.8.0.1"):
        assert island.has("401", address)
    island.add("10.7.0.5/24")
    assert island.has("401", "10.7.0.5"), island.log()
    island.winrm("set", "winrm/config/service", '@{IPv4Filter="";IPv6Filter="*"}')
    assert island.has(REFUSED, "10.7.0.2")
    assert island.has("401", "fd07::1")
    assert {"::1", "fd07::1"} <= island.listening_on("*") and not any("." in a for a in island.listening_on("*"))
    island.winrm("set", "winrm/config/service", '@{IPv4Filter="";IPv6Filter=""}')
    assert island.listening_on("*") == set()
    assert processes.eventually(lambda: "admit none of its addresses" in island.log(), 5)
    bad = island.run("winrm", "set", "winrm/config/service", '@{IPv4Filter="10.7.0.9-10.7.0.1"}')
    assert bad.returncode == 1 and "0x803380EC" in bad.err
    island.winrm("set", "winrm/config/service", '@{IPv4Filter="*";IPv6Filter="*"}')
    assert island.has("401", "10.7.0.1")
    assert island.has("401", "fd07::1")


def test_one_port_for_two_prefixes_and_a_port_that_is_taken(island):
    island.start()
    island.listen("Address=IP:10.7.0.1+Transport=HTTP", "URLPrefix=west")
    island.listen("Address=*+Transport=HTTP", "URLPrefix=all")
    for path, status in zip(("west", "all", "wsman"), ["401", "401", "404"]):
        assert island.has(status, "10.7.0.1", path=path)
    for path, status in zip(("west", "all"), ["404", "401"]):
        assert island.has(status, "10.7.0.2", path=path)
    island.winrm("delete", "winrm/config/Listener?Address=*+Transport=HTTP")
    for path, status in zip(("west", "all"), ["401", "404"]):
        assert island.has(status, "10.7.0.1", path=path)
    assert island.has(REFUSED, "10.7.0.2", path="all")
    # Somebody else's port, free later.
    squatter = subprocess.Popen(
        ["ip", "netns", "exec", island.space, sys.executable, "-c",
         "import socket,time; s=socket.create_server(('10.7.0.2', 7000)); print('up', flush=True); time.sleep(600)"],
        stdout=subprocess.PIPE, text=True)
    try:
        assert squatter.stdout.readline() == "up\n"
        island.listen("Address=IP:10.7.0.2+Transport=HTTP", "Port=7000")
        taken = "Cannot listen on 10.7.0.2:7000: Address already in use"
        assert processes.eventually(lambda: taken in island.log(), 5), island.log()
        line = next(line for line in island.log().splitlines() if taken in line)
        assert " error " in line and "another program has the port" in line, line
        assert island.has("401", "10.7.0.1", path="west")
    finally:
        squatter.kill()
        squatter.wait()
    assert island.has("401", "10.7.0.2", 7000), island.log()


def test_an_address_that_appears_later(island):
    island.add("10.7.0.77/24")
    island.listen("Address=IP:10.7.0.77+Transport=HTTP")
    island.ip("addr", "del", "10.7.0.77/24", "dev", "west")
    island.start()
    assert "this machine does not have the address now" in island.log()
    island.add("10.7.0.77/24")
    assert island.has("401", "10.7.0.77"), island.log()
    island.ip("addr", "del", "10.7.0.77/24", "dev", "west")
    assert processes.eventually(lambda: "no longer listening on http://10.7.0.77:5985/wsman" in island.log(), 10)


def test_compatibility_listeners(island):
    island.start()
    island.winrm("set", "winrm/config/service", '@{EnableCompatibilityHttpListener="true"}')
    assert island.has("401", "10.7.0.1", 80)
    listed = island.winrm("enumerate", "winrm/config/listener").out
    assert 'Listener [Source="Compatibility"]\n' in listed and "Port = 80\n" in listed, listed
    refused = island.run("winrm", "delete", "winrm/config/Listener?Address=*+Transport=HTTP")
    assert refused.returncode == 1 and "EnableCompatibilityHttpListener" in refused.err
    island.winrm("certificate", "new", "-hostname:island.test")
    island.listen("Address=*+Transport=HTTPS", "Hostname=island.test")
    island.winrm("set", "winrm/config/service", '@{EnableCompatibilityHttpsListener="true"}')
    assert island.has("400", "10.7.0.1", 443), "HTTP to an HTTPS listener is told so"
    island.winrm(
        "set", "winrm/config/service", '@{EnableCompatibilityHttpListener="false";EnableCompatibilityHttpsListener="false"}')
    assert island.has(REFUSED, "10.7.0.1", 80)
    assert island.has(REFUSED, "10.7.0.1", 443)
    assert "Compatibility" not in island.winrm("enumerate", "winrm/config/listener").out


def test_ipv4_alone(island):
    subprocess.run(
        ["ip", "netns", "exec", island.space, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1"], check=True)
    island.listen("Address=*+Transport=HTTP")
    island.start()
    assert island.has("401", "10.7.0.1")
    assert not any(":" in address for address in island.listening_on("*"))


def test_ipv6_alone(island):
    for link in ("west", "east", "lo"):
        island.ip("-4", "addr", "flush", "dev", link)
    island.listen("Address=*+Transport=HTTP")
    island.start()
    assert island.has("401", "fd07::1")
    assert not any("." in address for address in island.listening_on("*"))
