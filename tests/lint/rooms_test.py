#!/usr/bin/python3
"""The lint of rooms finds what the map does not declare, in a small house of its own."""

import pathlib
import subprocess
import tempfile
import unittest

LINT = pathlib.Path(__file__).resolve().parent / "rooms"
BUILD = """
loadline_room(base
  SOURCES schemas/base/units.cc)
loadline_room(wire SOURCES schemas/wire/decode.cc USES base)
# A set of headers.
loadline_room(agent_signal
  USES wire)
loadline_room(agent_host SOURCES agent/host/files.cc
  USES agent_signal TESTS tests/agent/host/files_test.cc)
loadline_program(loadline-agent SOURCES agent/main.cc USES agent_host)
loadline_room(collector_store SOURCES collector/store/store.cc USES base)
loadline_room(collector_alert SOURCES collector/alert/book.cc USES base)
"""
FILES = {
    "schemas/base/units.cc": "",
    "schemas/base/units.h": "",
    "schemas/wire/records.h": '#include "schemas/base/units.h"\n',
    "schemas/wire/decode.cc": "",
    "agent/signal/counters.h": '#include "schemas/wire/records.h"\n',
    "agent/host/files.cc": '#include "agent/signal/counters.h"\n',
    "agent/main.cc": '#include "agent/host/files.h"\n',
    "tests/agent/host/files_test.cc": '#include "schemas/wire/records.h"\n',
    "collector/store/store.cc": '#include "schemas/base/units.h"\n',
    "collector/alert/book.cc": '#include "schemas/base/units.h"\n',
}


def lint(build=BUILD, changed=()):
    """What the lint says of the house with some of its files changed."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in {**FILES, **dict(changed), "CMakeLists.txt": build}.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        subprocess.run(["git", "init", "-q", "."], cwd=folder, check=True)
        subprocess.run(["git", "add", "."], cwd=folder, check=True)
        answer = subprocess.run([LINT], cwd=folder, capture_output=True, text=True, check=False)
    return answer.returncode, answer.stdout


def includes(*headers):
    return "".join(f"#include {header}\n" for header in headers)


class Rooms(unittest.TestCase):
    def assert_found(self, changed, words, build=BUILD):
        code, said = lint(build, changed)
        self.assertEqual((code, said), (1, words + "\n"))

    def test_a_house_that_keeps_to_its_map_is_right(self):
        self.assertEqual(lint(), (0, "10 files of 6 rooms keep to the map\n"))

    def test_an_include_of_a_room_that_is_not_declared_is_found_with_its_line(self):
        self.assert_found(
            {"agent/host/files.cc": includes('"agent/signal/counters.h"', '"schemas/wire/records.h"')},
            "agent/host/files.cc:2: agent_host does not declare that it uses wire (schemas/wire/records.h)")

    def test_a_header_belongs_to_the_room_of_its_folder(self):
        self.assert_found(
            {"agent/signal/more.h": includes('"schemas/base/units.h"')},
            "agent/signal/more.h:1: agent_signal does not declare that it uses base (schemas/base/units.h)")

    def test_what_is_declared_and_not_included_is_found(self):
        self.assert_found(
            {"agent/signal/counters.h": ""},
            "CMakeLists.txt: agent_signal declares that it uses wire, and includes nothing of it")

    def test_a_program_keeps_to_its_uses(self):
        self.assert_found(
            {"agent/main.cc": includes('"agent/host/files.h"', '"schemas/wire/records.h"')},
            "agent/main.cc:2: agent/main.cc does not declare that it uses wire (schemas/wire/records.h)")

    def test_a_test_may_what_it_is_linked_with_and_nothing_else(self):
        self.assert_found(
            {"tests/agent/host/files_test.cc": includes('"schemas/base/units.h"', '"collector/store/store.h"')},
            "tests/agent/host/files_test.cc:2: tests/agent/host/files_test.cc does not declare that it uses "
            "collector_store (collector/store/store.h)")

    def test_what_must_not_be_reached_may_not_be_declared_either(self):
        room = "collector/alert/book.cc USES base"
        self.assert_found(
            {"collector/alert/book.cc": includes('"schemas/base/units.h"', '"collector/store/store.h"')},
            "CMakeLists.txt: collector_alert must not reach collector_store",
            build=BUILD.replace(room, room + " collector_store"))

    def test_a_library_has_its_owner(self):
        self.assert_found({"collector/alert/book.cc": includes('"schemas/base/units.h"', "<sqlite3.h>")},
                          "collector/alert/book.cc:2: sqlite3.h belongs to (collector/store|tests)/")


if __name__ == "__main__":
    unittest.main()
