"""Numbers in the bytes of a table, all at once: a sign, digits and a decimal point, between delimiters and line ends.

A word of eight bytes holds eight digits.  Read at an address that ends with the last digit, and freed of what are not
the cell's own, three multiplications make a number of it: of pairs of digits, of pairs of these, of fours (Lemire 2018,
"Quickly parsing eight digits").  A whole number below 2⁵³ over a power of ten up to 10²² is rounded once, so the
quotient is the number that float() reads (Clinger 1990).
"""

from __future__ import annotations

import numpy as np

from nntrain.model.shapes import Array

_POINT, _PLUS, _MINUS, _LINE = b".+-\n"
_PAD = 16  # bytes before the first cell, so that a word that ends with it can be read
_ZEROS, _NINES, _HIGH = (np.uint64(int(8 * byte, 16)) for byte in ("30", "76", "80"))
_OWN = np.array([0, *(((1 << 8 * k) - 1) << (64 - 8 * k) for k in range(1, 9))], np.uint64)  # the last k of 8 bytes
_TENS = 10 ** np.arange(9)


def plain_numbers(block: bytes, delimiter: str, width: int) -> Array | None:
    """Whole lines as (rows, width) float64, where every line has so many cells and all are numbers of at most eight
    digits before and behind the point, without blanks, quotes or exponents; else None, which says nothing about them.
    """
    content = np.frombuffer(bytes(_PAD) + block, np.uint8)
    marks = np.flatnonzero((content == ord(delimiter)) | (content == _LINE) | (content == _POINT))
    kinds = content[marks]
    ends = points = marks
    if (is_point := kinds == _POINT).any():
        is_end = ~is_point
        cells = np.cumsum(is_end)[is_point]  # in which cell each point is
        if (cells[1:] == cells[:-1]).any():
            return None
        ends, kinds = marks[is_end], kinds[is_end]
        points = ends.copy()
        points[cells] = marks[is_point]
    if not len(ends) or len(ends) % width:
        return None
    lines = kinds.reshape(-1, width)
    if (lines[:, -1] != _LINE).any() or (lines[:, :-1] == _LINE).any():
        return None
    starts = np.concatenate([[_PAD], ends[:-1] + 1])
    first = content[starts]
    minus = first == _MINUS
    whole = points - starts - (minus | (first == _PLUS))
    behind = ends - points  # digits behind the point and one for it, 0 where there is none
    if (whole > 8).any() or (behind > 9).any() or (whole + behind - (behind > 0) < 1).any():
        return None
    words = np.ndarray((len(content) - 7,), "<u8", content, strides=(1,))
    before = (words[points - 8] ^ _ZEROS) & _OWN[whole]
    values = np.empty(len(ends))
    if points is ends:
        if _odd(before):
            return None
        values[:] = _of_digits(before)
    else:
        decimals = np.maximum(behind - 1, 0)
        after = (words[ends - 8] ^ _ZEROS) & _OWN[decimals]
        if _odd(before) or _odd(after):
            return None
        tens = _TENS[decimals]
        mantissa = _of_digits(before) * tens + _of_digits(after)
        if (mantissa >= 2**53).any():
            return None
        np.divide(mantissa, tens, values)
    np.negative(values, values, where=minus)
    return values.reshape(-1, width)


def _odd(words: Array) -> bool:
    """Whether any byte is no digit 0 … 9."""
    return bool((((words + _NINES) | words) & _HIGH).any())


def _of_digits(words: Array) -> Array:
    """Words of eight digits as whole numbers; the first digit in the lowest byte."""
    words = words * np.uint64(2561)
    words >>= np.uint64(8)
    words &= np.uint64(0x00FF00FF00FF00FF)
    words *= np.uint64(6553601)
    words >>= np.uint64(16)
    words &= np.uint64(0x0000FFFF0000FFFF)
    words *= np.uint64(42949672960001)
    words >>= np.uint64(32)
    numbers: Array = words.view(np.int64)
    return numbers
