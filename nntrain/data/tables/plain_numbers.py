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

from nntrain.data.tables.numerals import EXACT
from nntrain.model.shapes import Array

PAD = 24  # bytes before the first cell, so that three words that end with it can be read
MOST_DIGITS = 18  # of a cell: as many fit into an int64
_MOST_DECIMALS = 22  # with zeros before the others; a float holds no larger power of ten exactly
_PLUS, _MINUS = b"+-"
_ZEROS, _NINES, _HIGH = (np.uint64(int(8 * byte, 16)) for byte in ("30", "76", "80"))
_OWN = np.array([0, *(((1 << 8 * k) - 1) << (64 - 8 * k) for k in range(1, 9))], np.uint64)  # the last k of 8 bytes
_TENS = np.array([10 ** min(k, MOST_DIGITS) for k in range(_MOST_DECIMALS + 1)])
_FLOAT_TENS = np.array([float(10**k) for k in range(_MOST_DECIMALS + 1)])
_SPLIT = 2.0**27 + 1  # cuts a float into two halves of its digits (Veltkamp)
_DOUBT = 2.0**-45  # far above the relative error of the second half of a quotient


def numbers_at(content: Array, starts: Array, points: Array, ends: Array) -> tuple[Array, Array]:
    """Cells content[starts:ends] as float64, and which of them are no plain number, so that their value says nothing.

    points   where the sign before the decimals stands; `ends` itself where no cell has one
    All of them of one shape; before `starts` are PAD bytes at least.
    """
    words = np.ndarray((len(content) - 7,), "<u8", content, strides=(1,))
    first = content[starts]
    minus = first == _MINUS
    whole = points - starts
    whole -= minus
    whole -= first == _PLUS
    if points is ends:
        number, odd = _digits(words, ends, whole)
        odd |= whole < 1
        odd |= number >= EXACT
        values = number.astype(np.float64)
    else:
        decimals = ends - points
        there = decimals > 0
        decimals -= there
        number, odd = _digits(words, points, whole)
        behind, wrong = _digits(words, ends, decimals)
        odd |= wrong
        digits = np.add(whole, decimals, out=whole)
        odd |= digits < 1
        odd |= (digits > MOST_DIGITS) & (number != 0)
        if odd.any():
            decimals[odd] = 0
        number *= _TENS[decimals]
        number += behind
        values = number.astype(np.float64)
        large = number >= EXACT
        values /= _FLOAT_TENS[decimals]
        if large.any():
            odd |= large & ~there
            large &= ~odd
            at = np.nonzero(large)
            values[at], doubtful = _quotient(number[at], _FLOAT_TENS[decimals[at]])
            odd[at] = doubtful
    np.negative(values, values, where=minus)
    return values, odd


def _digits(words: Array, ends: Array, count: Array) -> tuple[Array, Array]:
    """The whole numbers of `count` digits before `ends`, and which are none, or too large, or have too many digits."""
    most = int(count.max(initial=0))
    of_word = np.minimum(count, 8) if most > 8 else count
    found = words[ends - 8]
    found ^= _ZEROS
    found &= _OWN[of_word]
    odd = _no_digits(found)
    number = _of_digits(found)
    for further in range(8, min(most, _MOST_DECIMALS), 8):
        found = words[ends - (8 + further)]
        found ^= _ZEROS
        found &= _OWN[np.clip(count - further, 0, 8)]
        odd |= _no_digits(found)
        higher = _of_digits(found)
        if further == 16:
            odd |= higher >= 900  # 9 · 10¹⁸ is nearly all that an int64 holds
        number += higher * 10**further
    if most > MOST_DIGITS:
        odd |= count > _MOST_DECIMALS
    return number, odd


def _no_digits(words: Array) -> Array:
    """Which words have a byte above 9."""
    high = words + _NINES
    high |= words
    high &= _HIGH
    found: Array = high != 0
    return found


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
