"""A handmade cluster behind the real web server, in a process of its own."""

import os
import subprocess

PROGRAM = os.path.join(os.environ.get("LOADLINE_BIN", "build/dev/bin"), "loadline-handmade")


class Server:
    def __init__(self, *arguments):
        self._process = subprocess.Popen([PROGRAM, *map(str, arguments)], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True)
        self.url = self._process.stdout.readline().strip().rstrip("/")
        if not self.url:
            raise RuntimeError("the server did not start")
        self.port = int(self.url.rsplit(":", 1)[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        if self._process.poll() is None:
            self._process.stdin.close()
            self._process.wait(20)
        self._process.stdout.close()
