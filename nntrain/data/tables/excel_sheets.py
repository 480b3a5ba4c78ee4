"""Sheets of Excel's workbooks (.xlsx), with the extra `tables`: openpyxl reads them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from nntrain.errors import DataError
from nntrain.messages import did_you_mean

if TYPE_CHECKING:
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

_WITHOUT_VALUE = re.compile(rb"(</f>|<f[^>]*/>)\s*(<v\s*/>|<v>\s*</v>)?\s*</c>")


def sheet_rows(name: str, content: bytes, wanted: str | int | None, warnings: list[str]) -> Iterator[Iterable[object]]:
    """The rows of a sheet, all of one width: the one that is wanted, by its name or number from 0, or else the first
    that holds anything, which `warnings` tell where there are others.

    Raises ImportError without openpyxl; DataError for what is no workbook, for a sheet that is not there, and for a
    formula whose value the file does not hold.
    """
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheets: list[ReadOnlyWorksheet] = book.worksheets
        full = [_holds_anything(sheet) for sheet in sheets]
    except Exception as error:  # openpyxl raises whatever its zip and XML readers do
        raise DataError(f"{name}: error: no Excel table: {' '.join(str(error).split())[:100]}") from None
    titles = [sheet.title for sheet in sheets]
    if wanted is not None:
        at = _place(name, titles, wanted)
    else:
        at = full.index(True) if True in full else 0
        if len(sheets) > 1:
            others = ", ".join(title for title in titles if title != titles[at])
            which = "the first sheet" if at == 0 else "the first sheet that holds anything"
            warnings.append(f"{name}: {which}, {titles[at]}, is read, sheet says otherwise; left out: {others}")
    if not full or not full[at]:
        raise DataError(f"{name}: error: the sheet{' ' + titles[at] if titles else ''} is empty")
    _refuse_formulas(name, content, titles[at])
    sheets[at].calculate_dimension(force=True)
    width = sheets[at].max_column or 0
    return ([*row, *[None] * (width - len(row))] for row in sheets[at].iter_rows(values_only=True))


def _holds_anything(sheet: ReadOnlyWorksheet) -> bool:
    sheet.reset_dimensions()  # what programs write into the file may be wrong
    return any(value is not None for row in sheet.iter_rows(values_only=True) for value in row)


def _place(name: str, titles: list[str], wanted: str | int) -> int:
    if isinstance(wanted, str) and wanted in titles:
        return titles.index(wanted)
    if isinstance(wanted, int) and 0 <= wanted < len(titles):
        return wanted
    hint = did_you_mean(str(wanted), titles)
    raise DataError(f"{name}: error: sheet: no sheet {wanted!r} ({', '.join(titles)}){hint}")


def _refuse_formulas(name: str, content: bytes, title: str) -> None:
    """Programs other than Excel write formulas without what comes of them: such a cell would seem to be empty."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        sheets = [part for part in parts.namelist() if part.startswith("xl/worksheets/") and part.endswith(".xml")]
        if not any(_WITHOUT_VALUE.search(parts.read(part)) for part in sheets):
            return
    from openpyxl import load_workbook

    formulas, values = (load_workbook(io.BytesIO(content), data_only=only)[title] for only in (False, True))
    for row in formulas.iter_rows():
        for cell in row:
            if cell.data_type == "f" and values.cell(cell.row, cell.column).value is None:
                raise DataError(
                    f"{name}:{cell.row}:{cell.column}: error: a formula whose value the file does not hold: open the "
                    "file in Excel or LibreOffice and save it"
                )
