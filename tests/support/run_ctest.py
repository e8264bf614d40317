"""Runs ctest, shows progress, and sums up: run_ctest.py BUILD_DIR JOBS [PATTERN].

Failures are shown whole, skipped tests with their reason, and the last line is `N passed, N failed, N skipped`.
"""

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree


def skip_reason(output):
    """GoogleTest writes the reason under 'Skipped'; a script's reason is its last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    for i, line in enumerate(lines):
        if line.endswith(": Skipped") and i + 1 < len(lines):
            return lines[i + 1]
    return lines[-1] if lines else "no reason given"


def run(build_dir, jobs, pattern):
    junit = f"{build_dir}/tests.xml"
    command = ["ctest", "--test-dir", build_dir, "-j", jobs, "--output-junit", "tests.xml", "--no-tests=error",
               "--output-log", f"{build_dir}/tests.log", "--test-output-size-failed", "100000",
               "--test-output-size-passed", "100000"]
    if pattern:
        command += ["-R", pattern]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    for line in process.stdout:
        # Passing tests scroll by as one rewritten line; everything else stays.
        if re.match(r"\s*Start\s+\d+:", line):
            continue
        if re.match(r"\s*\d+/\d+ Test", line):
            if sys.stdout.isatty() and "Passed" in line:
                print("\r\033[K" + line.rstrip()[:110], end="", flush=True)
            elif "Passed" not in line:
                print(("\r\033[K" if sys.stdout.isatty() else "") + line.rstrip(), flush=True)
        elif "No tests were found" in line:
            print(f"no test matches '{pattern}': ./test --list shows the names")
    process.wait()
    return junit


def main():
    build_dir, jobs = sys.argv[1], sys.argv[2]
    pattern = sys.argv[3] if len(sys.argv) > 3 else None
    junit = run(build_dir, jobs, pattern)
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
