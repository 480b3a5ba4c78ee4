"""Base of the datasets that are tables in text files: what a config says of how these are written."""

from __future__ import annotations

import codecs
from typing import Literal

from nntrain.components import arg, component_base
from nntrain.data.base import Dataset
from nntrain.data.tables.cells import Missing
from nntrain.data.tables.dialect import Dialect
from nntrain.data.tables.numerals import Numerals, number_word


@component_base(kw_only=True)
class TableDataset(Dataset):
    """Base: cells between delimiters, a row a line."""

    header: bool | None = arg("the first row names the columns; default: found out", default=None, kw_only=True)
    delimiter: str | None = arg(
        'between cells: one character, " " for any blanks; default: comma, semicolon, tab, | or blanks, found out',
        default=None,
        kw_only=True,
    )
    encoding: str | None = arg(
        "of the text: utf-8, utf-16, latin-1, cp1252, …; default: found out", default=None, kw_only=True
    )
    decimal: Literal[".", ","] | None = arg(
        "the sign before the decimals of a number; default: the point", default=None, kw_only=True
    )
    thousands: Literal[",", ".", "'", " ", "_"] | None = arg(
        "the sign between the thousands of a number; default: none", default=None, kw_only=True
    )
    comment: str | None = arg("lines that begin so are passed over; default: none are", default=None, kw_only=True)
    missing_values: tuple[str | int | float, ...] | None = arg(
        "cells that stand for no value, besides empty ones; default: NA, N/A, #N/A, NaN, null, ? and their like",
        default=None,
        kw_only=True,
    )

    sheet: str | int | None = arg(
        "of an Excel workbook, by its name or number from 0; default: the first that holds anything",
        default=None,
        kw_only=True,
        listed=False,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.delimiter is not None and (len(self.delimiter) != 1 or self.delimiter in '"\r\n\0'):
            raise ValueError(
                f"delimiter: one character, and no quote or line break, not {self.delimiter!r}; "
                'say " " for any number of blanks'
            )
        if self.encoding is not None:
            try:
                if not codecs.lookup(self.encoding)._is_text_encoding:
                    raise LookupError
            except (LookupError, ValueError):
                raise ValueError(
                    f"encoding: {self.encoding!r} is not known; utf-8, utf-16, latin-1 and cp1252 are the usual ones"
                ) from None
        if self.thousands == (self.decimal or "."):
            raise ValueError(f"thousands: {self.thousands!r} stands before the decimals; say so with decimal")
        if self.comment is not None and (not self.comment.strip() or self.comment != self.comment.strip()):
            raise ValueError(f"comment: what a line begins with, such as #, not {self.comment!r}")

    @property
    def dialect(self) -> Dialect:
        """What the config says of how the tables are written."""
        words = None
        if self.missing_values is not None:
            words = frozenset(w if isinstance(w, str) else number_word(float(w)) for w in self.missing_values)
        numerals, said = Numerals(self.decimal or ".", self.thousands), self.decimal is not None
        return Dialect(
            self.header,
            self.delimiter,
            self.encoding,
            self.comment,
            numerals,
            Missing(words),
            said,
            sheet=self.sheet,
        )
