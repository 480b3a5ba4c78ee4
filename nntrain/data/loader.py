"""The order of examples and the batches of an epoch: functions of the seed and the epoch, derived again on resuming."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nntrain import streams
from nntrain.data.base import Batch, Dataset, Part
from nntrain.params import Array


def order(seed: int, epoch: int, size: int, shuffle: bool) -> Array:
    """Indices of the training examples in the order of this epoch."""
    return streams.stream(seed, streams.SHUFFLE, epoch).permutation(size) if shuffle else np.arange(size)


def batch_size(part: Part, settings: Dataset) -> int:
    """Examples a training batch."""
    return part.streams or settings.batch_size


def batches(part: Part, settings: Dataset, seed: int, epoch: int, position: int = 0) -> Iterator[Batch]:
    """The batches of one epoch from batch number `position` on.

    The last one is smaller where the size is no multiple of the batch size, or left out with `drop_last`.
    """
    size, m = part.size, batch_size(part, settings)
    indices = order(seed, epoch, size, settings.shuffle and not part.streams)
    end = size - size % m if settings.drop_last else size
    for start in range(position * m, end, m):
        yield part.batch(indices[start : min(start + m, end)])


def evaluation_batches(part: Part, at_least: int) -> Iterator[Array]:
    """Indices of all examples in order.  Without caches for a backward pass there is room for larger batches."""
    m = part.streams or max(at_least, 256)
    for start in range(0, part.size, m):
        yield np.arange(start, min(start + m, part.size))
