"""Numbers of few digits in few bytes: a column of a table is kept so until it becomes inputs.

A number that a csv file has in six characters takes eight bytes as a float, and two or four as a whole number over a
power of ten: 0.1234 is 1234 / 10⁴.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from nntrain.model.shapes import Array

_MOST_DECIMALS = 6
_TENS = tuple(10.0**k for k in range(_MOST_DECIMALS + 1))
_INTEGERS = tuple((t, int(np.iinfo(t).min), int(np.iinfo(t).max)) for t in ("i1", "u1", "i2", "u2", "i4"))
_LEAST = 256  # numbers from which on it saves memory
_MINUS = 64  # numbers for each −0, whose place takes eight bytes
NOWHERE = np.zeros(0, np.int64)
_SAMPLE = 64  # numbers that show how many decimals there are


@dataclass(frozen=True, eq=False, slots=True)
class PackedNumbers:
    """whole / tens, NaN where `whole` is the largest number of its type and there are `gaps`, −0 at the places
    `minus`; piece[from:to] as of an array, in float64.
    """

    whole: Array
    tens: float
    gaps: bool
    minus: Array

    def __len__(self) -> int:
        return len(self.whole)

    def __getitem__(self, index: slice) -> Array:
        if len(self.minus) and index != slice(None):
            return self[:][index]
        whole = self.whole[index]
        values: Array = whole.astype(np.float64)
        if self.tens != 1:
            values /= self.tens
        if self.gaps:
            values[whole == np.iinfo(whole.dtype).max] = np.nan
        if len(self.minus):
            values[self.minus] = -0.0
        return values

    def without(self, rows: Array) -> PackedNumbers:
        """With gaps at some rows, for which the same array is used."""
        self.whole[rows] = np.iinfo(self.whole.dtype).max
        return replace(self, gaps=True)


Numbers = Array | PackedNumbers


def packed(values: Array, before: Numbers | None = None) -> PackedNumbers | None:
    """The same numbers (N,) to the bit in fewer bytes; None where these are no fewer.

    before   numbers of the same column, which are likely to have as many decimals
    """
    if len(values) < _LEAST or values.strides == (0,):  # one number for all takes no memory
        return None
    low, high, missing = float(values.min()), float(values.max()), None
    if low != low:
        missing = np.isnan(values)
        values = np.where(missing, 0, values)
        low, high = float(values.min()), float(values.max())
    sample = values[:_SAMPLE]
    for tens in (before.tens, *_TENS) if isinstance(before, PackedNumbers) else _TENS:
        if (_as_whole(sample, tens) / tens != sample).any():
            continue
        integer = _integer_for(round(low * tens), round(high * tens) + (missing is not None))
        if integer is None:
            return None
        whole = _as_whole(values, tens)
        back = whole / tens if tens != 1 else whole
        if (same := back == values).all():
            minus = np.flatnonzero(np.signbit(values) & (values == 0)) if low <= 0 <= high else NOWHERE
            found = whole.astype(integer)
            if missing is not None:
                found[missing] = np.iinfo(integer).max
            return PackedNumbers(found, tens, missing is not None, minus) if _MINUS * len(minus) < len(found) else None
        sample = values[np.flatnonzero(~same)[:_SAMPLE]]
    return None


def _as_whole(values: Array, tens: float) -> Array:
    whole: Array = values * tens
    return np.rint(whole, out=whole)


def _integer_for(low: int, high: int) -> str | None:
    return next((name for name, least, most in _INTEGERS if least <= low and high <= most), None)
