#!/usr/bin/python3
"""Configurations in Alertmanager's language, good ones and such with a slip or two, judged by `loadline-collector check-config` and
by amtool of Alertmanager's current release.

    tests/bench/config_conformance.py [--json] [--files N] [--seed N] [--check]

    files                    Alertmanager's own examples, good and bad, and N made of the good ones with slips
    refused                  of them, by amtool
    alike_share              those that both accept or both refuse
    unexplained_differences  the others, but for those that docs/alerting.md lists

amtool is built of Alertmanager's Go module, in build/alertmanager. --check ends with 1 when there is an unexplained difference, and
with 77 when amtool cannot be built.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, "tests/support")
import alert_configs  # noqa: E402
import alertmanager_programs  # noqa: E402

OURS = os.path.join(os.environ.get("LOADLINE_BIN", "build/dev/bin"), "loadline-collector")
# Words of the refusal of what the other accepts.
WE_ALONE_REFUSE = [
    r"expected a whole number",  # whose fraction is cut off there
    r"expected a time with its unit",  # nanoseconds there
    r"receiver: expected a mapping",  # an empty entry, at which amtool panics or does not
    r"<secret>|_url: expected http:// or https:// and a host$",  # a placeholder in place of a URL
    r"invalid perl operator: \(\?<",  # a named group without its P, which RE2 does not know
    r"_ref: ",  # of a secret manager that there is not
]
AMTOOL_ALONE_REFUSES = [
    r"event_recorder",  # of whose outputs the names alone are looked at here
    r"no global \w+ URL set",  # a URL of `global` that is null is the usual one here
]


def own_examples(module):
    """Texts of Alertmanager's own files, by name."""
    files = [*module.glob("config/testdata/*.yml"), *module.glob("doc/examples/*.yml"), *module.glob("cli/testdata/*.yml"),
             *module.glob("test/**/testdata/*.yml"), *module.glob("examples/ha/*.yml")]
    return {str(path.relative_to(module)): path.read_text(encoding="utf-8") for path in sorted(files)}


def by_amtool(program, files):
    """What it says of each that it refuses, None for the others. Some configurations make it panic, as they would Alertmanager."""
    said = {}
    for first in range(0, len(files), 100):
        some = files[first:first + 100]
        ended = judged(program, some, said)
        for file in [] if ended else some:
            if not judged(program, [file], said):
                said[file] = "it panics"
    return said


def judged(program, files, said):
    """Whether it came to their end."""
    done = subprocess.run([program, "check-config", *map(str, files)], capture_output=True, text=True, check=False)
    parts = done.stdout.split("Checking '")[1:]
    if len(parts) != len(files) or "panic: " in done.stderr:
        return False
    for file, part in zip(files, parts):
        refusal = re.search(r"  FAILED: (.*)", part, re.S)
        said[file] = refusal[1].strip() if refusal else None
    return True


def by_us(file):
    whole = file.with_suffix(".collector")
    whole.write_text(f"alerting: {{file: {file}}}\n", encoding="utf-8")
    done = subprocess.run([OURS, "check-config", str(whole)], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(f"check-config ended with {done.returncode}:\n{file.read_text(encoding='utf-8')}")
    return None if done.returncode == 0 else (done.stdout + done.stderr).strip()


def explained(ours, theirs, text):
    if theirs is not None:
        return any(re.search(words, theirs) for words in AMTOOL_ALONE_REFUSES)
    return any(re.search(words, ours) for words in WE_ALONE_REFUSE) and ("expected http" not in ours or "<secret>" in text)


def write(folder, texts):
    for name, text in alert_configs.FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    files = [folder / f"{i}.yml" for i in range(len(texts))]
    for file, text in zip(files, texts):
        file.write_text(text, encoding="utf-8")
    return files


def run(options, amtool, folder):
    own = own_examples(alertmanager_programs.source())
    judged = by_amtool(amtool, write(folder, [*own.values(), alert_configs.WHOLE]))
    good = [file.read_text(encoding="utf-8") for file, refusal in judged.items() if refusal is None]
    if alert_configs.WHOLE not in good:
        sys.exit(f"amtool refuses what is to be good: {list(judged.values())[-1]}")
    chance = random.Random(options.seed)
    # The whole one has most of what may go wrong.
    slips = alert_configs.Slips(chance, good + [alert_configs.WHOLE] * len(good))
    files = write(folder, [*own.values(), *(slips.one() for _ in range(options.files))])
    theirs = by_amtool(amtool, files)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        ours = dict(zip(files, pool.map(by_us, files)))
    unlike = [file for file in files if (ours[file] is None) != (theirs[file] is None)]
    unexplained = [file for file in unlike if not explained(ours[file], theirs[file], file.read_text(encoding="utf-8"))]
    for file in unexplained:
        print(f"---- unlike\n{file.read_text(encoding='utf-8')}\n  amtool: {theirs[file] or 'good'}\n  ours:   {ours[file] or 'good'}", file=sys.stderr)
    return {"files": len(files), "refused": sum(refusal is not None for refusal in theirs.values()),
            "alike_share": 1 - len(unlike) / len(files), "unexplained_differences": len(unexplained)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    try:
        amtool = alertmanager_programs.program("amtool")
    except alertmanager_programs.NotBuilt as why:
        print(f"amtool cannot be built: {why}", file=sys.stderr)
        sys.exit(77)
    with tempfile.TemporaryDirectory(prefix="loadline-bench-") as folder:
        found = run(options, amtool, pathlib.Path(folder))
    for metric, value in found.items():
        figure = {"bench": "config-conformance", "metric": metric, "value": value, "unit": "of 1" if metric == "alike_share" else ""}
        print(json.dumps(figure) if options.json else f"{metric:<26} {value}")
    if options.check and found["unexplained_differences"]:
        sys.exit(1)


if __name__ == "__main__":
    main()
