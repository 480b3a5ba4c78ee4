"""Columns of plain numbers in few bytes, as soon as they are read: no float is made of them before they are inputs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nntrain.data.tables.mapped_columns import mapped
from nntrain.data.tables.packed_numbers import NOWHERE, Numbers, PackedNumbers
from nntrain.data.tables.plain_numbers import PlainNumbers
from nntrain.model.shapes import Array

_MOST = 2**31 - 2  # one more is a gap
_MOST_SHORT = 2**15 - 2
_TENS = 10 ** np.arange(10)


def pieces_of(found: PlainNumbers) -> list[Numbers]:
    """Numbers (columns, rows) as a piece for each column: packed where they fit.  More of `found` may become odd.

    A whole number over a power of ten, both below 2⁵³, is rounded once: 1250 / 100 is the float that 125 / 10 is.
    """
    numbers, tens, fits = _scaled(found)
    if fits.all():
        return _packed(numbers, found.minus, tens)
    of_fitting: Iterator[Numbers] = iter(())
    if fits.any():
        of_fitting = iter(_packed(numbers[fits], None if found.minus is None else found.minus[fits], tens[fits]))
    others = found if not fits.any() else found.of(np.flatnonzero(~fits))
    values = mapped(others.digits.shape, np.float64)
    values[:] = others.floats()
    if others is not found:
        found.odd[~fits] = others.odd
    of_others = iter(values)
    return [next(of_fitting) if fit else next(of_others) for fit in fits.tolist()]


def _scaled(found: PlainNumbers) -> tuple[Array, Array, Array]:
    """Of numbers (columns, rows) without their signs, and 0 where they are odd, all of a column over the same tens
    (columns,); and which columns fit into packed numbers (columns,).
    """
    numbers, tens = found.digits, np.ones(len(found.digits))
    if found.odd.any():
        numbers = numbers * ~found.odd
    fits = numbers.max(axis=1, initial=0) <= _MOST
    if found.behind is not None and fits.any():
        behind = np.maximum(found.behind, 1)
        most = behind.max(axis=1, initial=1)
        fits &= most <= len(_TENS)
        lacking = most[:, None] - behind
        if lacking.any():
            numbers = numbers * _TENS.take(lacking, mode="clip")
            fits &= numbers.max(axis=1, initial=0) <= _MOST
        tens = _TENS.take(most - 1, mode="clip").astype(np.float64)
    if found.minus is not None and fits.any():
        fits &= ~((numbers == 0) & found.minus).any(axis=1)  # integers know no -0
    return numbers, tens, fits


def _packed(numbers: Array, minus: Array | None, tens: Array) -> list[Numbers]:
    short = numbers.dtype == np.int16 or numbers.max(initial=0) <= _MOST_SHORT
    kept = mapped(numbers.shape, np.int16 if short else np.int32)
    kept[:] = numbers
    if minus is not None:  # the two's complement of those
        signs = minus.astype(kept.dtype)
        kept ^= -signs
        kept += signs
    return [PackedNumbers(column, power, False, NOWHERE) for column, power in zip(kept, tens.tolist(), strict=True)]
