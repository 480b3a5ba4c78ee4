"""A batch in consecutive parts, each made when it is its turn: batches larger than memory train."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nntrain.data.parts import Batch


@dataclass(frozen=True)
class Place:
    """Where a part stands: examples `start` … `stop` − 1 of a batch of `size`, as its part `number` of `count`."""

    number: int
    count: int
    start: int
    stop: int
    size: int

    @property
    def share(self) -> float:
        """What part of the batch's examples it has."""
        return (self.stop - self.start) / self.size


WHOLE = Place(0, 1, 0, 1, 1)  # a batch that is not cut


def cut(size: int, count: int) -> list[Place]:
    """`size` examples in at most `count` consecutive parts of equal size; the last may be smaller, none is empty."""
    length = -(-size // count)
    starts = range(0, size, length)
    return [Place(k, len(starts), a, min(a + length, size), size) for k, a in enumerate(starts)]


class MicroBatches:
    """The parts of one batch.

    make     gives the part of a place
    resets   as in Batch
    """

    def __init__(self, places: list[Place], make: Callable[[Place], Batch], map_ahead: Mapper | None = None):
        self.places = places
        self._make = make
        self._map = map_ahead or map

    @property
    def size(self) -> int:
        """Number of examples m."""
        return self.places[0].size

    def parts(self, numbers: range) -> Iterator[tuple[Place, Batch]]:
        """The parts of these numbers, one after another."""
        places = self.places[numbers.start : numbers.stop]
        return zip(places, self._map(self._make, places), strict=True)


Mapper = Callable[[Callable[[Place], Batch], list[Place]], Iterator[Batch]]
