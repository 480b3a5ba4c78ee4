"""Files with texts to be read line by line, or as columns of a csv file."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from nntrain.data.source_files import GivenArray, Source, given_texts
from nntrain.data.tables.text_files import TextFile
from nntrain.errors import DataError

TABLES = (".csv", ".tsv")
NAMES = ("source", "target")  # what columns are called where nothing else is said


def read_lines(source: Source, encoding: str | None = None) -> tuple[list[str], list[str]]:
    """A text a line, empty ones too, or texts that a program gives; and warnings.  Raises DataError."""
    if isinstance(source, GivenArray):
        return given_texts(source), []
    file = TextFile(source, encoding)
    with file.open() as opened:
        content = opened.read()
    lines = content.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return lines[:-1] if not lines[-1] else lines, file.warnings


def is_table(source: Source) -> bool:
    """Whether texts stand in columns, by the file's name."""
    return isinstance(source, Path) and source.suffix.lower() in TABLES


def read_columns(
    path: Path, columns: Sequence[str | int | None], encoding: str | None = None
) -> tuple[list[tuple[str, ...]], list[str]]:
    """The cells of some columns, row by row; and warnings.  Raises DataError.

    columns   by name or number from 0; None: the one called source, or target, else the first, or second.  The first
              row names columns where a column is asked for by its name, or where it has all of these that are asked for
    Cells are split at tabs where the first line has one, and are then taken as they are; else at commas or semicolons,
    with quotes as in csv.
    """
    file = TextFile(path, encoding)
    with file.open() as opened:
        beginning = opened.readline()
        opened.seek(0)
        if "\t" in beginning:
            reader = csv.reader(opened, delimiter="\t", quoting=csv.QUOTE_NONE)
        else:
            semicolons = beginning.count(";") > beginning.count(",")
            reader = csv.reader(opened, delimiter=";" if semicolons else ",", strict=True)
        rows: list[tuple[int, list[str]]] = []
        try:
            for row in reader:
                if row:
                    rows.append((reader.line_num, row))
        except csv.Error as error:
            raise DataError(f"{path}:{reader.line_num}:1: error: {error}") from error
    names = [name.strip() for name in rows[0][1]]
    named = any(isinstance(column, str) for column in columns) or set(NAMES[: len(columns)]) <= set(names)
    places = [_place(path, column, default, names, named) for default, column in enumerate(columns)]
    found = []
    for line, row in rows[1 if named else 0 :]:
        if len(row) <= max(places):
            raise DataError(f"{path}:{line}:{len(row)}: error: {len(row)} cells, expected {max(places) + 1} or more")
        found.append(tuple(row[place] for place in places))
    if not found:
        raise DataError(f"{path}: error: a header and no rows")
    return found, file.warnings


def _place(path: Path, column: str | int | None, default: int, names: list[str], named: bool) -> int:
    """The number of a column."""
    if column is None:
        column = NAMES[default] if named and NAMES[default] in names else default
    if isinstance(column, str):
        if column not in names:
            raise DataError(f"{path}:1: error: no column {column!r} (there are {', '.join(names)})")
        return names.index(column)
    if column >= len(names):
        raise DataError(
            f"{path}:1: error: no column {column}: the first row has {len(names)} cells; say target, or targets"
        )
    return column
