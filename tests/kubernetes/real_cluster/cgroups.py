"""The cluster's cgroups. Everything it starts lives below /NAME of some hierarchy, so nothing is ever lost sight of."""

import contextlib
import os
import pathlib
import signal
import time

MOUNTS = "/proc/self/mounts"


def hierarchies():
    """Mount points of all cgroup hierarchies: the v1 ones, and the v2 tree."""
    result = []
    for line in pathlib.Path(MOUNTS).read_text().splitlines():
        _, point, kind = line.split()[:3]
        if kind in ("cgroup", "cgroup2"):
            result.append((pathlib.Path(point), kind))
    return result


def make(path):
    """Makes `path` (relative to the root) in each hierarchy, with all that a kubelet wants to find in it."""
    for point, kind in hierarchies():
        current = point
        for part in pathlib.Path(path).parts:
            if kind == "cgroup2":
                _enable_controllers(current)
            current = current / part
            current.mkdir(exist_ok=True)
            for name in ("cpuset.cpus", "cpuset.mems"):
                # A v1 cpuset is born empty and admits no process until it is filled.
                if kind == "cgroup" and (current / name).exists() and not (current / name).read_text().strip():
                    (current / name).write_text((current.parent / name).read_text())


def _enable_controllers(folder):
    for controller in (folder / "cgroup.controllers").read_text().split():
        try:
            (folder / "cgroup.subtree_control").write_text(f"+{controller}")
        except OSError:
            pass  # In use by a v1 hierarchy, or not to be had here: the kubelet will say so if it needs it.


@contextlib.contextmanager
def inside(path):
    """Moves the calling process below `path` for a while: whatever it starts stays there, even if it is killed."""
    point = next(point for point, kind in hierarchies() if kind == "cgroup2")
    home = next(line.split(":", 2)[2] for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines()
                if line.startswith("0::"))
    (point / path / "cgroup.procs").write_text(str(os.getpid()))
    try:
        yield
    finally:
        (point / home.lstrip("/") / "cgroup.procs").write_text(str(os.getpid()))


def processes(path):
    """Ids of all processes below `path` in any hierarchy."""
    found = set()
    for point, _ in hierarchies():
        for procs in (point / path).rglob("cgroup.procs") if (point / path).exists() else ():
            try:
                found.update(int(pid) for pid in procs.read_text().split())
            except OSError:
                pass  # Removed meanwhile.
    found.discard(0)  # A process of a PID namespace that cannot be seen from here.
    return found


def programs(path):
    """{process id: program} of all processes below `path`."""
    found = {}
    for pid in processes(path):
        try:
            found[pid] = os.readlink(f"/proc/{pid}/exe").removesuffix(" (deleted)").rsplit("/", 1)[-1]
        except OSError:
            pass  # Gone meanwhile.
    return found


def named(path, program):
    """Ids of the processes of one program below `path`."""
    return {pid for pid, its_program in programs(path).items() if its_program == program}


def end_processes(find, within=30):
    """Ends every process that `find()` finds until it finds none. Returns those that would not end."""
    deadline = time.monotonic() + within
    while (left := find()) and time.monotonic() < deadline:
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.05)
    return left


def end_all(path):
    """Ends every process below `path`. Returns those that would not end."""
    return end_processes(lambda: processes(path))


def remove(path, within=10):
    """Removes `path` in each hierarchy, bottom up. Returns what could not be removed."""
    deadline = time.monotonic() + within
    while True:
        left = []
        for point, _ in hierarchies():
            for folder, _, _ in os.walk(point / path, topdown=False):
                try:
                    os.rmdir(folder)
                except OSError:
                    left.append(folder)
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.1)
