"""What Python programs give as they have it: overrides as a mapping, values of NumPy, rows of tables."""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, time
from typing import TYPE_CHECKING

from nntrain.config import flow
from nntrain.errors import ConfigError, DataError
from nntrain.files.plain_values import Json
from nntrain.messages import show

if TYPE_CHECKING:
    from nntrain.data.base import Dataset

Overrides = Sequence[str] | Mapping[str, Json]
Rows = list[dict[str, object]]


def override_texts(overrides: Overrides) -> list[str]:
    """`{"optimizer.lr": 0.1, "training": {"epochs": 3}}` as on the command line; texts stay."""
    if isinstance(overrides, str):
        return [overrides]
    if not isinstance(overrides, Mapping):
        if not isinstance(overrides, Sequence) or not all(isinstance(one, str) for one in overrides):
            raise ConfigError('overrides: expected {"optimizer.lr": 0.1} or ["optimizer.lr=0.1"]')
        return list(overrides)
    return [f"{key}={flow(_plain(value))}" for key, value in overrides.items()]


def _plain(value: Json) -> Json:
    """Tuples, paths and NumPy's numbers as YAML has them."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return value.tolist() if hasattr(value, "tolist") else value


def rows_of(X: object) -> Rows | None:
    """The rows of a list of dicts, or of a frame of pandas; None for anything else.

    Raises DataError for one row, for what can be read once alone, for rows among other things and for two columns of
    one name, of which one would be lost.
    """
    if isinstance(X, Mapping):
        raise DataError("X: error: a mapping; give a list of rows, of a single one [X]")
    if isinstance(X, Iterator):
        raise DataError(f"X: error: a {type(X).__name__}, which can be read once alone; give a list")
    if getattr(X, "ndim", 2) == 1:  # a column or a row of a frame
        return None
    if hasattr(X, "to_dict") and hasattr(X, "astype") and hasattr(X, "notna"):  # pandas need not be installed to ask
        names = list(getattr(X, "columns", ()))
        if twice := [name for name, times in Counter(names).items() if times > 1]:
            raise DataError(f"X: error: two columns are called {show(str(twice[0]))}")
        X = X.astype(object).where(X.notna(), None).to_dict("records")
    if not isinstance(X, list | tuple) or not X:
        return None
    rows = [dict(row) for row in X if isinstance(row, Mapping)]
    if rows and len(rows) < len(X):
        raise DataError(f"X: error: {len(rows)} rows of names among {len(X)}; give a list of dicts, or of lists")
    return rows or None


def as_csv(rows: Iterable[Mapping[str, object]], dataset: Dataset, names: Sequence[str] | None = None) -> str:
    """The rows as the csv that the dataset reads: its delimiter, its decimals, a header.

    names   of the columns in their order; where they are numbers the files have no header, and rows whose keys are
            others have the columns in that order
    """
    rows = [{str(key): value for key, value in row.items()} for row in rows]
    columns = list(dict.fromkeys(key for row in rows for key in row))
    numbered = names is not None and all(name.isdecimal() for name in names)
    headed = names is None or (getattr(dataset, "header", None) is not False and not numbered)
    if names is not None and not headed and {*names} & {*columns}:
        columns = [*names, *(column for column in columns if column not in names)]
        if all(column.isdecimal() for column in columns):
            columns.sort(key=int)
    decimal = getattr(dataset, "decimal", None) or "."
    delimiter = getattr(dataset, "delimiter", None) or ("," if decimal == "." else ";")

    def cell(value: object) -> str:
        if value is None or value != value:
            return ""
        if isinstance(value, float) or hasattr(value, "dtype"):
            return str(value).replace(".", decimal)
        if isinstance(value, datetime) and value.time() == time():
            return value.date().isoformat()  # a day, as frames of pandas have it
        return str(value)

    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    if headed:
        writer.writerow(columns)
    writer.writerows([cell(row.get(column)) for column in columns] for row in rows)
    return text.getvalue()
