"""What the machine's processes hold: memory, arguments, environment, descendants."""

import os
import pathlib
import time


def children(pid):
    """All living descendants of `pid`."""
    parents = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found, frontier = [], [pid]
    while frontier:
        parent = frontier.pop()
        mine = [child for child, its in parents.items() if its == parent]
        found += mine
        frontier += mine
    return found


def alive(pid):
    try:
        return pathlib.Path("/proc/%d/stat" % pid).read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def eventually(condition, seconds=5.0):
    """Waits until `condition()` is true; returns its last value."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(0.02)


def in_memory(pid, needles, chunk=1 << 22):
    """Which of `needles` (name -> bytes) stand anywhere in the readable memory of `pid`, with the mapping they stand in."""
    found = []
    overlap = max(map(len, needles.values())) - 1
    with open("/proc/%d/maps" % pid) as maps, open("/proc/%d/mem" % pid, "rb", 0) as memory:
        for line in maps:
            fields = line.split()
            name = fields[5] if len(fields) > 5 else "anonymous"
            if "r" not in fields[1] or name in ("[vvar]", "[vsyscall]", "[vvar_vclock]"):
                continue
            start, end = (int(part, 16) for part in fields[0].split("-"))
            tail, at = b"", start
            while at < end:
                try:
                    memory.seek(at)
                    data = memory.read(min(chunk, end - at))
                except (OSError, ValueError):
                    break
                if not data:
                    break
                window = tail + data
                found += ["%s in %s" % (key, name) for key, needle in needles.items() if needle in window]
                tail = window[-overlap:] if overlap else b""
                at += len(data)
    return found


def in_arguments_or_environment(needles, ignoring=()):
    """Processes of the whole machine that show a needle in argv or environment."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) in ignoring or int(entry.name) == os.getpid():
            continue
        for part in ("cmdline", "environ"):
            try:
                text = (entry / part).read_bytes()
            except OSError:
                continue
            found += ["%s in %s of %s" % (key, part, entry.name) for key, needle in needles.items() if needle in text]
    return found


def resident_megabytes(pid):
    with open("/proc/%d/statm" % pid) as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20
