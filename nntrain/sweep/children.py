"""Child processes that never outlive their sweep.

Linux: each child asks the kernel for SIGKILL when its parent dies (prctl PR_SET_PDEATHSIG), however that dies; runs are
made to be killed at any moment.  Each has a process group of its own, so that Ctrl-C reaches the sweep alone, which
passes it on once: a child's first signal means save and end, its second means end at once.
Elsewhere the children stay in the sweep's process group: what ends the group, as terminals and schedulers do, ends
them; after a SIGKILL to the sweep alone they finish the runs they are at.  Windows cannot wait for pipes so: there is
no sweep on it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import IO, Any, Generic, Protocol, TypeVar

from nntrain.parallel import launcher

_LINUX = sys.platform.startswith("linux")
_PR_SET_PDEATHSIG = 1
_TICK_SECONDS = 0.25
_KEPT = 8192  # bytes of a child's stderr: its last lines say why it ended
T = TypeVar("T")


class Process(Protocol):
    """What is asked of a child: a subprocess.Popen has it."""

    @property
    def stderr(self) -> IO[bytes] | None:
        """What it says."""

    def wait(self) -> int:
        """Its exit code once it has ended, −n where signal n ended it."""

    def send_signal(self, number: int, /) -> None:
        """Raises ProcessLookupError where it is gone."""

    def kill(self) -> None:
        """End it."""


@dataclass
class _Child(Generic[T]):
    """A running process, and what it is for."""

    task: T
    process: Process
    stderr: bytes = b""

    def read(self) -> bool:
        """Take what it has written; False when it has closed its stderr, as it does when it ends."""
        assert self.process.stderr is not None
        content = os.read(self.process.stderr.fileno(), 65536)
        self.stderr = (self.stderr + content)[-_KEPT:]
        return bool(content)

    def finish(self) -> tuple[int, str]:
        """Wait for its end: exit code (128 + the signal's number where one ended it), and its last words."""
        assert self.process.stderr is not None
        code = self.process.wait()
        self.process.stderr.close()
        return (code if code >= 0 else 128 - code), self.stderr.decode("utf-8", "replace")


def run_all(
    more: Callable[[], Iterable[T]],
    jobs: int,
    command: Callable[[T], Sequence[str]],
    *,
    started: Callable[[T], None],
    placed: Callable[[T, str], None] = lambda task, where: None,
    ended: Callable[[T, int, str], None],
    tick: Callable[[], None],
    stop: Callable[[], int | None],
    start: Callable[[Sequence[str]], Process],
) -> None:
    """Run the command of every task, at most `jobs` at a time, each in a child that `start` makes.

    `more` gives the tasks that can be started by now and were not given before; when it has none and nothing runs, all
    is done.  `ended` gets exit code and stderr of each; `tick` is called several times a second.  When `stop` gives a
    signal's number, nothing more is started and the children are asked to save and end.
    `placed` is of clusters: here all are here.
    """
    waiting: list[T] = []
    running: list[_Child[T]] = []
    asked = False
    with selectors.DefaultSelector() as selector:
        try:
            while True:
                if not asked:
                    waiting[:0] = list(more())[::-1]
                if not running and (asked or not waiting):
                    break
                while waiting and not asked and len(running) < jobs:
                    task = waiting.pop()
                    child = _Child(task, start(command(task)))
                    running.append(child)
                    selector.register(child.process.stderr, selectors.EVENT_READ, child)  # type: ignore[arg-type]
                    started(task)
                for key, _ in selector.select(_TICK_SECONDS):
                    child = key.data
                    if not child.read():
                        selector.unregister(key.fileobj)
                        code, words = child.finish()
                        running.remove(child)
                        ended(child.task, code, words)
                tick()
                if not asked and (number := stop()) is not None:
                    asked = True
                    _pass_on(number, running)
        finally:
            for child in running:
                child.process.kill()
                child.finish()


def _pass_on(number: int, children: Iterable[_Child[Any]]) -> None:
    if not _LINUX and number == signal.SIGINT:
        return  # the terminal has sent it to the whole group
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            child.process.send_signal(signal.SIGTERM)


def start(command: Sequence[str], folder: str | None = None, *, talks: bool = False) -> subprocess.Popen[bytes]:
    """A child in this folder, or ours, that ends when we do; its stderr is a pipe.  `talks`: stdin and stdout are."""
    options: dict[str, Any] = {"env": launcher.leave()}
    if _LINUX:
        options |= {"preexec_fn": dying_with(os.getpid()), "process_group": 0}
    talk, words = (subprocess.PIPE, subprocess.DEVNULL) if talks else (subprocess.DEVNULL, subprocess.PIPE)
    return subprocess.Popen(command, cwd=folder, stdin=talk, stdout=talk, stderr=words, **options)


def dying_with(parent: int) -> Callable[[], None]:
    """What a child does before it becomes nntrain: see that it does not outlive this parent."""
    prctl = ctypes.CDLL(None).prctl  # found here: between fork and exec as little as possible

    def die_with_parent() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it died before we had asked
            os._exit(128 + signal.SIGKILL)

    return die_with_parent
