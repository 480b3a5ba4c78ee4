"""The order of examples and the batches of an epoch: functions of the seed and the epoch, derived again on resuming."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from nntrain.data.base import Dataset
from nntrain.data.parts import Batch, Part
from nntrain.model.shapes import Array
from nntrain.runtime import streams, threads


def order(seed: int, epoch: int, size: int, shuffle: bool) -> Array:
    """Indices of the training examples in the order of this epoch."""
    return streams.stream(seed, streams.SHUFFLE, epoch).permutation(size) if shuffle else np.arange(size)


def batch_size(part: Part, settings: Dataset) -> int:
    """Examples a training batch."""
    return part.streams or settings.batch_size


def batches(part: Part, settings: Dataset, seed: int, epoch: int, position: int = 0) -> Iterator[Batch]:
    """The batches of one epoch from batch number `position` on, augmented as the dataset says.

    The last one is smaller where the size is no multiple of the batch size, or left out with `drop_last`.  Augmented
    batches are made ahead by a thread of their own where there is a core for it; their bits are the same.
    """
    size, m = part.size, batch_size(part, settings)
    indices = order(seed, epoch, size, settings.shuffle and not part.streams)
    end = size - size % m if settings.drop_last else size
    steps = -(-end // m)

    def make(k: int) -> Batch:
        batch = part.batch(indices[k * m : min(k * m + m, end)])
        for place, augmentation in enumerate(settings.augment):
            stream = streams.stream(seed, streams.AUGMENT, epoch * steps + k, place)
            batch.X = augmentation(batch.X, stream)
        if settings.reconstruct and settings.augment:
            batch.Y = batch.X.reshape(-1, batch.size)  # the image that goes in is the one to come out
        return batch

    ahead = settings.augment and threads.available_cores() > 1
    return made_ahead(make, range(position, steps)) if ahead else map(make, range(position, steps))


def made_ahead(make: Callable[[int], Batch], places: Iterable[int]) -> Iterator[Batch]:
    """`map(make, places)`, the next one being made by another thread while the caller works on this one."""
    from concurrent.futures import Future, ThreadPoolExecutor

    def quietly(k: int) -> Batch:
        with np.errstate(all="ignore"):  # belongs to a thread
            return make(k)

    with ThreadPoolExecutor(1, "nntrain-data") as pool:
        coming: Future[Batch] | None = None
        for k in places:
            following = pool.submit(quietly, k)
            if coming is not None:
                yield coming.result()
            coming = following
        if coming is not None:
            yield coming.result()


def evaluation_batches(part: Part, at_least: int) -> Iterator[Batch]:
    """All examples in their order.  Without caches for a backward pass there is room for larger batches."""
    m = part.streams or max(at_least, 256)
    for start in range(0, part.size, m):
        yield part.batch(np.arange(start, min(start + m, part.size)))
