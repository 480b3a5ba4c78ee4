"""Cells that look like numbers written in another way than was said: what they are, and what to say for them."""

from __future__ import annotations

import re
import unicodedata

from nntrain.data.tables.numerals import BLANKS, Numerals, is_number, is_whole

_MINUS = "\u2212\u2013"  # as word processors put it before numbers
_MINUS_BEHIND = re.compile(rf"(\d.*\d|\d) ?[-{_MINUS}]", re.ASCII)
_IN_BRACKETS = re.compile(r"\((\d.*\d|\d)\)", re.ASCII)
_FORTRAN = re.compile(r"([+-]?[\d.]+)[dD]([+-]?\d+)", re.ASCII)
_HEXADECIMAL = re.compile(r"[+-]?0[xX][0-9a-fA-F]{1,13}")
_WRITINGS = [Numerals(decimal, thousands) for thousands in (None, ",", ".", " ", "'", "_") for decimal in ".,"]


def said(numerals: Numerals, than: Numerals) -> str:
    """What a config says for numbers written so, where it says the other now: `decimal: "," and thousands: "."`."""
    changed = []
    if numerals.decimal != than.decimal:
        changed.append(f'decimal: "{numerals.decimal}"')
    if numerals.thousands != than.thousands:
        changed.append(f'thousands: "{numerals.thousands}"' if numerals.thousands else "no thousands")
    return " and ".join(changed)


def other_writings(cell: str, numerals: Numerals) -> list[Numerals]:
    """The writings in which the cell is a number, of those that change the least of what is said now."""
    by_changes: dict[int, list[Numerals]] = {}
    for writing in _WRITINGS:
        grouped = writing.thousands not in (None, numerals.thousands)
        if writing.thousands == writing.decimal or (grouped and writing.grouping(cell) is None):
            continue
        if (changed := said(writing, numerals)) and writing.read(cell) is not None:
            by_changes.setdefault(changed.count(" and "), []).append(writing)
    return by_changes[min(by_changes)] if by_changes else []


def advice(cell: str, numerals: Numerals) -> str | None:
    """What to do about a cell that is a number in another writing; None where it is none.  To stand behind the cell."""
    plain = cell
    for minus in _MINUS:
        plain = plain.replace(minus, "-")
    if plain != cell and numerals.read(plain) is not None:
        return f", whose minus is another sign than that of numbers; write {plain}"
    if (usual := _usual(cell, numerals)) is not None:
        return usual
    writings = other_writings(cell, numerals)
    if not writings:
        return None
    keys = [said(writing, numerals) for writing in writings]
    grouped = next((writing for writing in writings if writing.thousands != numerals.thousands), None)
    if len(keys) == 1 and grouped is None:
        after = "a point" if numerals.decimal == "." else "a comma"
        return f": write the decimals after {after}, or say {keys[0]}"
    if len(keys) == 1 or grouped is None:
        return f": say {keys[0]}"
    bare = "".join(c for c in cell if c != grouped.thousands and c not in BLANKS)
    other = next(key for writing, key in zip(writings, keys, strict=True) if writing is not grouped)
    return (
        f", with a thousands separator? write {bare} or say {said(grouped, numerals)}; if it stands before decimals, "
        f"write the decimals after a point or say {other}"
    )


def _usual(cell: str, numerals: Numerals) -> str | None:
    """The same of a cell that no argument makes a number of: what to write for it."""

    def is_read(text: str) -> bool:
        return numerals.read(text) is not None

    if (match := _MINUS_BEHIND.fullmatch(cell)) and is_read(plain := f"-{match[1]}"):
        return f", whose minus stands behind it; write {plain}"
    if (match := _IN_BRACKETS.fullmatch(cell)) and is_read(plain := f"-{match[1]}"):
        return f", a number in brackets, as of debts? write {plain}"
    if (match := _FORTRAN.fullmatch(cell)) and is_read(plain := f"{match[1]}e{match[2]}"):
        return f", whose exponent is that of Fortran; write {plain}"
    if _HEXADECIMAL.fullmatch(cell):
        return f", expected a number; it is hexadecimal: write {int(cell, 16)}"
    if not cell.isascii():
        plain = "".join(str(unicodedata.decimal(c, c)) for c in cell)
        if plain != cell and is_read(plain):
            return f", expected a number; its digits are other signs than 0 to 9: write {plain}"
    return None


def too_much(cell: str, numerals: Numerals) -> str | None:
    """Why a number cannot be computed with; None where it is not even one."""
    plain = numerals.as_plain(cell)
    if plain is None or not is_number(plain):
        return None
    return "a whole number of more digits than can be computed with" if is_whole(plain) else "too large a number"
