"""Runs as copies of the sweep's own process, which has imported everything and holds the data: a copy begins at once.

A copy is a process of its own like any other child (nntrain.sweep.children): it has its own process group, dies with
the sweep, and a signal, a kill or a crash ends it alone.  Its memory is the sweep's until one of them writes into it:
a table that both read lies in memory once.

Only Linux, and only a process with a single thread: another thread would be missing in the copy, with whatever locks it
held.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import IO, NoReturn, TextIO

from nntrain.parallel import launcher
from nntrain.runtime import signals
from nntrain.sweep.children import dying_with

Program = Callable[[Sequence[str]], int]  # runs a command line without its first word; gives its exit code
_HELD_BACK = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_kept: list[TextIO] = []  # streams of the sweep: an object that went would close the copy's file of its number


class Copy:
    """A copy that runs, as much like a subprocess.Popen as `children.run_all` asks for."""

    def __init__(self, pid: int, stderr: IO[bytes]):
        self.pid, self.stderr = pid, stderr
        self.returncode: int | None = None

    def wait(self) -> int:
        """Wait for its end; the exit code, or −n where signal n ended it."""
        if self.returncode is None:
            self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has been waited for: its number may be another's by then."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it."""
        with suppress(ProcessLookupError):
            self.send_signal(signal.SIGKILL)


def possible() -> bool:
    """Whether this process can be copied as it is: Linux says how many threads it has."""
    try:
        return len(os.listdir("/proc/self/task")) == 1
    except OSError:
        return False


def start(command: Sequence[str], program: Program) -> Copy:
    """A copy that runs `command`, which is `… nntrain WORDS`, by `program`; its stderr is a pipe."""
    words, parent = command[command.index("nntrain") + 1 :], os.getpid()
    read, write = os.pipe()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()  # else the copy would write it too
    gc.freeze()  # a collection would write into every object, and so copy the memory they lie in
    before = {*map(int, signal.pthread_sigmask(signal.SIG_BLOCK, _HELD_BACK))}
    try:
        pid = os.fork()
        if pid == 0:
            _be_child(words, program, parent, write, before)
    except OSError:
        os.close(read)
        raise
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.close(write)
    return Copy(pid, os.fdopen(read, "rb", 0))


def _be_child(words: Sequence[str], program: Program, parent: int, stderr: int, mask: set[int]) -> NoReturn:
    """What the copy does.  It ends here: nothing of the sweep below it may go on in it.

    The sweep's own files stay open in it, as objects that are still there would close others of the same number.
    """
    code = 1
    try:
        os.setpgid(0, 0)
        dying_with(parent)()
        _kept.extend((sys.stdin, sys.stdout, sys.stderr))
        os.dup2(stderr, 2)  # the first, as the pipe may have the number of a stream that was closed
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(nothing, 1)
        sys.stdin = os.fdopen(0, "r", encoding="utf-8", closefd=False)
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", errors="backslashreplace", closefd=False)
        sys.stderr = os.fdopen(2, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)
        signals.begin_anew()
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)  # what has come meanwhile is obeyed now
        for name in os.environ.keys() - launcher.leave().keys():
            del os.environ[name]
        sys.argv = [_main(), *words]
        code = program(words)
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(OSError, ValueError):
            sys.stderr.flush()
        os._exit(code)


def _main() -> str:
    """The first word of `python -m nntrain` as the program sees it."""
    import nntrain

    return os.path.join(os.path.dirname(os.path.realpath(nntrain.__file__)), "__main__.py")
