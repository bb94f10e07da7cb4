"""The fake service of `fake.c`, for the programs that measure."""

import json
import socket
import subprocess
import time
import urllib.request


class Fake:
    """The service for the length of a `with`, on a free port."""

    def __init__(self, program, *words):
        self.command = (program, words)

    def __enter__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        program, words = self.command
        self.process = subprocess.Popen([program, str(self.port), *(str(word) for word in words)])
        for _ in range(200):
            try:
                self.get("/stats")
                return self
            except OSError:
                time.sleep(0.01)
        raise SystemExit("the fake service does not start")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def get(self, path):
        with urllib.request.urlopen(self.url + path) as answer:
            return json.load(answer)
