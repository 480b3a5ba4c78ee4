"""Numbers in the bytes of a table, all at once: a sign, digits and a sign before decimals.

A word of eight bytes holds eight digits.  Read at an address that ends with the last digit, freed of what are not the
cell's own and of the sign before the decimals, three multiplications make a number of it: of pairs of digits, of pairs
of these, of fours (Lemire 2018, "Quickly parsing eight digits").  A whole number m below 2⁵³ over a power of ten up to
10²² is rounded once, so the quotient is the number that float() reads (Clinger 1990).  A larger m is taken as the sum
of two floats, and so is its quotient (Dekker 1971); where that lies so near the middle of two floats that its error
could turn the rounding, the cell is left to float().
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nntrain.data.tables.byte_words import OWN, words_before
from nntrain.data.tables.numerals import EXACT
from nntrain.model.shapes import Array

_LONGEST = 23  # bytes of a cell: 22 decimals, as a float holds no larger power of ten exactly
_SHORT = 4  # bytes that are taken one by one
_PLUS, _MINUS, _ZERO = b"+-0"
_ZEROS, _NINES, _HIGH = (np.uint64(int(8 * byte, 16)) for byte in ("30", "76", "80"))
# the product with a 1 in byte p of a word has p + 1 in its highest byte
_PLACE = np.uint64(0x0102030405060708)
# by at how many bytes before the end of a cell its sign stands: what its digits are divided by
TENS = np.array([1.0, *(float(10**k) for k in range(_LONGEST))])
# by that: the byte itself, and those before it
_AT = np.array([0, *(0xFF << 8 * p for p in range(8))], np.uint64)
_BEFORE = np.array([0, *((1 << 8 * p) - 1 for p in range(8))], np.uint64)
# by a word's distance from the end of a cell, and by that: at how many bytes before the end the sign stands
_BEHIND = {further: np.array([0, *range(8 + further, further, -1)]) for further in (0, 8, 16)}
_SPLIT = 2.0**27 + 1  # cuts a float into two halves of its digits (Veltkamp)
_FEW = 8  # of so many words one: it is worth to look at them alone
_DOUBT = 2.0**-45  # far above the relative error of the second half of a quotient


@dataclass
class PlainNumbers:
    """Cells as whole numbers (…) and what they are divided by.

    digits   (…) whole numbers without their sign: int16 where all are short, else int64
    minus    (…) bool, or None where no cell has one
    behind   (…) at how many bytes before its end a cell has the sign before its decimals, 0 where it has none; None
             where no cell has one
    odd      (…) which cells are no plain number, so that the others say nothing
    """

    digits: Array
    minus: Array | None
    behind: Array | None
    odd: Array

    def of(self, rows: Array) -> PlainNumbers:
        """Some of them: a copy."""
        minus, behind = (None if a is None else a[rows] for a in (self.minus, self.behind))
        return PlainNumbers(self.digits[rows], minus, behind, self.odd[rows])

    def floats(self) -> Array:
        """(…) float64; what is still in doubt becomes odd."""
        digits, odd = self.digits, self.odd
        values = digits.astype(np.float64)
        large = None if digits.dtype == np.int16 else digits >= EXACT
        if self.behind is None:
            if large is not None:
                odd |= large
        else:
            tens, count = TENS.take(self.behind, mode="clip"), 0 if large is None else np.count_nonzero(large)
            if large is not None and count:
                odd |= large & (self.behind == 0)
            if large is not None and 2 * count > large.size:
                values, doubtful = _quotient(digits, tens)
                odd |= doubtful
            else:
                values /= tens
                if large is not None and count:
                    at = np.flatnonzero(large & ~odd)
                    values.reshape(-1)[at], doubtful = _quotient(digits.take(at), tens.take(at))
                    odd.reshape(-1)[at] = doubtful
        if self.minus is not None:
            sign = self.minus.astype(np.uint64)
            sign <<= np.uint64(63)
            values.view(np.uint64)[...] |= sign
        return values


def numbers_at(content: Array, starts: Array, ends: Array, point: int, signed: bool = True) -> PlainNumbers:
    """Cells content[starts:ends] of one shape as numbers.

    content  as `padded` makes it
    point    the sign before decimals
    signed   whether any cell may have a plus or minus
    """
    length, minus = ends - starts, None
    if signed:
        first = content.take(starts)
        minus = first == _MINUS
        length -= minus | (first == _PLUS)
        if not minus.any():
            minus = None
    most = int(length.max(initial=0))
    if most <= _SHORT:
        digits, wrong = _few_digits(content, ends, length, most)
        if not wrong.any():
            return PlainNumbers(digits, minus, None, length < 1)
    digits, behind, odd = _digits(content, ends, length, min(most, _LONGEST), point)
    odd |= length < 1 if behind is None else length <= (behind > 0)
    return PlainNumbers(digits, minus, behind, odd)


def _few_digits(content: Array, ends: Array, length: Array, most: int) -> tuple[Array, Array]:
    """Cells of a few bytes as whole numbers, and which hold anything but digits."""
    number, wrong, at = np.zeros(ends.shape, np.int16), np.zeros(ends.shape, bool), ends
    least = int(length.min(initial=most))
    for k in range(most):
        at = at - 1
        digit = content.take(at)
        digit -= np.uint8(_ZERO)
        if k >= least:
            digit *= length > k
        wrong |= digit > 9
        number += digit * np.int16(10**k)
    return number, wrong


def _digits(content: Array, ends: Array, length: Array, most: int, point: int) -> tuple[Array, Array | None, Array]:
    """The whole numbers that cells hold without the sign before their decimals, at how many bytes before their ends
    that stands (see PlainNumbers), and which cells hold anything else, or too many digits.

    length   of the cells, a minus or plus before them apart
    most     bytes of a cell that are looked at
    """
    mark = np.uint64((point ^ _ZERO) * 0x0101010101010101)
    number: Array = np.zeros(0)
    least = int(length.min(initial=most))
    behind = seen = None  # seen: whether the sign stood in one of the words before
    odd = length > _LONGEST
    for words, further in zip(words_before(content, ends), range(0, most, 8), strict=False):
        words ^= _ZEROS
        if least < further + 8:
            words &= OWN.take(length - further if further else length, mode="clip")
        others = words + _NINES
        others |= words
        others &= _HIGH  # the highest bit of each byte that is no digit
        there = others != 0
        if count := np.count_nonzero(there):
            few = np.flatnonzero(there) if _FEW * count < there.size else None
            if few is None:
                place, errors = _without_point(words, others, mark)
                place = _BEHIND[further].take(place, mode="clip")
                odd |= errors != 0
            else:
                some = words.take(few)
                of_some, errors = _without_point(some, others.take(few), mark)
                words.reshape(-1)[few] = some
                place = np.zeros_like(length)
                place.reshape(-1)[few] = _BEHIND[further].take(of_some, mode="clip")
                odd.reshape(-1)[few[errors != 0]] = True
            if seen is not None:
                odd |= seen & there
        digits = _of_digits(words)
        if further:
            if further == 16:
                odd |= digits >= 900  # 9 · 10¹⁸ is nearly all that an int64 holds
            digits *= 10**further if seen is None else np.where(seen, 10 ** (further - 1), 10**further)
            number += digits
        else:
            number = digits
        if count:
            behind = place if behind is None else behind + place
            seen = there if seen is None else seen | there
    if not most:
        number = np.zeros(length.shape, np.int64)
    return number, behind, odd


def _without_point(words: Array, others: Array, mark: np.uint64) -> tuple[Array, Array]:
    """Move what stands before the sign in each word over it, by a byte, in place.  The byte of the sign from 1, 0 where
    there is none; and what is not 0 where a word has more than one byte that is no digit, or another than it.

    others   the highest bit of each byte that is no digit; it is used up
    """
    errors = others - np.uint64(1)
    errors &= others
    others >>= np.uint64(7)
    others *= _PLACE
    others >>= np.uint64(56)
    place = others.view(np.int64)
    before = words & _BEFORE.take(place, mode="clip")
    words ^= before
    at_sign = _AT.take(place, mode="clip")
    words ^= at_sign & mark
    at_sign &= words
    errors |= at_sign
    before <<= np.uint64(8)
    words |= before
    return place, errors


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
