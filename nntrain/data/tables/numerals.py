"""How numbers are written: which sign stands before the decimals, and which between the thousands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nntrain.data.standardize import LARGEST
from nntrain.model.shapes import Array

EXACT = 2**53  # float64 holds every whole number below this
APOSTROPHES = "\u2019"  # as word processors put them
BLANKS = "\u00a0\u202f\u2009"  # spaces that are not to be broken, as programs put them between thousands
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d+", re.ASCII)
_GROUPS = r"[+-]?[1-9]\d{0,2}(?:%s\d{3})+"
_BY_THREES = {sign: re.compile(_GROUPS % re.escape(sign) + r"(?![\d.,])", re.ASCII) for sign in ",.' _"}
_ALIKE: dict[str | None, str] = {" ": BLANKS, "'": APOSTROPHES}  # what a sign between thousands stands for, too


@dataclass(frozen=True)
class Numerals:
    """decimal     the sign before the decimals: a point or a comma
    thousands   the sign between groups of three digits, or None; " " stands for every kind of blank,
                "'" for the typographic apostrophe too
    """

    decimal: str = "."
    thousands: str | None = None

    @property
    def plain(self) -> bool:
        """Whether float() reads them as they are."""
        return self.decimal == "." and self.thousands is None

    def read(self, cell: str) -> float | None:
        """The number in a cell, or None: no inf, no nan, no 1_000, no hexadecimal; nothing that is too large for us,
        and no whole number that float64 cannot hold to the last digit.
        """
        text = self.as_plain(cell)
        if text is None or _NUMBER.fullmatch(text) is None:
            return None
        value = float(text)
        if not abs(value) <= LARGEST or (abs(value) >= EXACT and _WHOLE.fullmatch(text)):
            return None
        return value

    def grouping(self, cell: str) -> str | None:
        """The sign that stands between thousands in a cell, as it is written there; None where none does."""
        signs = (self.thousands or "") + _ALIKE.get(self.thousands, "")
        return next((sign for sign in signs if sign in cell), None)

    def as_plain(self, cell: str) -> str | None:
        """The cell as it would be written with a decimal point and nothing between thousands; None where it cannot be
        a number in this writing.
        """
        if self.plain:
            return cell
        whole, sign, decimals = cell.partition(self.decimal)
        if self.thousands is not None:
            for other in _ALIKE.get(self.thousands, ""):
                whole = whole.replace(other, self.thousands)
            if self.thousands in whole:
                if _BY_THREES[self.thousands].fullmatch(whole) is None:
                    return None
                whole = whole.replace(self.thousands, "")
        return None if "." in whole and self.decimal != "." else whole + ("." + decimals if sign else "")


PLAIN = Numerals()


def all_numbers(cells: Sequence[str], numerals: Numerals) -> Array | None:
    """The cells as numbers in one go, where float() reads them all and reads them as Numerals does; else None."""
    joined = "".join(cells)
    if not numerals.plain or not joined.isascii() or "_" in joined:
        return None
    try:
        values = np.array(list(map(float, cells)))
    except ValueError:
        return None
    return values if (np.abs(values) < EXACT).all() else None  # not so for nan and inf either


def is_number(cell: str) -> bool:
    """A number with a decimal point, an exponent allowed; too large for us is still a number."""
    return _NUMBER.fullmatch(cell) is not None


def is_whole(cell: str) -> bool:
    """A whole number, of whatever size."""
    return _WHOLE.fullmatch(cell) is not None


def number_word(value: float) -> str:
    """The name of a category or label that is a number, in one spelling, so that 1 and 1.0 are one."""
    return str(int(value)) if value.is_integer() and abs(value) < EXACT else repr(value)
