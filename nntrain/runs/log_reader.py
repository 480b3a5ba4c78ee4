"""A log of JSON lines as it is read: whole, as far as it is good, or its last line alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from nntrain.errors import CheckpointError, StorageError
from nntrain.files.plain_values import JsonObject
from nntrain.files.regular_files import open_regular
from nntrain.files.storage import naming
from nntrain.runs.records import parse

if TYPE_CHECKING:
    from pathlib import Path

_BLOCK = 1 << 16
Wrong = Callable[[JsonObject], str]  # what is wrong with a line: "" where it is good


class Seal(NamedTuple):
    """So many lines from the first on, and the SHA-256 of their bytes: by it a changed one is noticed."""

    lines: int
    sha256: str


def nothing(line: JsonObject) -> str:
    """A Wrong that takes every line."""
    return ""


def read_log(
    path: Path, first: int | None = None, wrong: Wrong = nothing, seal: Seal | None = None
) -> list[JsonObject]:
    """All whole lines or the first ones, of a live run too; no file has none.

    Raises StorageError, and CheckpointError where a line is damaged, or they are not those of the seal.
    """
    rows, problem = read_good(path, first, wrong, seal)
    if problem:
        raise CheckpointError(problem)
    return rows


def read_good(
    path: Path, first: int | None = None, wrong: Wrong = nothing, seal: Seal | None = None, every: int = 1
) -> tuple[list[JsonObject], str]:
    """The lines before the first damaged one, and what is wrong with that: "" where all are good.  Raises StorageError.

    Where the lines are JSON, but not those of the seal, nobody knows which is another: none is good.
    every   of a log that is too long to draw only each k-th line, and the last, is looked at, and the seal
    """
    import hashlib  # as long to import as the rest of a listing

    rows: list[JsonObject] = []
    count, last, sealed, sealing = 0, b"", hashlib.sha256(), 0 if seal is None else seal.lines
    for line in _whole_lines(path):
        if count == first:
            break
        if count < sealing:
            sealed.update(line)
        last = line if count % every else b""
        if not count % every and (problem := _take(line, rows, wrong)):
            return rows, f"{path}:{count + 1}: {problem}; the file is damaged"
        count += 1
    if last and (problem := _take(last, rows, wrong)):
        return rows, f"{path}:{count}: {problem}; the file is damaged"
    if seal is not None and seal.lines > count:
        return rows, f"{path}: has {count} whole lines of {seal.lines}: some are lost"
    if seal is not None and sealed.hexdigest() != seal.sha256:
        return [], f"{path}: its first {seal.lines} lines are not those that nntrain wrote; the file is damaged"
    return rows, ""


def problem_of(path: Path, wrong: Wrong, seal: Seal | None) -> str:
    """What is wrong with a log, and where; "" where it is good.  Raises StorageError.

    No line is kept, and those that are sealed are looked at one by one only where the seal is broken: so a million
    lines take no memory and little time, of a run that was killed too.
    """
    import hashlib

    sealed, sealing = hashlib.sha256(), 0 if seal is None else seal.lines
    count, problem = 0, ""
    for line in _whole_lines(path):
        count += 1
        if count <= sealing:
            sealed.update(line)
        elif not problem and (said := _wrong_with(line, wrong)):
            problem = f"{path}:{count}: {said}; the file is damaged"
    if seal is None or (count >= sealing and sealed.hexdigest() == seal.sha256):
        return problem
    for i, line in enumerate(_whole_lines(path)):
        if said := _wrong_with(line, wrong):
            return f"{path}:{i + 1}: {said}; the file is damaged"
    if count < sealing:
        return f"{path}: has {count} whole lines of {sealing}: some are lost"
    return f"{path}: its first {sealing} lines are not those that nntrain wrote; the file is damaged"


def _wrong_with(line: bytes, wrong: Wrong) -> str:
    row, problem = parse(line)
    return problem or wrong(row)


def count_lines(path: Path) -> int:
    """How many whole lines there are; none where it cannot be read."""
    try:
        return sum(1 for _ in _whole_lines(path))
    except StorageError:
        return 0


def _take(line: bytes, rows: list[JsonObject], wrong: Wrong) -> str:
    """Add what the line says; what is wrong with it, else."""
    row, problem = parse(line)
    if not (problem := problem or wrong(row)):
        rows.append(row)
    return problem


def last_line(path: str | os.PathLike[str], wrong: Wrong) -> tuple[JsonObject, str]:
    """The last whole line, read from the end of the file, and what is wrong with it; no line is {}."""
    try:
        with naming(path, "cannot be read"):
            descriptor = open_regular(path)
            try:
                line = next(_lines_from_the_end(descriptor), b"")
            finally:
                os.close(descriptor)
    except StorageError as error:
        return {}, "" if isinstance(error.__cause__, FileNotFoundError) else str(error)
    if not line:
        return {}, ""
    row, problem = parse(line)
    problem = problem or wrong(row)
    return ({}, f"{path}: its last line: {problem}; the file is damaged") if problem else (row, "")


def _lines_from_the_end(descriptor: int) -> Iterator[bytes]:
    """Whole lines, the last one first.  Raises OSError."""
    position, rest, block_size = os.fstat(descriptor).st_size, b"", _BLOCK
    torn = True  # what stands behind the last line end
    while position:
        begin = max(0, position - block_size)
        os.lseek(descriptor, begin, os.SEEK_SET)
        block = os.read(descriptor, position - begin)
        position, block_size = begin, 2 * block_size  # a line may be longer than any block
        first, *others = (block + rest).split(b"\n")
        for line in reversed(others):
            if not torn:
                yield line
            torn = False
        rest = first
    if not torn:
        yield rest


def _whole_lines(path: Path) -> Iterator[bytes]:
    """The lines that have an end, one after another.  Raises StorageError, but for a file that is not there."""
    try:
        with naming(path, "cannot be read"), open(open_regular(path), "rb") as file:
            for line in file:
                if line.endswith(b"\n"):
                    yield line
    except StorageError as error:
        if not isinstance(error.__cause__, FileNotFoundError):
            raise


def line_ends(content: bytes) -> list[int]:
    """The place behind every line end."""
    ends, end = [], 0
    while end := content.find(b"\n", end) + 1:
        ends.append(end)
    return ends
