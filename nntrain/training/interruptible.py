"""A part of the data whose evaluation can be cut short."""

from __future__ import annotations

from collections.abc import Callable

from nntrain.data.parts import Batch, Part
from nntrain.model.shapes import Array


class Watched(Part):
    """`part` with a `look` that may raise: nothing of the run's state changes while a part is evaluated."""

    def __init__(self, part: Part, look: Callable[[], None]):
        self.part, self._look = part, look
        self.size, self.streams = part.size, part.streams

    def look(self) -> None:
        self._look()

    def batch(self, indices: Array) -> Batch:
        return self.part.batch(indices)
