"""The contract of processes that train together.  A process alone is a team of one; nntrain.parallel.mpi has others.

What is worked on has numbered places: the parts of a batch, the batches of an evaluation.  Who works on which of them
changes no bit, as what is found is brought together in the order of the places.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from nntrain.model.shapes import Array
from nntrain.parallel.tree import TreeSum

T = TypeVar("T")


class Team:
    """One process.  All processes of a team call the same methods in the same order."""

    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        """Whether this process is the one that writes and prints."""
        return self.rank == 0

    def own(self, count: int) -> range:
        """Which of the places 0 … count − 1 are this process's: consecutive ones, as evenly as can be."""
        return range(self.rank * count // self.size, (self.rank + 1) * count // self.size)

    def gather(self, found: Mapping[int, T]) -> list[T]:
        """What all have found, in the order of its places."""
        return [found[place] for place in sorted(found)]

    def add_up(self, tree: TreeSum, out: Array) -> None:
        """Write the sum over all places into `out`: each process has added its own to its tree."""
        out[...] = tree.root

    def agreed(self, number: int | None) -> int | None:
        """The same for all: the number of the first process that has one."""
        return number

    def from_first(self, make: Callable[[], T]) -> T:
        """What the first process makes; the others wait for it."""
        return make()


ALONE = Team()
_current = ALONE


def current() -> Team:
    """The team that this process belongs to."""
    return _current


def join(team: Team) -> None:
    """Belong to this team from now on."""
    global _current
    _current = team
