#!/usr/bin/python3
"""The collector starts in the root of its own image, with hours of a place in its alerting file."""

import os
import pathlib
import subprocess
import sys
import tempfile

BIN = pathlib.Path(os.environ.get("LOADLINE_BIN", "build/dev/bin"))
ALERTING = """
route: {receiver: r, routes: [{matchers: ['severity="Sev3"'], mute_time_intervals: [night]}]}
receivers: [{name: r}]
time_intervals:
  - name: night
    time_intervals: [{times: [{start_time: '22:00', end_time: '24:00'}], location: Europe/Berlin}]
"""


def main():
    if os.geteuid() != 0:
        print("needs root, to enter the image's root")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder, "root")
        subprocess.run([".ci/image-root", root, BIN / "loadline-collector"], check=True)
        (root / "tmp/alerting.yml").write_text(ALERTING, encoding="utf-8")
        (root / "tmp/collector.yml").write_text("alerting: {file: /tmp/alerting.yml}\n", encoding="utf-8")
        answer = subprocess.run(["chroot", root, "/usr/bin/loadline-collector", "check-config", "/tmp/collector.yml"],
                                capture_output=True, text=True, check=False)
        packages = (root / "usr/share/loadline/sbom.spdx.json").read_text(encoding="utf-8")
    print(answer.stdout + answer.stderr)
    return 0 if answer.returncode == 0 and '"name": "tzdata"' in packages else 1


if __name__ == "__main__":
    sys.exit(main())
