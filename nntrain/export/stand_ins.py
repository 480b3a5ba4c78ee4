"""What a file that stands alone has in place of nntrain's threads and work arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import DTypeLike

from nntrain.model.shapes import Array, Shape

Tile = TypeVar("Tile")
Result = TypeVar("Result")


def run(task: Callable[[Tile], Result], tiles: Sequence[Tile], *, serial: bool = False) -> list[Result]:
    """One tile after another: the tiles decide the bits, not who works on them."""
    return [task(tile) for tile in tiles]


def scratch(name: str, shape: Shape, dtype: DTypeLike) -> Array:
    """An array to work in."""
    return np.empty(shape, dtype)
