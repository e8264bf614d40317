"""Runs ctest, shows progress, and sums up: run_ctest.py BUILD_DIR JOBS [ARGUMENT of ctest...]

On a terminal the progress is one line that is rewritten, in a log a line every half minute. Failures are shown whole,
skipped tests with their reason, and the last line is `N passed, N failed, N skipped`.
"""

import pathlib
import re
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ElementTree

EVERY_S = 30  # between two lines of progress in a log


class Progress:
    """What ctest has said so far, told to whoever watches."""

    def __init__(self, on_terminal):
        self._on_terminal = on_terminal
        self._started = time.monotonic()
        self._running = {}  # name of a test: since when
        self._done, self._all, self._failed = 0, 0, 0

    def add(self, line):
        start = re.match(r"\s*Start\s+\d+: (\S+)", line)
        end = re.match(r"\s*(\d+)/(\d+) Test\s+#\d+: (\S+)", line)
        if start:
            self._running[start[1]] = time.monotonic()
        elif end:
            self._running.pop(end[3], None)
            self._done, self._all = int(end[1]), int(end[2])
            self._tell_end(line.rstrip())

    def _tell_end(self, line):
        passed = "Passed" in line
        self._failed += not passed and "Skipped" not in line
        if self._on_terminal:
            # Passing tests scroll by as one rewritten line; everything else stays.
            print("\r\033[K" + (line[:110] if passed else line), end="" if passed else "\n", flush=True)
        elif not passed:
            print(line, flush=True)

    def line(self):
        now = time.monotonic()
        longest = sorted((since, name) for name, since in list(self._running.items()))[:2]
        running = ", ".join(f"{name} for {now - since:.0f} s" for since, name in longest)
        return (f"{(now - self._started) / 60:.1f} min: {self._done} of {self._all or '?'} done, {self._failed} failed"
                + (f"; running {running}" if running else ""))

    def tell_now_and_then(self, over):
        while not over.wait(EVERY_S):
            print(self.line(), flush=True)


def skip_reason(output):
    """GoogleTest writes the reason under 'Skipped'; a script's reason is its last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    for i, line in enumerate(lines):
        if line.endswith(": Skipped") and i + 1 < len(lines):
            return lines[i + 1]
    return lines[-1] if lines else "no reason given"


def run(build_dir, jobs, selection):
    junit = f"{build_dir}/tests.xml"
    # ctest would begin with what failed the last time, and the cluster, which wants the machine for itself while it comes up,
    # would come last: all that needs it would run after all else and not beside it.
    (pathlib.Path(build_dir) / "Testing/Temporary/LastTestsFailed.log").unlink(missing_ok=True)
    command = ["ctest", "--test-dir", build_dir, "-j", jobs, "--output-junit", "tests.xml", "--no-tests=error",
               "--output-log", f"{build_dir}/tests.log", "--test-output-size-failed", "100000",
               "--test-output-size-passed", "100000", *selection]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    progress, over = Progress(sys.stdout.isatty()), threading.Event()
    if not sys.stdout.isatty():
        threading.Thread(target=progress.tell_now_and_then, args=[over], daemon=True).start()
    for line in process.stdout:
        progress.add(line)
        if "No tests were found" in line:
            print("no test matches: ./test --list shows the names")
    process.wait()
    over.set()
    return junit


def main():
    build_dir, jobs, *selection = sys.argv[1:]
    junit = run(build_dir, jobs, selection)
    passed, failed, skipped = 0, [], []
    for case in ElementTree.parse(junit).getroot().iter("testcase"):
        output = case.findtext("system-out") or ""
        if case.find("skipped") is not None and case.get("status") != "run":
            skipped.append((case.get("name"), skip_reason(output)))
        elif case.get("status") == "run" and case.find("failure") is None:
            passed += 1
        else:
            failed.append((case.get("name"), output))
    print()
    for name, output in failed:
        print(f"---- failed: {name}\n{output.rstrip()}\n")
    for name, reason in skipped:
        print(f"skipped: {name}: {reason}")
    print(f"{passed} passed, {len(failed)} failed, {len(skipped)} skipped")
    return 1 if failed or passed + len(skipped) == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
