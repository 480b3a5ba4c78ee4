"""Examples as a Python program gives them, as what a dataset reads."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from nntrain.api.arguments import Rows, as_csv, rows_of
from nntrain.data.base import Dataset
from nntrain.data.facts import Facts
from nntrain.data.given_arrays import as_array
from nntrain.data.source_files import GivenArray, Source
from nntrain.errors import DataError
from nntrain.messages import show


def source_of(X: object, dataset: Dataset, facts: Facts) -> Source:
    """A path, rows of a table, or an array, to be read for `predict`.

    An array for a table with columns of words is rows of it, in the order of the columns.  Texts are a list of them, or
    rows.
    """
    if isinstance(X, str | os.PathLike):
        if isinstance(X, str) and facts.text is not None and not Path(X).exists():
            raise DataError(f"X: error: there is no file {show(X)}; a single text is a list of one, [X]")
        return Path(X)
    layout, names, rows = facts.preparation.layout, _names(facts), rows_of(X)
    if rows is None and layout is not None and names is not None and layout.one_hot.any():
        rows = _named(X, names)
    if rows is not None and facts.text is not None and facts.preparation.text_column is None:
        X, rows = _texts_in(rows), None
    if rows is None:
        return GivenArray(as_array(X, "X"))
    text = io.StringIO(as_csv(rows, dataset, names))
    text.name = "X"
    return text


@contextmanager
def as_file(X: object, Y: object, dataset: Dataset, facts: Facts) -> Iterator[Path | None]:
    """The file of a path, or of rows that have their targets with them; None for arrays.

    What DataErrors say of the rows' file, which nobody knows, they say of X.
    """
    if Y is None and isinstance(X, str | os.PathLike):
        yield Path(X)
        return
    rows = rows_of(X)
    if Y is not None or rows is None:
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "X"
        path.write_text(as_csv(rows, dataset, _names(facts)), "utf-8")
        try:
            yield path
        except DataError as error:
            raise DataError(str(error).replace(str(path), "X")) from None


def _texts_in(rows: Rows) -> list[object]:
    """The one column of rows, for a run whose texts stood in none."""
    if any(len(row) != 1 for row in rows):
        raise DataError("X: error: rows of several columns; give the texts alone, as a list")
    return [value for row in rows for value in row.values()]


def _named(X: object, names: list[str]) -> Rows:
    """Rows of an array, or of a list of lists, in the order of the columns."""
    lines = X if isinstance(X, list | tuple) else np.asarray(X, dtype=object).tolist()
    if not isinstance(lines, list | tuple) or not lines:
        raise DataError("X: error: no rows")
    for number, row in enumerate(lines):
        if not isinstance(row, list | tuple | np.ndarray) or getattr(row, "ndim", 1) != 1:
            expected = f"expected a row of {len(names)} columns; give one alone as [X]"
            raise DataError(f"X[{number}]: error: {show(str(row))}, {expected}")
        if len(row) != len(names):
            raise DataError(f"X[{number}]: error: {len(row)} columns, expected {len(names)}: {', '.join(names)}")
    return [dict(zip(names, row, strict=True)) for row in lines]


def _names(facts: Facts) -> list[str] | None:
    """Of the columns of a table that are inputs, in their order."""
    layout = facts.preparation.layout
    return None if layout is None else [column.name for column in layout.columns]
