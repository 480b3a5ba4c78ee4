"""Columns of numbers in memory that goes back to the system when they are let go."""

from __future__ import annotations

import math
import mmap

import numpy as np
from numpy.typing import DTypeLike

from nntrain.model.shapes import Array

_LEAST = 1 << 16  # bytes from which on an array is given back to the system when it is freed
_POPULATE: int = getattr(mmap, "MAP_POPULATE", 0)  # all pages at once, at half the time of one by one


def mapped(shape: tuple[int, ...], dtype: DTypeLike) -> Array:
    """An array whose memory goes back to the system when it is freed, whatever the allocator keeps."""
    count = math.prod(shape)
    size = count * np.dtype(dtype).itemsize
    if size >= _LEAST:
        try:
            flags = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _POPULATE} if _POPULATE else {}
            return np.frombuffer(mmap.mmap(-1, size, **flags), dtype, count).reshape(shape)
        except OSError:  # so many maps are not allowed
            pass
    return np.empty(shape, dtype)
