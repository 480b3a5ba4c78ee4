"""How a table is written down: what the config says of it, and what is found out."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol

from nntrain.data.tables.cells import Missing
from nntrain.data.tables.numerals import Numerals

DELIMITERS = ("\t", ";", "|", ",")  # in this order where several fit
BLANKS = " "  # as a delimiter: any number of blanks and tabs
_SAMPLE_ROWS = 30
_MANY_DIGITS = re.compile(r"\W?[+-]?\d[\d.,' ]*([eE][+-]?\d+)?\W?", re.ASCII)


@dataclass(frozen=True)
class Dialect:
    """What a config says of how tables are written; None where it is to be found out.

    header      whether the first row names the columns
    delimiter   between cells; " ": any number of blanks
    encoding    of the text, as Python calls it
    comment     lines that begin so are passed over
    numerals    how numbers are written; `point_said`: the config says that it is so
    missing     which cells stand for no value
    inside      what stands between the labels of one cell
    sheet       of an Excel workbook, by its name or number from 0
    """

    header: bool | None = None
    delimiter: str | None = None
    encoding: str | None = None
    comment: str | None = None
    numerals: Numerals = field(default_factory=Numerals)
    missing: Missing = field(default_factory=Missing)
    point_said: bool = False
    inside: str | None = None
    sheet: str | int | None = None


class Reader(Protocol):
    """What `csv.reader` gives: rows of cells, and the number of lines that were read for them."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...

    def __next__(self) -> list[str]: ...


def rows_of(lines: Iterable[str], delimiter: str, comment: str | None) -> Reader:
    """The rows of a text by its lines, strictly: raises csv.Error for a quote that is never closed and its like."""
    if comment is not None:
        lines = ("\n" if line.lstrip().startswith(comment) else line for line in lines)
    if delimiter == BLANKS:
        lines = (line.replace("\t", " ").strip(" \r\n") + "\n" for line in lines)
    return csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)


def find_delimiter(sample: str, dialect: Dialect) -> str:
    """The delimiter that cuts the first rows into the same number of cells, two or more; of several the one whose cells
    look most like numbers.  Blanks are one only where nothing else is and a column of numbers comes of it; a sign that
    stands inside cells is one only where blanks are not.
    """
    comment, inside = dialect.comment, (dialect.numerals.decimal, dialect.numerals.thousands, dialect.inside)
    likely = [delimiter for delimiter in DELIMITERS if delimiter not in inside]
    for group in (likely, [BLANKS], [delimiter for delimiter in DELIMITERS if delimiter in inside]):
        fitting = {delimiter: _fit(sample, delimiter, comment) for delimiter in group}
        best = max(fitting, key=fitting.__getitem__, default=BLANKS)
        if fitting.get(best, -1) >= 0:
            return best
    for delimiter in (*likely, BLANKS):  # the first row lacks a cell, as R's write.table leaves it out
        if _fit(sample, delimiter, comment, lacking=1) >= 0:
            return delimiter
    first = next((line for line in sample.splitlines() if line.strip() and not _is_comment(line, comment)), "")
    return max(reversed(DELIMITERS), key=first.count)  # rows differ: the error about that reads best so


def _fit(sample: str, delimiter: str, comment: str | None, lacking: int = 0) -> float:
    """The share of cells that look like numbers, -1 where the rows are not cut alike; the first may lack some cells."""
    try:
        reader = rows_of(io.StringIO(sample, newline=""), delimiter, comment)
        rows = [row for row in islice(reader, _SAMPLE_ROWS) if any(row)]
    except csv.Error:
        return -1
    widths = {len(row) - lacking * (k > 0) for k, row in enumerate(rows)}
    if len(widths) != 1 or len(rows[0]) < 2:
        return -1
    body = rows[1:] or rows  # the first may be a header
    share = [sum(map(_is_like_a_number, column)) / len(body) for column in zip(*body, strict=True)]
    return sum(share) / len(share) if delimiter != BLANKS or max(share) > 0.5 else -1


def _is_comment(line: str, comment: str | None) -> bool:
    return comment is not None and line.lstrip().startswith(comment)


def _is_like_a_number(cell: str) -> bool:
    return _MANY_DIGITS.fullmatch(cell.strip()) is not None
