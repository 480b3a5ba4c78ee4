"""Memory that a thread uses again: the temporaries of kernels and optimizers.

Memory fresh from the operating system costs many times what the work on it costs: every page is faulted in and zeroed.
"""

from __future__ import annotations

import math
import threading

import numpy as np
from numpy.typing import DTypeLike

from nntrain.model.shapes import Array, Shape


class _Scratch(threading.local):
    def __init__(self) -> None:
        self.buffers: dict[str, Array] = {}
        self.views: dict[tuple[str, Shape, DTypeLike], Array] = {}


_scratch = _Scratch()


def scratch(name: str, shape: Shape, dtype: DTypeLike) -> Array:
    """An uninitialised array that the calling thread reuses whenever it asks for `name`; it starts on a cache line.

    It is valid until the same thread asks for the same name again; it must never leave the kernel that asked.
    Names are one space for all kernels: none may call another while it needs an array of a name that both ask for.
    """
    view = _scratch.views.get((name, shape, dtype))
    if view is None:
        view = _scratch.views[name, shape, dtype] = _carve(name, shape, np.dtype(dtype))
    return view


def _carve(name: str, shape: Shape, dtype: np.dtype) -> Array:
    size = math.prod(shape) * dtype.itemsize
    buffer = _scratch.buffers.get(name)
    if buffer is None or buffer.size < size:
        # Older views would keep the smaller buffer alive.
        _scratch.views = {key: view for key, view in _scratch.views.items() if key[0] != name}
        raw = np.empty(size + 64, np.uint8)
        start = -raw.ctypes.data % 64  # a cache line, and the widest vector register
        _scratch.buffers[name] = buffer = raw[start : start + size]
    return buffer[:size].view(dtype).reshape(shape)


def release_scratch() -> None:
    """Give the calling thread's scratch arrays back."""
    _scratch.views.clear()
    _scratch.buffers.clear()
