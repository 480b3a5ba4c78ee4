"""Arrays and their shapes, which leave out the batch axis."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]  # of any kind of number: what a layer may be given
Floats = NDArray[np.floating]
Ints = NDArray[np.integer]
Bools = NDArray[np.bool_]
Shape = tuple[int, ...]


class Symbols(tuple[int, ...]):
    """The shape (T,) of a sequence of integers 0 … vocabulary − 1.

    Only the data know how many symbols there are, and only an embedding asks: so the number travels with the shape,
    as every other size does that a layer infers.
    """

    vocabulary: int
    source: Shape | None

    def __new__(cls, shape: Shape, vocabulary: int, source: Shape | None = None) -> Symbols:
        symbols = super().__new__(cls, shape)
        symbols.vocabulary, symbols.source = vocabulary, source
        return symbols


class WithSource(tuple[int, ...]):
    """A shape within a decoder: `source` is that of what the encoder gives, (T, n).

    cross_attention alone asks for it: it travels with the shape from layer to layer, as the vocabulary does.
    """

    source: Shape

    def __new__(cls, shape: Shape, source: Shape) -> WithSource:
        sourced = super().__new__(cls, shape)
        sourced.source = source
        return sourced


def source_of(shape: Shape) -> Shape | None:
    """What the encoder gives to the decoder that this shape occurs in; None where there is no encoder."""
    return shape.source if isinstance(shape, Symbols | WithSource) else None


def with_source(shape: Shape, source: Shape | None) -> Shape:
    """The same shape, beside this source."""
    if source is None or source_of(shape) is not None:
        return shape
    return Symbols(shape, shape.vocabulary, source) if isinstance(shape, Symbols) else WithSource(shape, source)


def feature_axis(shape: Shape) -> int:
    """The axis of features: n of a vector (n,), n of a sequence (T, n), the channels of an image (C, H, W)."""
    return 1 if len(shape) == 2 else 0


def show_shape(shape: Shape) -> str:
    """A shape without the batch axis as messages write it, with what it is: `(1, 8, 8) (an image)`."""
    if isinstance(shape, Symbols):
        return f"{tuple(shape)} ({shape.vocabulary} different symbols)"
    kinds = {0: "a number", 1: "a vector", 2: "a sequence", 3: "an image"}
    return f"{shape} ({kinds[len(shape)]})" if len(shape) in kinds else str(shape)
