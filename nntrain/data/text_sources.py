"""Texts with their labels: from the columns of a csv file, from folders of files, or from files of lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from nntrain.data.folders import listed
from nntrain.data.parts import LeftOut
from nntrain.data.source_files import GivenArray, Source, given_texts, name_of
from nntrain.data.tables.cells import Missing
from nntrain.data.tables.column_places import left_out
from nntrain.data.tables.dialect import Dialect
from nntrain.data.tables.table import Table
from nntrain.data.tables.table_files import open_table
from nntrain.data.tables.table_reader import read_table
from nntrain.data.tables.text_files import TextFile
from nntrain.data.tables.typed_files import SUFFIXES
from nntrain.errors import DataError
from nntrain.messages import did_you_mean

SUFFIX = ".txt"
TABLES = (".csv", ".tsv", ".gz", *SUFFIXES)
Column = str | int | None


@dataclass
class Texts:
    """Texts, their labels and places for errors.

    column   the name of the column they came from, of a csv file
    files    the file of each, where texts are whole files
    left_out   columns of a table of new texts that come to nothing
    """

    texts: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    column: str | None = None
    files: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)  # words about files that are not UTF-8
    left_out: LeftOut | None = None

    def read(self, path: Path, encoding: str | None) -> str:
        """The text of a file, line breaks as \\n.  Raises DataError."""
        file = TextFile(path, encoding)
        self.odd += file.warnings
        with file.open() as opened:
            return opened.read().replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")

    def tell_odd(self) -> None:
        """Warn of the files whose encoding is a guess: of the first, and how many there are."""
        if self.odd:
            more = f" (so are {len(self.odd) - 1} more files)" if len(self.odd) > 1 else ""
            self.warnings.append(self.odd[0] + more)

    def add(self, text: str, label: str, place: str) -> None:
        """One more; an empty one is refused."""
        if not text.strip():
            raise DataError(f"{place}: error: an empty text; leave it out")
        self.texts.append(text.strip())
        self.labels.append(label)
        self.places.append(place)


def read_table_of_texts(path: Path, dialect: Dialect, text: Column, target: Column) -> Texts:
    """A column of texts and one of labels.  Raises DataError."""
    table = read_table(open_table(path, dialect.encoding), dialect)
    names = table.names
    if table.width < 2:
        raise DataError(
            f"{path}: error: one column, expected one of texts and one of labels; delimiter says what parts"
        )
    at = table.width - 1 if target is None else table.find(target, "target")
    others = [i for i in range(table.width) if i != at and i not in table.empty]
    if text is None and len(others) != 1:
        there = ", ".join(names[i] for i in others)
        raise DataError(f"{path}: error: {len(others)} columns may hold the texts ({there}): say which with text")
    of_texts = others[0] if text is None else table.find(text, "text")
    if of_texts == at:
        raise DataError(f"{path}: error: text and target are both the column {names[at]}")
    found = Texts(warnings=table.warnings, column=names[of_texts])
    if (more := left_out(table, (of_texts, at), ())) is not None:
        found.warnings.append(more.told())
    for row in range(len(table)):
        label = table.columns[at].text(row)
        if not label:
            raise table.error(row, at, "no label; leave the row out")
        found.add(table.columns[of_texts].text(row), label, table.place(row, of_texts))
    if len(set(found.labels)) > max(20, len(table) // 3):
        said = f"column {names[at]} has {len(set(found.labels))} different labels in {len(table)} rows"
        raise table.error(0, at, f"{said}; is it the right target?")
    return found


def texts_of_table(table: Table, column: str, target: Column) -> Texts:
    """The texts of a table of new examples: its column of that name, or its only one; that of labels may be there."""
    names, found = table.names, Texts(warnings=table.warnings, column=column)
    if table.header and column in names:
        at = names.index(column)
    elif table.width == 1:
        at = 0
        if not column.isdigit():
            table.warnings.append(f"{table.name}: no header {column}: every row is taken for a text, the first too")
    else:
        raise DataError(f"{table.name}: error: no column {column!r} ({', '.join(names)}){did_you_mean(column, names)}")
    found.left_out = left_out(table, [at], [target], table.width)
    for row in range(len(table)):
        found.add(table.columns[at].text(row), "", table.place(row, at))
    return found


def read_folder(folder: Path, encoding: str | None = None) -> Texts:
    """Folders of text files, each a text of the folder's label; or files LABEL.txt, each line a text.

    Raises DataError.
    """
    found, entries = Texts(), listed(folder)
    folders, files = [p for p in entries if p.is_dir()], [p for p in entries if p.is_file()]
    lines = [p for p in files if p.suffix.lower() == SUFFIX]
    if folders and lines:
        raise DataError(
            f"{folder}: error: folders and {SUFFIX} files beside each other; expected a folder of files, or a file of "
            "lines, for each label"
        )
    if not folders and not lines:
        raise DataError(f"{folder}: error: no folder and no {SUFFIX} file in it; expected one for each label")
    others = [p for p in files if p not in lines]
    for path in lines:
        add_lines(found, path, path.stem, encoding)
    for inner in folders:
        inside = listed(inner)
        texts = [p for p in inside if p.is_file() and p.suffix.lower() == SUFFIX]
        others += [p for p in inside if p not in texts]
        if not texts:
            raise DataError(f"{inner}: error: no {SUFFIX} file in it")
        for path in texts:
            found.add(found.read(path, encoding), inner.name, str(path))
    found.tell_odd()
    if others:
        found.warnings.append(
            f"{folder}: {len(others)} file{'s' if len(others) > 1 else ''} or folders without {SUFFIX}: left out "
            f"({others[0].relative_to(folder)}{', …' if len(others) > 1 else ''})"
        )
    return found


def add_lines(found: Texts, path: Path, label: str = "", encoding: str | None = None) -> None:
    """Every line of a file that is not empty."""
    for number, line in enumerate(found.read(path, encoding).split("\n"), 1):
        if line.strip():
            found.add(line, label, f"{path}:{number}")


def read_new(source: Source, column: str | None, target: Column, dialect: Dialect) -> Texts:
    """Texts to predict from: a csv file with the column of training or with one column (that of the labels, the target,
    may be there too), a folder of text files, a text file, a stream, or texts that a program gives.

    A text file is lines; a stream, or a text file, is csv if its first line names the column.
    """
    name, found = name_of(source), Texts()
    if isinstance(source, GivenArray):
        for number, text in enumerate(given_texts(source)):
            found.add(text, "", f"{name}[{number}]")
        return found
    if isinstance(source, Path) and source.is_dir():
        for path in sorted(p for p in listed(source) if p.suffix.lower() == SUFFIX):
            found.add(found.read(path, dialect.encoding), "", str(path))
            found.files.append(str(path))
        if not found.texts:
            raise DataError(f"{source}: error: no {SUFFIX} file in it")
        found.tell_odd()
        return found
    if isinstance(source, Path) and source.suffix.lower() in TABLES:
        named = column is not None

        def is_header(first: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
            return named and column in first

        table = read_table(open_table(source, dialect.encoding), dialect, is_header)
        return texts_of_table(table, column or "text", target)
    file = TextFile(source, dialect.encoding)
    with file.open() as opened:
        lines = opened.read().splitlines()
    if column is not None and column in lines[0].replace(";", ",").replace("\t", ",").split(","):
        return texts_of_table(read_table(file, dialect, lambda first, below: True), column, target)
    found.warnings += file.warnings
    for number, line in enumerate(lines, 1):
        if line.strip():
            found.add(line, "", f"{name}:{number}")
    return found


def exact(dialect: Dialect) -> Dialect:
    """A dialect in which nothing but an empty cell is missing: in a text, and in a label, NA is a word."""
    return dialect if dialect.missing.words is not None else replace(dialect, missing=Missing(frozenset()))
