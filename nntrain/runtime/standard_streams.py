"""Standard streams that whoever started the program has closed (`nntrain fit … >&-`, a daemon)."""

from __future__ import annotations

import os
import sys

_STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


def open_closed() -> None:
    """Lead each that is closed to nowhere: Python has None in its place, and the next file that is opened, such as a
    log, would get its number and with it whatever a library or a child process writes to the stream."""
    for name, mode in _STREAMS:
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)  # the lowest number that is free, which is the stream's
            os.set_inheritable(nowhere, True)
            setattr(sys, name, os.fdopen(nowhere, mode, encoding="utf-8", errors="backslashreplace"))
