"""Adds up the reports of the test stages and prints the totals. Exit code 1 when anything failed, or was skipped under CI=true."""

import os
import pathlib
import sys
import xml.etree.ElementTree as ET


def count(path):
    """(passed, failed, skipped) of one JUnit file."""
    passed = failed = skipped = 0
    for case in ET.parse(path).getroot().iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def main(reports, stages):
    total = [0, 0, 0]
    for stage in stages:
        code = int((reports / (stage + ".exit")).read_text())
        if stage in ("lint", "docs"):
            numbers = (1, 0, 0) if code == 0 else (0, 1, 0)
        else:
            numbers = [sum(column) for column in zip((0, 0, 0), *(count(file) for file in reports.glob(stage + "*.xml")))]
            if sum(numbers) == 0 or (code != 0 and numbers[1] == 0):
                numbers = (numbers[0], numbers[1] + 1, numbers[2])  # died without a report, or after it
        print("%-10s  %d passed, %d failed, %d skipped" % (stage + ":", *numbers))
        total = [a + b for a, b in zip(total, numbers)]
    strict = os.environ.get("CI") == "true"
    if strict and total[2]:
        print("%d skipped tests count as failures because CI=true" % total[2])
    print("%d passed, %d failed, %d skipped" % tuple(total))
    return 1 if total[1] or (strict and total[2]) else 0


sys.exit(main(pathlib.Path(sys.argv[1]), sys.argv[2:]))
