"""A table written as comma-separated values, column by column.

`csv.writer` takes rows: a million of them are a million lists, which take longer to make than the cells to write.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from nntrain.messages import in_spreadsheet
from nntrain.model.shapes import Array, Bools

_NEEDS_QUOTES = re.compile('[,"\r\n]')


def csv_text(names: Sequence[str], columns: Sequence[Sequence[str]], spreadsheet: bool = False) -> str:
    """The names, then the rows; the cells are written as they are.  An empty row of one column is `""`."""
    rows: Sequence[str] | map[str]
    rows = columns[0] if len(columns) == 1 else map(",".join, zip(*columns, strict=True))
    lines = [",".join(words(names, spreadsheet)), *rows]
    if len(columns) == 1:  # a line without anything would be no row
        lines = [line or '""' for line in lines]
    return "\n".join(lines) + "\n"


def cells(column: Array, valid: Bools | None = None, spreadsheet: bool = False) -> list[str]:
    """Numbers (m,) to their last digit, or words; empty where `valid` (m,) is False."""
    values = column.tolist()
    written = words(values, spreadsheet) if column.dtype.kind in "UO" else list(map(repr, values))
    return written if valid is None else [cell if counts else "" for cell, counts in zip(written, valid, strict=True)]


def words(values: Sequence[str], spreadsheet: bool = False) -> list[str]:
    """Words, in quotes where a reader would cut them; `spreadsheet`: none that would be taken for a formula."""
    told = in_spreadsheet if spreadsheet else str
    written = {word: _quoted(told(word)) for word in set(values)}
    return [written[word] for word in values]


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '"' if _NEEDS_QUOTES.search(word) else word
