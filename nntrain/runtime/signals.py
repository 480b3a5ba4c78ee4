"""SIGINT, SIGTERM, and SIGHUP, which a terminal sends when it is closed or its connection lost.

While a run trains, the first signal asks it to save and end; otherwise, and the second time, the program ends at once.
Every file is written whole or not at all, so nothing needs cleaning up.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_training = False
_asked: int | None = None


def obey() -> None:
    """Install the handlers.  Only for the program itself: a Python program that calls nntrain keeps its own."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # Windows has no SIGHUP
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, _handle)


def begin_anew() -> None:
    """In a copy of a process (os.fork): forget what was asked of the other, and obey."""
    global _training, _asked
    _training, _asked = False, None
    obey()


@contextmanager
def saved_first() -> Iterator[None]:
    """Within: the first signal is remembered for `asked`, so that the run can save its last finished step.

    Without `obey` nothing changes: a Python program that calls nntrain keeps its own handlers.
    """
    global _training
    _training = True
    try:
        yield
    finally:
        _training = False


def asked() -> int | None:
    """The number of the signal that asked for an end, or None."""
    return _asked


def until(seconds: float | None) -> Callable[[], int | None]:
    """`asked`; and SIGTERM so many seconds from now on, before a batch system sends it or worse."""
    if seconds is None:
        return asked
    end = time.monotonic() + seconds
    return lambda: signal.SIGTERM if _asked is None and time.monotonic() >= end else _asked


def _handle(number: int, frame: FrameType | None) -> None:
    global _asked
    if _training and _asked is None:
        _asked = number
        return
    os._exit(128 + number)  # no clean-up that could hang or print
