"""The bytes before places in a text, eight of them as one whole number, the first in its lowest byte."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nntrain.model.shapes import Array

PAD = 24  # bytes before the first cell, so that three words end with it
OWN = np.array([0, *(((1 << 8 * k) - 1) << (64 - 8 * k) for k in range(1, 9))], np.uint64)  # the last k of 8 bytes


def padded(block: bytes) -> bytes:
    """The block behind PAD bytes, filled up to whole words."""
    return bytes(PAD) + block + bytes(-len(block) % 8)


def words_before(content: Array, ends: Array) -> Iterator[Array]:
    """Of each end the eight bytes before it, then the eight before these, and so on: three times at most.

    A word is put together from the two at multiples of eight that it lies in: NumPy gathers numbers at other addresses
    ten times as slowly.
    """
    aligned = content.view("<u8")
    at = ends >> 3
    behind = (ends & 7).view(np.uint64)
    behind <<= np.uint64(3)
    before = np.uint64(64) - behind  # a shift by 64 gives 0 in NumPy
    later = aligned.take(at, mode="clip")
    while True:
        at -= 1
        earlier = aligned.take(at, mode="clip")
        later <<= before
        later |= earlier >> behind
        yield later
        later = earlier
