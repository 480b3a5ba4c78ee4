"""Which examples belong to which part."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from nntrain.data.base import Dataset
from nntrain.errors import DataError
from nntrain.model.shapes import Array
from nntrain.runtime import streams


def divide(
    dataset: Dataset,
    source: str,
    size: int,
    labels: Array | None,
    given: Collection[str],
    seed: int,
    groups: Array | None = None,
) -> dict[str, Array]:
    """Rows (ascending) of the parts that are cut from `size` examples: the test share first, then the validation share
    of what is left.  `given`: parts that have a source of their own.  `labels` (size,): each class is cut alike.
    `groups` (size,): what is of one group stays together, as what is known of a patient must not judge him.
    """
    rows = {"train": np.arange(size)}
    for draw, part in enumerate(("test", "validation")):
        share = getattr(dataset, part)
        number, folds = dataset.folding if part == "validation" else (0, 0)
        if part in given or not isinstance(share, (int, float)) or (share == 0 and not folds):
            continue
        left = rows["train"]
        if folds > len(left):
            raise DataError(f"{source}: error: {len(left)} examples are too few for {folds} folds")
        if len(left) < 2:
            raise DataError(
                f"{source}: error: {size} examples are too few for {part}: {share:g}; give {part}: 0 or a file"
            )
        of_class = None if labels is None else labels[left]
        stream = streams.stream(seed, streams.SPLIT, draw)
        if groups is not None:
            of_group = np.unique(groups[left], return_inverse=True)[1]
            if of_group.max() + 1 < max(2, folds):
                needed = f"{folds} folds" if folds else f"{part}: {share:g}"
                raise DataError(f"{source}: error: {of_group.max() + 1} groups are too few for {needed}")
            if folds:
                chosen = folds_of_groups(of_group, folds, stream, of_class) == number
            else:
                chosen = choose_groups(of_group, share, stream)
        elif folds:
            chosen = folds_of(len(left), folds, stream, of_class) == number
        else:
            chosen = choose(len(left), share, stream, of_class)
        rows["train"], rows[part] = left[~chosen], left[chosen]
    return {part: rows[part] for part in ("train", "validation", "test") if part in rows}


def folds_of(size: int, folds: int, stream: streams.Stream, labels: Array | None) -> Array:
    """The fold, from 1, of each of `size` examples: as many in each, and of every class alike, but for one."""
    order = stream.permutation(size)
    if labels is not None:
        order = order[np.argsort(labels[order], kind="stable")]
    found = np.empty(size, np.int64)
    found[order] = np.arange(size) % folds + 1
    return found


def folds_of_groups(groups: Array, folds: int, stream: streams.Stream, labels: Array | None) -> Array:
    """The fold, from 1, of each example, where all of a group (numbers from 0) are in one fold.

    The largest groups first, each goes to the fold that has least of its classes: the least Σ_c n_fc g_c / N_c, with
    n_fc examples of class c in fold f, g_c in the group, N_c in all; all examples together are one more class.
    """
    classes = np.zeros(len(groups), np.int64) if labels is None else np.unique(labels, return_inverse=True)[1]
    counts = np.zeros((groups.max() + 1, classes.max() + 1))
    np.add.at(counts, (groups, classes), 1)
    counts = np.concatenate([counts, counts.sum(axis=1, keepdims=True)], axis=1)
    order = stream.permutation(len(counts))
    order = order[np.argsort(-counts[order, -1], kind="stable")]
    filled, shares = np.zeros((folds, counts.shape[1])), counts / counts.sum(axis=0)
    found = np.empty(len(counts), np.int64)
    for group in order:
        found[group] = np.argmin(filled @ shares[group])
        filled[found[group]] += counts[group]
    chosen: Array = found[groups] + 1
    return chosen


def choose_groups(groups: Array, share: float, stream: streams.Stream) -> Array:
    """True for the examples of groups (numbers from 0) that have the share between them, as nearly as they come: at
    least one group, and not all.
    """
    sizes = np.bincount(groups)
    left, taken = share * len(groups), np.zeros(len(sizes), bool)
    for group in stream.permutation(len(sizes)):
        if taken.sum() + 1 < len(sizes) and (sizes[group] <= 2 * left or not taken.any()):
            taken[group] = True
            left -= sizes[group]
    chosen: Array = taken[groups]
    return chosen


def choose(size: int, share: float, stream: streams.Stream, labels: Array | None) -> Array:
    """True for the chosen of `size` examples: the rounded share, at least one and not all.

    With labels each class gives its share by largest remainder, and keeps an example where that is possible.
    """
    order = stream.permutation(size)
    total = min(max(round(share * size), 1), size - 1)
    chosen = np.zeros(size, bool)
    if labels is None:
        chosen[order[:total]] = True
        return chosen
    _, of_class, counts = np.unique(labels, return_inverse=True, return_counts=True)
    quota = _quotas(counts, share, total)
    by_class = order[np.argsort(of_class[order], kind="stable")]
    rank = np.arange(size) - np.repeat(np.cumsum(counts) - counts, counts)
    chosen[by_class[rank < np.repeat(quota, counts)]] = True
    return chosen


def _quotas(counts: Array, share: float, total: int) -> Array:
    """How many of each class: whole parts of share · count, the rest to the largest remainders; classes keep one."""
    exact = share * counts
    quota = np.floor(exact).astype(np.int64)
    for limit in (counts - 1, counts):
        while (missing := total - int(quota.sum())) > 0 and (open_ := np.flatnonzero(quota < limit)).size:
            neediest = open_[np.argsort(quota[open_] - exact[open_], kind="stable")][:missing]
            quota[neediest] += 1
    return quota


def last_shares(dataset: Dataset, source: str, size: int, given: Collection[str]) -> dict[str, slice]:
    """Parts of `size` things in order of time: the last share for the test, the last of what is left for validation."""
    rows, end = {}, size
    for part in ("test", "validation"):
        share = getattr(dataset, part)
        number, folds = dataset.folding if part == "validation" else (0, 0)
        if folds and end > folds:  # what comes next, learned from all before it
            begin = end * number // (folds + 1)
            rows[part], end = slice(begin, end * (number + 1) // (folds + 1)), begin
            continue
        if part in given or not isinstance(share, (int, float)) or share == 0:
            continue
        if end < 2:
            raise DataError(f"{source}: error: {size} are too few for {part}: {share:g}; give {part}: 0 or a file")
        begin = end - min(max(round(share * end), 1), end - 1)
        rows[part] = slice(begin, end)
        end = begin
    return {**rows, "train": slice(0, end)}
