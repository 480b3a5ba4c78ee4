"""The files of a table: one, several, or all that fit a pattern."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from pathlib import Path

from nntrain.data.source_files import Source
from nntrain.data.tables.text_files import TextFile
from nntrain.data.tables.typed_files import SUFFIXES, TypedFile
from nntrain.errors import DataError

TableFile = TextFile | TypedFile


def open_table(source: Source | None, encoding: str | None = None) -> TableFile:
    """A file or a stream of a table, by its suffix.  Raises DataError."""
    if isinstance(source, Path) and source.suffix.lower() in SUFFIXES:
        return TypedFile(source)
    return TextFile(source, encoding)


def files_of(path: Path | Sequence[Path]) -> list[Path]:
    """The files that are meant: `*` and its like stand for several, in the order of their names, where no file is
    called so itself.  Raises DataError for a pattern that none fits.
    """
    found: list[Path] = []
    for each in [path] if isinstance(path, Path) else path:
        if glob.has_magic(str(each)) and not each.exists():
            fitting = [Path(name) for name in sorted(glob.glob(str(each), recursive=True)) if Path(name).is_file()]
            if not fitting:
                raise DataError(f"{each}: error: no file fits this pattern")
            found += fitting
        else:
            found.append(each)
    if not found:
        raise DataError("dataset.path: error: an empty list; name a file")
    return found
