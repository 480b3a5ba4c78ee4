"""A sum along a fixed binary tree: its bits depend on the number of places alone, not on who adds up what.

A node (start, level) is the sum over the places start … start + 2^level − 1, as far as there are any: its left child's
plus its right child's.  Of five places:

            0 … 4
          0 … 3     4
      0 … 1   2 … 3
      0   1   2   3
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nntrain.model.shapes import Array


class Node(NamedTuple):
    """The sum of a whole subtree."""

    start: int
    level: int
    vector: Array


class TreeSum:
    """Σ over `count` places, which come in their order; at most one vector for each level of the tree is kept."""

    def __init__(self, count: int):
        self.count = count
        self.nodes: list[Node] = []  # sums of whole subtrees that wait for their siblings
        self._free: list[Array] = []

    def add(self, place: int, vector: Array, level: int = 0, *, kept: bool = True) -> None:
        """The vector of a place, or of the node that begins there.  `kept`: the caller goes on using it."""
        start, level = place, _highest(place, level, self.count)
        while self.nodes and self.nodes[-1][:2] == (start - (1 << level), level) and start >> level & 1:
            left = self.nodes.pop().vector
            np.add(left, vector, left)
            if not kept:
                self._free.append(vector)
            start, level, vector, kept = start - (1 << level), level + 1, left, False
            level = _highest(start, level, self.count)
        if kept:
            copy = self._free.pop() if self._free else np.empty_like(vector)
            np.copyto(copy, vector)
            vector = copy
        self.nodes.append(Node(start, level, vector))

    @property
    def root(self) -> Array:
        """The whole sum, when every place has come."""
        (root,) = self.nodes
        return root.vector


def cover(places: range, count: int) -> list[tuple[int, int]]:
    """The nodes (start, level) that are left when these places of `count` have been added up."""
    tree, nothing = TreeSum(count), np.empty(0)
    for place in places:
        tree.add(place, nothing)
    return [node[:2] for node in tree.nodes]


def _highest(start: int, level: int, count: int) -> int:
    """The level of the largest node with the same sum: to the right of the last place there is nothing to add."""
    while start + (1 << level) >= count > 1 << level and not start >> level & 1:
        level += 1
    return level
