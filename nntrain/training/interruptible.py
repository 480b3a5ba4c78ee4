"""A part of the data whose evaluation can be cut short."""

from __future__ import annotations

from collections.abc import Callable

from nntrain.data.parts import Batch, Part
from nntrain.model.shapes import Array


class Watched(Part):
    """`part`, with `look` called before each batch: it may raise, as nothing of the run's state changes meanwhile."""

    def __init__(self, part: Part, look: Callable[[], None]):
        self.part, self.look = part, look
        self.size, self.streams = part.size, part.streams

    def batch(self, indices: Array) -> Batch:
        self.look()
        return self.part.batch(indices)
