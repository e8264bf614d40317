"""Images without a registry: a static busybox in a tar file is all that pods of tests need."""

import fcntl
import hashlib
import io
import json
import os
import pathlib
import subprocess
import tarfile

from . import programs

FOLDER = programs.BUILD / "images"


def _layer():
    """busybox with a link for each of its commands, and the folders that programs expect."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, mode in (("bin", 0o755), ("etc", 0o755), ("tmp", 0o1777), ("var", 0o755)):
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, mode
            tar.addfile(folder)
        binary = pathlib.Path("/bin/busybox").read_bytes()
        entry = tarfile.TarInfo("bin/busybox")
        entry.size, entry.mode = len(binary), 0o755
        tar.addfile(entry, io.BytesIO(binary))
        for command in ("sh", "sleep", "cat", "dd", "head", "tail", "ls", "true", "wget", "nc", "yes", "timeout", "id"):
            link = tarfile.TarInfo(f"bin/{command}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
    return out.getvalue()


def _archive(path, tag, layer, command):
    config = json.dumps({"architecture": "amd64", "os": "linux",
                         "config": {"Cmd": command, "Env": ["PATH=/bin"]},
                         "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]}})
    manifest = json.dumps([{"Config": "config.json", "RepoTags": [tag], "Layers": ["layer.tar"]}])
    with tarfile.open(path, "w") as tar:
        for name, data in (("config.json", config.encode()), ("layer.tar", layer), ("manifest.json", manifest.encode())):
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))


def basic():
    """The archives every node gets: the sandbox's image, and busybox for test pods."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    archives = {"pause": (FOLDER / "pause.tar", "docker.io/loadline-test/pause:1", ["/bin/sleep", "2147483647"]),
                "busybox": (FOLDER / "busybox.tar", "docker.io/loadline-test/busybox:1", ["/bin/sh"])}
    layer = None
    for path, tag, command in archives.values():
        if not path.exists():
            layer = layer or _layer()
            _archive(path, tag, layer, command)
    return [path for path, _, _ in archives.values()]


# Names as the chart makes them from image.registry=docker.io and image.repository=loadline-test/loadline.
PROJECT = {"agent": ["loadline-agent", "loadline-agent-post"], "collector": ["loadline-collector", "loadlinectl"]}


def project(bin_folder, tag="test"):
    """Archives of the project's own images: the Dockerfile's last stages around programs that are built already."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with open(FOLDER / "lock", "w", encoding="utf-8") as lock:  # tests that begin together make them one after another
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _project(bin_folder, tag)


def _project(bin_folder, tag):
    context = FOLDER / "project"
    environment = {**os.environ, "STORAGE_DRIVER": "vfs", "BUILDAH_ISOLATION": "chroot"}
    buildah = ["buildah", "--root", str(FOLDER / "storage"), "--runroot", str(FOLDER / "storage-run")]
    archives = []
    for part, names in PROJECT.items():
        programs_of_part = [str(pathlib.Path(bin_folder).resolve() / name) for name in names]
        subprocess.run([".ci/image-root", str(context / "out" / part), *programs_of_part], cwd=programs.ROOT, check=True)
        image, archive = f"docker.io/loadline-test/loadline-{part}:{tag}", FOLDER / f"{part}.tar"
        fresh = archive.with_suffix(".new")  # another cluster may be reading the last one
        fresh.unlink(missing_ok=True)
        subprocess.run([*buildah, "build", "--pull-never", "--build-context", f"build={context}", "--target", part,
                        "--tag", image, "--file", "Dockerfile", str(context)],
                       cwd=programs.ROOT, env=environment, check=True, capture_output=True, text=True)
        subprocess.run([*buildah, "push", image, f"docker-archive:{fresh}:{image}"], env=environment, check=True,
                       capture_output=True, text=True)
        fresh.rename(archive)
        archives.append(archive)
    return archives
