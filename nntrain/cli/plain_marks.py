"""A terminal whose encoding lacks what we draw with: a plain character of the same width stands for each mark."""

from __future__ import annotations

import codecs
import io
import sys

NAME = "nntrain.marks"  # as a handler of errors of encoding
_MARKS = str.maketrans(
    {
        **dict(zip("▁▂▃▄▅▆▇█░─│┌┐└┘…·←→↑×−±≤≥′", "_.-:=+*#.-|++++..<>^x-~<>'", strict=True)),
        **dict(zip("▏▎▍▌▋▊▉", "...::##", strict=True)),
    }
)


def _marks(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate(_MARKS)
    return text.encode("ascii", "backslashreplace").decode(), error.end


codecs.register_error(NAME, _marks)


def allow() -> None:
    """From here on no character that the terminal lacks is an error on stdout or stderr."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=NAME)
