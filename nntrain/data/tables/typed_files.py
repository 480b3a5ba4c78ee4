"""Files whose cells have types, with the extra `tables`: sheets of Excel (.xlsx) and Parquet.

Cells are written out as a csv file would hold them, and are read from there like those of any table, so that one rule
decides what a column is.  Excel's first row is row 1; a Parquet file's names count as row 1.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from nntrain.data.source_files import read_bytes
from nntrain.errors import ConfigError, DataError

if TYPE_CHECKING:
    from hashlib import _Hash

EXCEL, PARQUET = (".xlsx", ".xlsm"), (".parquet", ".pq")
SUFFIXES = (*EXCEL, *PARQUET)
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

    def rows(self, decimal: str) -> TypedRows:
        """Its rows as text, numbers with this sign before the decimals."""
        read = self._parquet if self._is_parquet else self._sheet
        return TypedRows(read(), decimal)

    def _parquet(self) -> Iterator[Iterable[object]]:
        try:
            from pyarrow import ArrowInvalid, parquet
        except ImportError:
            raise _without_extra(self.name, "pyarrow") from None
        try:
            file = parquet.ParquetFile(io.BytesIO(self._content))
        except (ArrowInvalid, OSError) as error:
            raise DataError(f"{self.name}: error: no Parquet file: {' '.join(str(error).split())[:100]}") from None
        batches = file.iter_batches(_BATCH)
        rows = (row for batch in batches for row in zip(*(c.to_pylist() for c in batch.columns), strict=True))
        return chain([file.schema_arrow.names], rows)

    def _sheet(self) -> Iterator[Iterable[object]]:
        try:
            from openpyxl import load_workbook
        except ImportError:
            raise _without_extra(self.name, "openpyxl") from None
        try:
            book = load_workbook(io.BytesIO(self._content), read_only=True, data_only=True)
            sheets = book.worksheets
            sheet = sheets[0]
            sheet.reset_dimensions()  # what programs write into the file may be wrong
            sheet.calculate_dimension(force=True)
        except Exception as error:  # openpyxl raises whatever its zip and XML readers do
            raise DataError(f"{self.name}: error: no Excel table: {' '.join(str(error).split())[:100]}") from None
        if len(sheets) > 1:
            others = ", ".join(other.title for other in sheets[1:])
            self.warnings.append(f"{self.name}: the first sheet, {sheet.title}, is read; left out: {others}")
        width = sheet.max_column or 0
        return ([*row, *[None] * (width - len(row))] for row in sheet.iter_rows(values_only=True))


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
        if isinstance(value, float):
            return repr(value).replace(".", self._decimal)
        if isinstance(value, datetime):
            midnight = not (value.hour or value.minute or value.second)
            return value.date().isoformat() if midnight else value.isoformat(" ", "seconds")
        return value.isoformat() if isinstance(value, date) else str(value)


def _without_extra(name: str, library: str) -> ConfigError:
    how = "pip install 'nntrain[tables]' brings it, or save the table as csv"
    return ConfigError(f"{name}: {library} is not installed; {how}")
