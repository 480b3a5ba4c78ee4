"""The text of a file line by line, or many lines at once as bytes: whoever reads it changes between the two at will."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Protocol

from nntrain.errors import DataError

LONGEST_LINE = 1 << 24  # bytes
_BLOCK = 1 << 19
_MOST = 1 << 26
_ROWS = 64  # lines in a block where they are long


class Bytes(Protocol):
    """What a binary file does."""

    def read(self, size: int, /) -> bytes:
        """So many bytes or fewer, none at the end."""


class TextLines:
    """Lines with their line ends, which are those of `open(newline="")`.

    file     its bytes in UTF-8
    number   of lines that were handed out, or passed over
    Raises DataError for a line that is longer than any table's, before it fills the memory.
    """

    def __init__(self, name: str, file: Bytes):
        self._name, self._file, self.number = name, file, 0
        self._rest = b""  # the beginning of a line whose end was not read yet
        self._block = b""  # whole lines that come next, where they are not in _text
        self._text = io.StringIO()
        self._longest = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if not (line := self._text.readline()):
            if not self.block():
                raise StopIteration
            self._text, self._block = io.StringIO(self._block.decode(), newline=""), b""
            line = self._text.readline()
        self.number += 1
        self._longest = max(self._longest, len(line))
        return line

    def block(self) -> bytes:
        """The lines that come next, some or many, in UTF-8; nothing where all were read.  They still come."""
        if not self._block:
            self._block = self._text.read().encode() or self._read()
            self._text = io.StringIO()
        return self._block

    def pass_over(self, lines: int) -> None:
        """Those of `block` were read: so many lines."""
        self._block = b""
        self.number += lines

    def _read(self) -> bytes:
        size = min(max(_BLOCK, _ROWS * self._longest), _MOST)
        while piece := self._file.read(size):
            piece = self._rest + piece
            # a carriage return at the very end may be the first half of a line's end
            end = piece.rfind(b"\n") + 1 or piece.rfind(b"\r", 0, -1) + 1
            self._rest = piece[end:]
            if len(self._rest) >= LONGEST_LINE:
                line = self.number + 1 + (piece.count(b"\n", 0, end) or piece.count(b"\r", 0, end))
                much = f"a line of more than {LONGEST_LINE >> 20} million characters: no table"
                raise DataError(f"{self._name}:{line}:1: error: {much}")
            if end:
                return piece[:end]
        piece, self._rest = self._rest, b""
        return piece


class InUtf8:
    """The bytes of a text of another encoding as those of UTF-8."""

    def __init__(self, text: io.TextIOWrapper):
        self._text = text

    def read(self, size: int) -> bytes:
        """Of about so many characters."""
        return self._text.read(size).encode()
