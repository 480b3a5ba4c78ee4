"""Numbers in the bytes of a table, all at once: a sign, digits and a sign before decimals.

A word of eight bytes holds eight digits.  Read at an address that ends with the last digit, and freed of what are not
the cell's own, three multiplications make a number of it: of pairs of digits, of pairs of these, of fours (Lemire 2018,
"Quickly parsing eight digits").  A whole number m below 2⁵³ over a power of ten up to 10²² is rounded once, so the
quotient is the number that float() reads (Clinger 1990).  A larger m is taken as the sum of two floats, and so is its
quotient (Dekker 1971); where that lies so near the middle of two floats that its error could turn the rounding, the
cell is left to float().
"""

from __future__ import annotations

import numpy as np

from nntrain.data.tables.byte_words import OWN, words_before
from nntrain.data.tables.numerals import EXACT
from nntrain.model.shapes import Array

_LONGEST = 23  # bytes of a cell: 22 decimals, as a float holds no larger power of ten exactly
_PLUS, _MINUS = b"+-"
_ZEROS, _NINES, _HIGH = (np.uint64(int(8 * byte, 16)) for byte in ("30", "76", "80"))
# by at how many bytes before the end of a cell its sign stands: what its digits are divided by
_TENS = np.array([1.0, *(float(10**k) for k in range(_LONGEST))])
# by the same of a word: the bytes into which others move; 0 and 9: in another word
_MOVED = np.array([0, *((1 << 8 * (9 - k)) - 1 for k in range(1, 9)), 0], np.uint64)
# by the same of a cell: what the digits of a further word count for
_SCALES = {k: np.array([10**k, *[10 ** (k - 1)] * k, 10**k]) for k in (8, 16)}
_SPLIT = 2.0**27 + 1  # cuts a float into two halves of its digits (Veltkamp)
_DOUBT = 2.0**-45  # far above the relative error of the second half of a quotient


def numbers_at(content: Array, starts: Array, points: Array, ends: Array) -> tuple[Array, Array]:
    """Cells content[starts:ends] as float64, and which of them are no plain number, so that their value says nothing.

    content  as `padded` makes it
    points   where the sign before the decimals stands; `ends` itself where no cell has one
    All of them of one shape.
    """
    first = content.take(starts)
    minus = first == _MINUS
    length = ends - starts
    length -= minus | (first == _PLUS)
    if points is ends:
        number, odd = _digits(content, ends, length, None)
        odd |= length < 1
        odd |= number >= EXACT
        values = number.astype(np.float64)
    else:
        behind = ends - points  # of the sign before the decimals, with it
        there = behind > 0
        number, odd = _digits(content, ends, length, behind)
        odd |= length <= there
        values = number.astype(np.float64)
        values /= _TENS.take(behind, mode="clip")
        large = number >= EXACT
        if large.any():
            odd |= large & ~there
            large &= ~odd
            at = np.flatnonzero(large)
            values.reshape(-1)[at], doubtful = _quotient(number.take(at), _TENS.take(behind.take(at)))
            odd.reshape(-1)[at] = doubtful
    sign = minus.astype(np.uint64)
    sign <<= np.uint64(63)
    values.view(np.uint64)[...] |= sign
    return values, odd


def _digits(content: Array, ends: Array, length: Array, behind: Array | None) -> tuple[Array, Array]:
    """The whole numbers that cells hold without the sign before their decimals, and which hold anything else, or too
    many digits.

    length   of the cells, a minus or plus before them apart
    behind   at how many bytes before their ends the sign before the decimals stands, 0 where there is none
    """
    most = int(length.max(initial=0))
    number = np.zeros_like(length)
    wrong: Array = np.zeros(length.shape, np.uint64)  # the highest bits of bytes that are no digits
    odd = length > _LONGEST
    for words, further in zip(words_before(content, ends), range(0, min(most, _LONGEST), 8), strict=False):
        words ^= _ZEROS
        words &= OWN.take(length - further if further else length, mode="clip")
        if behind is not None:
            # what stands before the sign moves over it, by a byte
            moved = words << np.uint64(8)
            moved ^= words
            moved &= _MOVED.take(behind - further if further else behind, mode="clip")
            words ^= moved
        wrong |= words
        wrong |= words + _NINES
        digits = _of_digits(words)
        if not further:
            number = digits
            continue
        if further == 16:
            odd |= digits >= 900  # 9 · 10¹⁸ is nearly all that an int64 holds
        digits *= 10**further if behind is None else _SCALES[further].take(behind, mode="clip")
        number += digits
    wrong &= _HIGH
    odd |= wrong != 0
    return number, odd


def _of_digits(words: Array) -> Array:
    """Words of eight digits as whole numbers, in place; the first digit in the lowest byte."""
    words *= np.uint64(2561)
    words >>= np.uint64(8)
    words &= np.uint64(0x00FF00FF00FF00FF)
    words *= np.uint64(6553601)
    words >>= np.uint64(16)
    words &= np.uint64(0x0000FFFF0000FFFF)
    words *= np.uint64(42949672960001)
    words >>= np.uint64(32)
    return words.view(np.int64)


def _quotient(number: Array, tens: Array) -> tuple[Array, Array]:
    """number / tens rounded once, and where that is in doubt.  q = q₀ + (number − q₀ tens) / tens."""
    high = number.astype(np.float64)
    low = (number - high.astype(np.int64)).astype(np.float64)
    quotient = high / tens
    product = quotient * tens
    q, t = _halves(quotient), _halves(tens)
    error = ((q[0] * t[0] - product) + q[0] * t[1] + q[1] * t[0]) + q[1] * t[1]  # product + error = quotient · tens
    rest = ((high - product) - error + low) / tens
    values = quotient + rest * (1 + _DOUBT)
    return values, values != quotient + rest * (1 - _DOUBT)


def _halves(values: Array) -> tuple[Array, Array]:
    large = values * _SPLIT
    high = large - (large - values)
    return high, values - high
