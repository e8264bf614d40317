"""Alertmanager's current release and its amtool, built from the Go module that tests/support/alertmanager_templates names."""

import contextlib
import fcntl
import os
import pathlib
import shutil
import subprocess

MODULE = pathlib.Path("tests/support/alertmanager_templates")
FOLDER = pathlib.Path("build/alertmanager")


class NotBuilt(Exception):
    """There is no Go, or the module is neither here nor to be had."""


def _go(*arguments, folder):
    if not shutil.which("go"):
        raise NotBuilt("no Go")
    done = subprocess.run(["nice", "go", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NotBuilt((done.stderr.strip() or "go failed").splitlines()[-1])
    return done.stdout.strip()


def source():
    """The folder of the module, as Go keeps it."""
    _go("mod", "download", "github.com/prometheus/alertmanager", folder=MODULE)
    return pathlib.Path(_go("list", "-m", "-f", "{{.Dir}}", "github.com/prometheus/alertmanager", folder=MODULE))


@contextlib.contextmanager
def _alone():
    """One of several tests that begin together; the lock ends with the process."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with open(FOLDER / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def program(name):
    """The path of "alertmanager" or "amtool", which is built when it is not there yet."""
    with _alone():
        module = source()
        built = (FOLDER / module.name.partition("@")[2] / name).absolute()
        if not built.exists():
            _build(name, module, built)
    return str(built)


def _build(name, module, built):
    # Go's own copy is not to be changed, and lacks the page that is compiled in.
    copy = built.parent / "source"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(module, copy, copy_function=shutil.copy)
    subprocess.run(["chmod", "-R", "u+w", copy], check=True)
    page = copy / "ui/app/dist/index.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text("<html></html>\n", encoding="utf-8")
    unfinished = built.with_name(f"{name}.{os.getpid()}")
    _go("build", "-p", "2", "-o", str(unfinished), f"./cmd/{name}", folder=copy)
    unfinished.replace(built)
    shutil.rmtree(copy, ignore_errors=True)
