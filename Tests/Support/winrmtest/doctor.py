"""Runs `winrm doctor` and reads what it says."""

import json

from . import remedies


class Report:
    """checks: by name. failed, open: names in the order of the chain."""

    def __init__(self, done):
        self.done, self.document = done, json.loads(done.out)
        assert self.document["version"] == 1
        self.list = self.document["checks"]
        self.checks = {check["id"]: check for check in self.list}
        assert len(self.checks) == len(self.list), "a check is told once"
        self.failed = [check["id"] for check in self.list if check["state"] == "fail"]
        self.open = [check["id"] for check in self.list if check["state"] == "unknown"]
        for check in self.list:
            assert check["state"] in ("pass", "fail", "unknown") and check["evidence"], check
            assert (check["remedy"] is not None) == (check["state"] == "fail"), check
            # Those about this machine name what is on it: their tests carry them out there.
            if check["remedy"] and not check["id"].startswith("service."):
                remedies.check(check["remedy"])
        assert self.document["passed"] == (not self.failed and not self.open)
        assert self.document["firstFailure"] == (self.failed[0] if self.failed else None)
        assert done.returncode == (0 if self.document["passed"] else 1)
        assert done.err == "", done.err

    def __str__(self):
        return "\n".join("%-7s %s: %s" % (c["state"], c["id"], c["evidence"]) for c in self.list)

    def state(self, name):
        return self.checks[name]["state"]

    def evidence(self, name):
        return self.checks[name]["evidence"]


def run(lab, client, target, *extra, **options):
    """`winrm doctor -format:json` with the switches of `lab`."""
    switches = {name: options.pop(name) for name in ("method", "user", "password") if name in options}
    words = lab.switches(client, target, **switches)
    return Report(client.run("winrm", "doctor", *words, "-format:json", *extra, **options))


def assert_broken(report, name, *texts, code=None):
    """Exactly this link is broken, nobody else is blamed, and what comes after it was left alone."""
    assert report.failed == [name], report
    check = report.checks[name]
    for text in texts:
        assert text.lower() in check["evidence"].lower(), check
    if code is not None:
        assert check["code"] == code, check


def assert_whole(report):
    assert report.done.returncode == 0 and not report.failed and not report.open, report
