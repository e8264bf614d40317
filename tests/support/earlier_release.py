"""The release before this tree: which one it is, and a checkout of it in build/previous.

It is the last tag before this commit. Before there is one it is the commit that wrote the last golden state
(tests/data/state): every release writes one.
"""

import pathlib
import subprocess
import sys

HOUSE = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDER = HOUSE / "build" / "previous"


def git(*words):
    return subprocess.run(["git", "-C", HOUSE, *words], capture_output=True, text=True, check=False)


def revision():
    """Empty where the history ends too soon to tell: a clone without depth has it."""
    tag = git("describe", "--tags", "--abbrev=0", "HEAD^").stdout.strip()
    return tag or git("log", "-1", "--format=%h", "HEAD^", "--", "tests/data/state/*/loadline.db").stdout.strip()


def checkout(wanted):
    """The folder, with what was built there when it is of that revision already."""
    commit = git("rev-parse", "--verify", f"{wanted}^{{commit}}")
    if commit.returncode != 0:
        sys.exit(f"{wanted}: {commit.stderr.strip()}")
    there = subprocess.run(["git", "-C", FOLDER, "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    if (FOLDER / ".git").exists() and there.stdout == commit.stdout:
        return FOLDER
    git("worktree", "remove", "--force", str(FOLDER))
    git("worktree", "prune")
    made = git("worktree", "add", "--detach", str(FOLDER), commit.stdout.strip())
    if made.returncode != 0:
        sys.exit(made.stderr)
    return FOLDER
