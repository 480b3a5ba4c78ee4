"""Columns of numbers in memory that goes back to the system when they are let go."""

from __future__ import annotations

import mmap

import numpy as np

from nntrain.model.shapes import Array

_LEAST = 1 << 16  # bytes from which on an array is given back to the system when it is freed
_POPULATE: int = getattr(mmap, "MAP_POPULATE", 0)  # all pages at once, at half the time of one by one


def by_column(values: Array, passing: Array) -> list[Array]:
    """Numbers (rows, columns) column by column.

    passing   (columns,) True for those that are soon let go: they lie apart, so that they hold no memory of others
    """
    columns: list[Array] = [*values.T]
    for group in np.flatnonzero(passing), np.flatnonzero(~passing):
        together = _mapped((len(group), len(values)))
        together[:] = values.T if len(group) == len(columns) else values.T[group]
        for place, numbers in zip(group.tolist(), together, strict=True):
            columns[place] = numbers
    return columns


def _mapped(shape: tuple[int, int]) -> Array:
    """An array of float64 whose memory goes back to the system when it is freed, whatever the allocator keeps."""
    count = shape[0] * shape[1]
    if 8 * count >= _LEAST:
        try:
            flags = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _POPULATE} if _POPULATE else {}
            return np.frombuffer(mmap.mmap(-1, 8 * count, **flags), np.float64).reshape(shape)
        except OSError:  # so many maps are not allowed
            pass
    return np.empty(shape)
