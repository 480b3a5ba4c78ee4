"""Where the cells of many lines of a table stand: cut at the delimiters, all at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nntrain.data.tables.byte_words import PAD, padded
from nntrain.model.shapes import Array

_LINE, _BLANK, _QUOTE = b'\n "'
_LONGEST_CELL = 131072  # the limit of csv.reader
_MANY = 100  # cells for which it pays to decode a block at once


@dataclass
class BlockCells:
    """The cells of a block: bytes content[starts:ends].

    starts, ends   (columns, rows)
    content        the block, as `padded` makes it of `text`
    """

    content: Array
    starts: Array
    ends: Array
    text: bytes

    def words(self, column: int, rows: Array | None = None) -> list[str]:
        """The cells of a column, of some rows or all."""
        starts, ends = self.starts[column], self.ends[column]
        if rows is not None:
            starts, ends = starts[rows], ends[rows]
        places = zip(starts.tolist(), ends.tolist(), strict=True)
        text = self.text
        if len(starts) > _MANY and text.isascii():
            decoded = text.decode("ascii")
            return [decoded[a:b] for a, b in places]
        return [text[a:b].decode() for a, b in places]


def cut(block: bytes, delimiter: int, width: int, comment: str | None) -> BlockCells | None:
    """The cells of a block of whole lines, of so many columns; None where it asks for care: quotes within cells, rows
    of another width, empty rows, comments.
    """
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n")
    if b"\r" in block or (comment is not None and comment.encode() in block):
        return None
    if not block.endswith(b"\n"):
        block += b"\n"
    text = padded(block)
    content = np.frombuffer(text, np.uint8)
    is_end = content == _LINE
    rows = int(np.count_nonzero(is_end))
    is_end |= content == delimiter
    marks: Array = np.flatnonzero(is_end)
    if len(marks) != rows * width or (content.take(marks[width - 1 :: width]) != _LINE).any():
        return None
    ends = np.ascontiguousarray(marks.reshape(rows, width).T)
    starts = np.empty_like(ends)
    np.add(ends[:-1], 1, out=starts[1:])
    starts[0, 0] = PAD
    np.add(ends[-1, :-1], 1, out=starts[0, 1:])
    has_quotes = b'"' in block
    if has_quotes:
        quoted = _without_quotes(content, starts, ends)
        if quoted is None:
            return None
        starts, ends = quoted
    if _has_long_cells(starts, ends) or _has_empty_rows(block, starts, ends, delimiter):
        return None
    is_blank = content == _BLANK if b" " in block else None
    if is_blank is not None and (has_quotes or content[PAD] == _BLANK or (is_end[:-1] & is_blank[1:]).any()):
        while (blank := is_blank.take(starts) & (starts < ends)).any():
            starts = starts + blank
    return BlockCells(content, starts, ends, text)


def _without_quotes(content: Array, starts: Array, ends: Array) -> tuple[Array, Array] | None:
    """Starts and ends within the quotes, None where quotes stand anywhere but at both ends of cells."""
    quoted = (content.take(starts) == _QUOTE) & (content.take(ends - 1) == _QUOTE) & (ends - starts > 1)
    if 2 * np.count_nonzero(quoted) != np.count_nonzero(content == _QUOTE):
        return None
    return starts + quoted, ends - quoted


def _has_long_cells(starts: Array, ends: Array) -> bool:
    """Whether a cell is too long for csv.reader."""
    return bool((ends[-1] - starts[0] > _LONGEST_CELL).any() and (ends - starts > _LONGEST_CELL).any())


def _has_empty_rows(block: bytes, starts: Array, ends: Array, delimiter: int) -> bool:
    """Whether a row holds nothing but blanks, or so it may be."""
    if (ends[0] > starts[0]).all():
        first = np.frombuffer(block, np.uint8)[starts[0] - PAD]
        if ((first > _BLANK) & (first < 128)).all():
            return False
    between = bytes([delimiter])
    for a, b in zip((starts[0] - PAD).tolist(), (ends[-1] - PAD).tolist(), strict=True):
        if not block[a:b].replace(between, b"").replace(b'"', b"").decode().strip():
            return True
    return False
