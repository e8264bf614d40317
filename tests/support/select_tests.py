"""What ./test WORD builds and runs: select_tests.py BUILD_DIR WORD

Prints a line of targets to build, and then, a line each, the arguments with which ctest runs just those tests. WORD is a room
(`alert`, `collector/alert`; `agent` for all of its rooms), or else a regular expression on the names of tests. What is
there comes from the build's tests.map (tests/room.cmake). Tests that were never built are found by their sources; what
is found nowhere (the name of a parameter, say) is looked for by building everything.
"""

import json
import pathlib
import re
import subprocess
import sys

TEST = re.compile(r"^(TEST|TEST_F|TEST_P|TYPED_TEST)\(\s*(\w+),\s*(\w+)\s*\)", re.MULTILINE)
INSTANCES = re.compile(r"^INSTANTIATE_TEST_SUITE_P\(\s*(\w*),\s*(\w+)", re.MULTILINE)


def read_map(build_dir):
    """Each test program or script: its name, the targets it needs, its sources."""
    for line in pathlib.Path(build_dir, "tests.map").read_text(encoding="utf-8").splitlines():
        name, targets, sources = line.split("\t")
        yield name, targets.split(), sources.split()


def programs_of_room(programs, word):
    """`alert` and `collector/alert` are collector_alert_test, `agent` is all of agent's."""
    room = re.sub(r"^schemas/", "", word.strip("/")).replace("/", "_")
    plain = {name: name.removesuffix("_test") for name in programs}
    return [name for name, short in plain.items()
            if short == room or short.endswith(f"_{room}") or short.startswith(f"{room}_")]


def names_in(sources):
    """The names that these sources give their tests, as ctest will know them once they are built."""
    text = "\n".join(pathlib.Path(source).read_text(encoding="utf-8") for source in sources)
    instances = {}
    for instance, suite in INSTANCES.findall(text):
        instances.setdefault(suite, []).append(f"{instance}/" if instance else "")
    for kind, suite, name in TEST.findall(text):
        if kind == "TEST_P":
            yield from (f"{instance}{suite}.{name}/0" for instance in instances.get(suite, []))
        else:
            yield f"{suite}/0.{name}" if kind == "TYPED_TEST" else f"{suite}.{name}"


def known_names(build_dir):
    """Each test that ctest knows now, and the program it is in; a script is its own."""
    listing = subprocess.run(["ctest", "--test-dir", build_dir, "--show-only=json-v1"], capture_output=True, check=True)
    for test in json.loads(listing.stdout)["tests"]:
        labels = [it["value"] for it in test.get("properties", []) if it["name"] == "LABELS"]
        yield test["name"], labels[0][0] if labels else test["name"]


def targets_of_pattern(build_dir, entries, pattern):
    wanted = {owner for name, owner in known_names(build_dir) if pattern.search(name)}
    targets = set()
    for name, needs, sources in entries:
        if name in wanted or any(pattern.search(found) for found in names_in(sources)):
            targets.update(needs)
    if not targets or "all" in targets:
        return ["all"]
    return sorted(targets - {"nothing"})


def main():
    build_dir, word = sys.argv[1:]
    entries = list(read_map(build_dir))
    programs = programs_of_room([name for name, _, sources in entries if sources], word)
    if programs:
        print(*programs)
        print("--label-regex", f"^({'|'.join(programs)})$", sep="\n")
        return
    try:
        pattern = re.compile(word)
    except re.error as wrong:
        sys.exit(f"'{word}' is neither a room nor a regular expression: {wrong}")
    print(*targets_of_pattern(build_dir, entries, pattern))
    print("--tests-regex", word, sep="\n")


if __name__ == "__main__":
    main()
