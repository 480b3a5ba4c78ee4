"""A process that has imported everything, and makes a copy of itself for each run (nntrain.sweep.forks).

A worker of a cluster has threads and cannot be copied itself; so it keeps such servers beside it, one a run at a time.
A server dies with its worker, and a copy with its server.  It ends by itself when nothing has been asked of it for a
while: it belongs to one sweep, and what it has imported grows old.

Both sides speak in lines of JSON: a run's words; its process number when it has begun; its end.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import BinaryIO

from nntrain.files.plain_values import JsonObject
from nntrain.sweep import children, forks

IDLE_SECONDS = 20.0
MODULE = "nntrain.cli.runs_server"
_KEPT = 8192  # bytes of a run's stderr: its last lines say why it ended


def serve(prepared: Callable[[Sequence[str]], forks.Program], asked: BinaryIO, answers: BinaryIO) -> None:
    """Run what is asked, one after another, until the other side is gone or silent.

    prepared   gives the program that runs these words in a copy, when it has done here what copies can share
    """
    while select.select([asked], [], [], IDLE_SECONDS)[0] and (line := asked.readline()):
        words = json.loads(line)
        copy = forks.start(["nntrain", *words], prepared(words))
        _say(answers, {"pid": copy.pid})
        said = b""
        while content := os.read(copy.stderr.fileno(), 65536):
            said = (said + content)[-_KEPT:]
        copy.stderr.close()
        _say(answers, {"code": copy.wait(), "said": said.decode("utf-8", "replace")})


def _say(answers: BinaryIO, value: JsonObject) -> None:
    answers.write(json.dumps(value).encode() + b"\n")
    answers.flush()


class Server:
    """A server of this process.  Raises OSError where none can be had."""

    def __init__(self, python: Sequence[str], folder: str):
        """`python`: the interpreter and its options up to `-m`."""
        self._process: subprocess.Popen[bytes] | None = None
        begun = threading.Event()

        def keep() -> None:
            # a child dies with the thread that has made it (PR_SET_PDEATHSIG): this one stays as long as the child
            with suppress(OSError):
                self._process = children.start([*python, MODULE], folder, talks=True)
            begun.set()
            if self._process is not None:
                self._process.wait()

        threading.Thread(target=keep, daemon=True).start()
        begun.wait()
        if self._process is None:
            raise OSError("no process can be started")

    def start(self, words: Sequence[str]) -> Served:
        """Begin a run, `nntrain WORDS`.  Raises OSError where the server is gone."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(list(words)).encode() + b"\n")
        self._process.stdin.flush()
        answer = self.answer()
        if answer is None:
            raise OSError("the server is gone")
        return Served(self, int(str(answer["pid"])))

    def answer(self) -> JsonObject | None:
        """What it says next; None when it is gone."""
        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        return json.loads(line) if line.endswith(b"\n") else None

    def end(self) -> None:
        """End it, and what runs in it."""
        assert self._process is not None
        self._process.kill()


class Served:
    """A run of a server."""

    def __init__(self, server: Server, pid: int):
        self.server, self.pid = server, pid
        self._over = False
        self.is_served = True  # the server is there and free for the next

    def wait(self) -> tuple[int, str]:
        """Its exit code, −n where signal n ended it, and its last words."""
        answer = self.server.answer()
        self._over = True
        if answer is None:
            self.is_served = False
            return -signal.SIGKILL, ""
        return int(str(answer["code"])), str(answer["said"])

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended: its number may be another's by then."""
        if not self._over:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


def possible() -> bool:
    """Whether runs can be copies here."""
    return sys.platform.startswith("linux")
