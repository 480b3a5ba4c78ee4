"""Places for the boxes of a graph: from top to bottom, each below what it takes, none over another.

Rows are the longest way from an input.  Within a row boxes stand near the middle of what they are joined to (the
barycentre method of Sugiyama et al. 1981); an edge that passes a row keeps a lane free in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

GAP_X, GAP_Y, LANE = 24.0, 46.0, 12.0
SWEEPS = 12


@dataclass
class Box:
    """A box, or a lane that an edge passes through: width, height and the centre."""

    width: float
    height: float
    x: float = 0.0
    y: float = 0.0


@dataclass
class Placed:
    """Boxes by number, and for each edge the points that it goes through."""

    boxes: dict[int, Box]
    edges: dict[tuple[int, int], list[tuple[float, float]]]
    width: float
    height: float


def place(sizes: dict[int, tuple[float, float]], edges: Sequence[tuple[int, int]], late: Iterable[int] = ()) -> Placed:
    """Places for boxes of these sizes.

    edges  (from, to), from before to in the order of the numbers
    late   boxes that stand just above what takes them, as parameters do
    """
    late = set(late)
    rows = _rows(list(sizes), edges, late)
    boxes: dict[int, Box] = {i: Box(*size) for i, size in sizes.items()}
    chains: dict[tuple[int, int], list[int]] = {}
    links: list[tuple[int, int]] = []
    for a, b in dict.fromkeys(edges):
        chain = [a]
        for level in range(rows[a] + 1, rows[b]):
            lane = len(boxes)
            while lane in boxes:
                lane += 1
            boxes[lane], rows[lane] = Box(LANE, 1.0), level
            chain.append(lane)
        chain.append(b)
        chains[a, b] = chain
        links += pairwise(chain)
    above: dict[int, list[int]] = {i: [] for i in boxes}
    below: dict[int, list[int]] = {i: [] for i in boxes}
    for a, b in links:
        above[b].append(a)
        below[a].append(b)
    ordered = [[i for i in boxes if rows[i] == level] for level in range(max(rows.values(), default=0) + 1)]
    for row in ordered:
        _pack(row, boxes, [0.0] * len(row))
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for row in ordered if down else reversed(ordered):
            joined = above if down else below
            wanted = [
                _mean([boxes[j].x for j in joined[i] if j not in late] or [boxes[j].x for j in joined[i]], boxes[i].x)
                for i in row
            ]
            row[:] = [i for _, i in sorted(zip(wanted, row, strict=True), key=lambda pair: pair[0])]
            _pack(row, boxes, sorted(wanted))
    return _finished(boxes, ordered, chains)


def _rows(numbers: list[int], edges: Sequence[tuple[int, int]], late: set[int]) -> dict[int, int]:
    """The row of each box: the longest way to it; of a late one the row above the first that takes it."""
    rows = dict.fromkeys(numbers, 0)
    for a, b in sorted(edges, key=lambda edge: edge[1]):
        rows[b] = max(rows[b], rows[a] + 1)
    for i in late:
        if takers := [rows[b] for a, b in edges if a == i]:
            rows[i] = max(0, min(takers) - 1)
    return rows


def _pack(row: list[int], boxes: dict[int, Box], wanted: list[float]) -> None:
    """Each box as near as can be to where it wants to stand, in this order and none over another: boxes that would
    overlap become a block, which stands at the mean of what its boxes want (pool adjacent violators)."""
    blocks: list[tuple[list[int], list[float]]] = []  # boxes, and for each where its block's left end would be for it
    widths: list[float] = []
    for i, x in zip(row, wanted, strict=True):
        block: tuple[list[int], list[float]] = ([i], [x - boxes[i].width / 2])
        width = boxes[i].width + GAP_X
        while blocks and _mean(blocks[-1][1], 0) + widths[-1] > _mean(block[1], 0):
            before, shift = blocks.pop(), widths.pop()
            block = ([*before[0], *block[0]], [*before[1], *(left - shift for left in block[1])])
            width += shift
        blocks.append(block)
        widths.append(width)
    for members, lefts in blocks:
        at = _mean(lefts, 0)
        for i in members:
            boxes[i].x = at + boxes[i].width / 2
            at += boxes[i].width + GAP_X


def _finished(boxes: dict[int, Box], ordered: list[list[int]], chains: dict[tuple[int, int], list[int]]) -> Placed:
    """Rows below each other; an edge passes a row upright, from its upper end to its lower one."""
    y = GAP_Y / 2
    for row in ordered:
        tallest = max((boxes[i].height for i in row), default=0)
        for i in row:
            boxes[i].y = y + tallest / 2
            if boxes[i].width == LANE:
                boxes[i].height = tallest
        y += tallest + GAP_Y
    left = min((box.x - box.width / 2 for box in boxes.values()), default=0) - GAP_X
    for box in boxes.values():
        box.x -= left
    width = max((box.x + box.width / 2 for box in boxes.values()), default=0) + GAP_X
    edges = {}
    lanes = set()
    for ends, chain in chains.items():
        lanes.update(chain[1:-1])
        points = [point for i in chain for point in (_end(boxes[i], -1), _end(boxes[i], 1))]
        edges[ends] = points[1:-1]
    return Placed({i: box for i, box in boxes.items() if i not in lanes}, edges, width, y)


def _end(box: Box, side: int) -> tuple[float, float]:
    """The middle of a box's upper (-1) or lower (1) side."""
    return box.x, box.y + side * box.height / 2


def _mean(values: Sequence[float], default: float) -> float:
    return sum(values) / len(values) if values else default
