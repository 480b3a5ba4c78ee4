"""Numbers with a sign or a unit: 12 %, $5, 3.5 kg."""

from __future__ import annotations

import re
import unicodedata

from nntrain.data.tables.numerals import BLANKS, Numerals

_PARTS = re.compile(r"([+-]?)([^\d+\-.,]*)([+-]?[.,]?\d(?:.*\d)?[.,]?)(\D*)", re.DOTALL)
_LONGEST = 12
_MINUS = "-\u2212\u2013\u2014"


def split_unit(cell: str, numerals: Numerals) -> tuple[str, float] | None:
    """The unit before or behind a number, and the number; None where the cell is not that."""
    match = _PARTS.fullmatch(cell)
    if match is None:
        return None
    sign, before, digits, behind = match.groups()
    before, behind = (part.strip(" " + BLANKS) for part in (before, behind))
    unit = before or behind
    if unit.strip(_MINUS) == "":  # 5- is −5, and no number with a unit
        return None
    value = numerals.read(sign + digits.strip(" " + BLANKS))
    if value is None or (before and behind) or not 0 < len(unit) <= _LONGEST:
        return None
    return unit, value


def is_sign(unit: str) -> bool:
    """Whether a unit is written as a sign: per cent, per mille, degrees, or a currency's."""
    return any(c in "%‰°" or unicodedata.category(c) == "Sc" for c in unit)
