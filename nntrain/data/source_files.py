"""The bytes of the files that data come from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import IO

from nntrain.data.tables.other_formats import what_it_is
from nntrain.errors import DataError
from nntrain.model.shapes import Array


@dataclass(frozen=True, eq=False)
class GivenArray:
    """An array in memory, examples first; `name` is what errors call it."""

    array: Array
    name: str = "X"


Source = Path | IO[str] | GivenArray  # what predict reads: a file, a stream of csv, or an array


def given_texts(source: GivenArray) -> list[str]:
    """The texts of an array of words (N,), or of one column (N, 1).  Raises DataError."""
    array = source.array[:, 0] if source.array.ndim == 2 and source.array.shape[1] == 1 else source.array
    if array.dtype.kind != "U" or array.ndim != 1:
        raise DataError(f"{source.name}: error: expected texts, as a list of them")
    texts: list[str] = array.tolist()
    return texts


def name_of(source: Source | None) -> str:
    """What errors call it."""
    name = str(source) if isinstance(source, Path) else getattr(source, "name", None)
    return name if isinstance(name, str) else "<stdin>"  # a stream opened by its number is called by that


def read_bytes(path: Path) -> bytes:
    """The file's content.  Raises DataError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: error: {error.strerror}") from error


def read_text(path: Path, content: bytes | None = None) -> str:
    """A file's text with line breaks as \\n.  Raises DataError for what is not UTF-8, or nothing."""
    try:
        text = (read_bytes(path) if content is None else content).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if (other := what_it_is(error.object)) is not None:
            raise DataError(f"{path}: error: {other}") from error
        line = error.object[: error.start].count(b"\n") + 1
        raise DataError(f"{path}:{line}:1: error: not UTF-8 text: {error.reason}; save it as UTF-8") from error
    if not text.strip():
        raise DataError(f"{path}: error: the file is empty")
    return text.replace("\r\n", "\n").replace("\r", "\n")
