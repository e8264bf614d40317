"""Starting what stays: in the caller's cgroup, in a session of its own, with its output in a log file."""

import subprocess
import time

class Failed(Exception):
    """A part of the cluster did not come up; the text holds the end of its log."""


def start(command, log):
    """Starts `command` and returns its Popen; it lives on when this process ends."""
    with open(log, "ab") as out:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                                start_new_session=True)


def wait_for(what, condition, log, process=None, within=60):
    """Waits until `condition()` is true; raises Failed with the end of `log` when it does not become so."""
    deadline = time.monotonic() + within
    while not condition():
        ended = process is not None and process.poll() is not None
        if ended or time.monotonic() > deadline:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-25:]) if log.exists() else ""
            raise Failed(f"{what}: {'ended' if ended else f'not within {within} s'}; {log} ends with:\n{tail}")
        time.sleep(0.1)
