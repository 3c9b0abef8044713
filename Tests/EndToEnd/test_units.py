"""What `make install` puts in place: the units name programs that are there, and systemd understands them."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

from winrmtest.programs import REPOSITORY

UNITS = ("winrmd.service", "winrm-policy.service", "winrm-policy.timer")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Where packagers would have it: a directory in place of /."""
    root = tmp_path_factory.mktemp("installed")
    environment = {**os.environ, "DESTDIR": str(root), "CONFIGURATION": "debug", "PREFIX": "/usr"}
    done = subprocess.run([str(REPOSITORY / "Scripts/install.sh")], env=environment, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    try:
        yield root
    finally:
        shutil.rmtree(root)


def unit(root, name):
    return (root / "usr/lib/systemd/system" / name).read_text()


def commands(text):
    return re.findall(r"^Exec\w+=(\S+)(.*)$", text, re.MULTILINE)


def test_units_start_programs_that_are_installed(installed):
    for name in ("winrmd.service", "winrm-policy.service"):
        program = next(path for path, _ in commands(unit(installed, name)) if "winrm" in path)
        assert os.access(installed / program.lstrip("/"), os.X_OK), program
    [(program, arguments)] = commands(unit(installed, "winrm-policy.service"))
    assert arguments.split() == ["policy", "update"]
    # It runs from there, and it is what root alone may do on a member.
    environment = {"PATH": "/usr/bin:/bin", "WINRM_ROOT": str(installed / "root")}
    done = subprocess.run([str(installed / program.lstrip("/")), "policy", "update"], env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and ("The policy of the domain was not updated" in done.stderr or "0x80070005" in done.stderr), done.stderr


def verify(root, *units):
    command = ["systemd-analyze", "verify", "--man=no", "--root=%s" % root, *units]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is missing: apt-get install systemd")
def test_systemd_understands_the_units(installed):
    # The targets that the units name, and the one foreign program in them.
    shutil.copytree("/lib/systemd/system", installed / "lib/systemd/system", symlinks=True, dirs_exist_ok=True)
    for program in {path for name in UNITS for path, _ in commands(unit(installed, name))}:
        if "winrm" not in program:
            (installed / program.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(program, installed / program.lstrip("/"))
    done = verify(installed, *UNITS)
    assert (done.returncode, done.stderr) == (0, "")
    # The check does look: without the program, and with a mistake, it complains.
    file = installed / "usr/lib/systemd/system/winrm-policy.service"
    text = file.read_text()
    file.write_text(text.replace("/winrm policy", "/winrm-that-is-not-there policy"))
    assert "not executable" in verify(installed, "winrm-policy.service").stderr
    file.write_text(text.replace("ProtectHome=", "ProtectHomes="))
    assert "ProtectHomes" in verify(installed, "winrm-policy.service").stderr
    file.write_text(text)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is missing: apt-get install systemd")
def test_the_unit_that_acts_as_the_machine_is_confined(installed):
    command = ["systemd-analyze", "security", "--offline=true", "--root=%s" % installed, "--threshold=40", "winrm-policy.service"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_timer_starts_the_unit(installed):
    text = unit(installed, "winrm-policy.timer")
    # Without Unit= it is the service of the same name.
    assert "Unit=" not in re.sub(r"\[Unit\]", "", text) and pathlib.PurePath("winrm-policy.timer").stem + ".service" in UNITS
    assert "OnUnitActiveSec=90min" in text and "WantedBy=timers.target" in text


def test_the_policy_is_read_at_the_start_without_delay(installed):
    service, timer = unit(installed, "winrm-policy.service"), unit(installed, "winrm-policy.timer")
    # A random delay is one of every trigger of its timer, so no timer with one sees to the start.
    assert "WantedBy=multi-user.target" in service and "After=network-online.target" in service
    # And nobody who waits for the start of the machine waits for the domain.
    assert re.search(r"^After=.* multi-user\.target$", service, re.MULTILINE)
    assert "RandomizedDelaySec" in timer and "OnBootSec" not in timer and "Also=winrm-policy.service" in timer
    # Without a service that has run before, OnUnitActiveSec alone would never come.
    assert "OnActiveSec=90min" in timer


def setting(text, name):
    [value] = re.findall(r"^%s=(.*)$" % name, text, re.MULTILINE)
    return value


def test_a_service_that_waits_for_the_domain_is_started_again_for_ever(installed):
    text = unit(installed, "winrmd.service")
    assert setting(text, "Restart") == "on-failure" and setting(text, "RestartPreventExitStatus").split() == ["78"]
    # systemd gives up on a unit that is started more often than that.
    starts = int(setting(text, "StartLimitIntervalSec")) / int(setting(text, "RestartSec")) + 1
    assert starts < int(setting(text, "StartLimitBurst"))
