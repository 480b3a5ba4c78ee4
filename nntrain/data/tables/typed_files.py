"""Files whose cells have types, with the extra `tables`: sheets of Excel (.xlsx) and Parquet.

Cells are written out as a csv file would hold them, and are read from there like those of any table, so that one rule
decides what a column is.  Excel's first row is row 1; a Parquet file's names count as row 1.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from nntrain.data.source_files import read_bytes
from nntrain.data.tables.excel_sheets import sheet_rows
from nntrain.errors import ConfigError, DataError

if TYPE_CHECKING:
    from hashlib import _Hash

    from pyarrow import Array

EXCEL, PARQUET = (".xlsx", ".xlsm"), (".parquet", ".pq")
SUFFIXES = (*EXCEL, *PARQUET)
_NO_CELLS = ("binary", "large_binary", "binary_view")  # types of Parquet beside the nested ones
_BATCH = 4096  # rows of a Parquet file at a time


class TypedFile:
    """An .xlsx or .parquet file.  Raises DataError for what is none, ConfigError where the extra is not installed.

    header   True where the file itself names its columns; None: to be found out
    """

    def __init__(self, path: Path):
        self.name, self.warnings = str(path), list[str]()
        self._content = read_bytes(path)
        self.size = len(self._content)
        self._is_parquet = path.suffix.lower() in PARQUET
        self.header = True if self._is_parquet else None
        if not self._content:
            raise DataError(f"{path}: error: the file is empty")

    def digest(self, sha: _Hash) -> None:
        """Put the bytes of the file into the hash."""
        sha.update(self._content)

    def rows(self, decimal: str, sheet: str | int | None) -> TypedRows:
        """Its rows as text, numbers with this sign before the decimals; of a workbook those of this sheet."""
        if sheet is not None and self._is_parquet:
            raise DataError(f"{self.name}: error: sheet: a Parquet file has none")
        return TypedRows(self._parquet() if self._is_parquet else self._sheet(sheet), decimal)

    def _parquet(self) -> Iterator[Iterable[object]]:
        try:
            from pyarrow import ArrowInvalid, parquet, types
        except ImportError:
            raise _without_extra(self.name, "pyarrow") from None
        try:
            file = parquet.ParquetFile(io.BytesIO(self._content))
        except (ArrowInvalid, OSError) as error:
            raise DataError(f"{self.name}: error: no Parquet file: {' '.join(str(error).split())[:100]}") from None
        schema = file.schema_arrow
        odd = {i for i, kind in enumerate(schema.types) if types.is_nested(kind) or str(kind) in _NO_CELLS}
        for i in sorted(odd):
            self.warnings.append(f"{self.name}:1:{i + 1}: column {schema.names[i]} holds {schema.types[i]}: left out")

        def column(i: int, values: Array) -> list[object]:
            return [None] * len(values) if i in odd else values.to_pylist()

        batches = file.iter_batches(_BATCH)
        rows = (
            row
            for batch in batches
            for row in zip(*(column(i, values) for i, values in enumerate(batch.columns)), strict=True)
        )
        return chain([schema.names], rows)

    def _sheet(self, wanted: str | int | None) -> Iterator[Iterable[object]]:
        try:
            return sheet_rows(self.name, self._content, wanted, self.warnings)
        except ImportError:
            raise _without_extra(self.name, "openpyxl") from None


class TypedRows:
    """Rows of values as rows of text; the contract of `csv.reader`."""

    def __init__(self, rows: Iterator[Iterable[object]], decimal: str):
        self._rows, self._decimal = rows, decimal
        self.line_num = 0

    def __iter__(self) -> TypedRows:
        return self

    def __next__(self) -> list[str]:
        row = next(self._rows)
        self.line_num += 1
        return [self._text(value) for value in row]

    def _text(self, value: object) -> str:
        if value is None:
            return ""
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, (float, Decimal)):
            return (repr(value) if isinstance(value, float) else f"{value:f}").replace(".", self._decimal)
        if isinstance(value, datetime):
            midnight = not (value.hour or value.minute or value.second)
            return value.date().isoformat() if midnight else value.isoformat(" ", "seconds")
        return value.isoformat() if isinstance(value, date) else str(value)


def _without_extra(name: str, library: str) -> ConfigError:
    how = "pip install 'nntrain[tables]' brings it, or save the table as csv"
    return ConfigError(f"{name}: {library} is not installed; {how}")
