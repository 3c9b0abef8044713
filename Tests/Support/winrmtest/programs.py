"""The built programs, where an unprivileged user can run them too."""

import functools
import os
import pathlib
import pwd
import shutil
import stat
import subprocess

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
NAMES = ("winrm", "winrs", "winrmd", "winrmd-exec")


@functools.cache
def built():
    """The directory of the debug build; WINRM_BIN names another one."""
    if "WINRM_BIN" in os.environ:
        return pathlib.Path(os.environ["WINRM_BIN"])
    shown = subprocess.run(
        ["swift", "build", "--package-path", str(REPOSITORY), "--show-bin-path"], capture_output=True, text=True, check=True
    )
    return pathlib.Path(shown.stdout.strip())


def reachable_by_all(path):
    """Whether any user of the machine can come to `path` and read it."""
    path = path.resolve()
    return all(p.stat().st_mode & stat.S_IXOTH for p in [path, *path.parents]) and bool(path.stat().st_mode & stat.S_IROTH)


@functools.cache
def runtime_libraries(program):
    """Shared libraries of the Swift toolchain that `program` loads."""
    found = []
    listed = subprocess.run(["ldd", str(program)], capture_output=True, text=True).stdout
    for line in listed.splitlines():
        _, arrow, rest = line.partition(" => ")
        if arrow and "/swift/" in rest:
            found.append(pathlib.Path(rest.split(" (")[0]))
    return found


def stage(directory):
    """A directory with the programs that everybody can run: the build itself, or copies in `directory`."""
    source = built()
    missing = [name for name in NAMES if not (source / name).exists()]
    if missing:
        raise RuntimeError("not built: %s in %s; run `swift build`" % (", ".join(missing), source))
    libraries = {library for name in NAMES for library in runtime_libraries(source / name)}
    if all(reachable_by_all(path) for path in [*(source / name for name in NAMES), *libraries]):
        return source
    target = pathlib.Path(directory)
    target.mkdir(exist_ok=True)
    target.chmod(0o755)
    for path in [*(source / name for name in NAMES), *libraries]:  # the programs look for libraries beside themselves first
        shutil.copy(path, target / path.name)
        (target / path.name).chmod(0o755)
    return target


def session_user():
    """The Unix user that commands run as: oneself, or an unprivileged one when root runs the tests."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    return os.environ.get("SUDO_USER") or "nobody"
