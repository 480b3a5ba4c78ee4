"""The order of examples and the batches of an epoch: functions of the seed and the epoch, derived again on resuming."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TypeVar

import numpy as np

from nntrain.data.base import Dataset
from nntrain.data.micro_batches import WHOLE, MicroBatches, Place, cut
from nntrain.data.parts import Batch, Part
from nntrain.model.shapes import Array
from nntrain.parallel import team
from nntrain.runtime import streams, threads

P = TypeVar("P")


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
    plan = Epoch(part, settings, seed, epoch)
    places = range(position, plan.steps)
    return made_ahead(plan.batch, places) if _ahead(settings) else map(plan.batch, places)


def micro_batches(
    part: Part, settings: Dataset, seed: int, epoch: int, position: int, count: int
) -> Iterator[Batch | MicroBatches]:
    """`batches`, each in `count` consecutive parts that are made one after another; 1: each whole."""
    if count == 1:
        yield from batches(part, settings, seed, epoch, position)
        return
    plan = Epoch(part, settings, seed, epoch)
    for k in range(position, plan.steps):
        places = cut(len(plan.indices(k)), count)
        yield MicroBatches(places, partial(plan.batch, k), made_ahead if _ahead(settings) else None)


class Epoch:
    """The batches of one epoch, by their numbers 0 … steps − 1."""

    def __init__(self, part: Part, settings: Dataset, seed: int, epoch: int):
        self.part, self.settings, self.seed = part, settings, seed
        self.m = batch_size(part, settings)
        end = part.size - part.size % self.m if settings.drop_last else part.size
        drawn = part.draws(seed, epoch)
        each = order(seed, epoch, part.size, settings.shuffle and not part.streams) if drawn is None else drawn
        self.order = each[:end]
        self.steps = -(-end // self.m)
        self.first = epoch * self.steps

    def indices(self, k: int) -> Array:
        """The examples of batch k."""
        return self.order[k * self.m : (k + 1) * self.m]

    def batch(self, k: int, place: Place = WHOLE) -> Batch:
        """Batch k or a part of it, augmented: what is drawn is keyed by step, augmentation and part."""
        indices = self.indices(k)
        batch = self.part.batch(indices if place is WHOLE else indices[place.start : place.stop])
        for number, augmentation in enumerate(self.settings.augment):
            key = number + (place.number << 16)
            batch.X = augmentation(batch.X, streams.stream(self.seed, streams.AUGMENT, self.first + k, key))
        if self.settings.reconstruct and self.settings.augment:
            batch.Y = batch.X.reshape(-1, batch.size)  # the image that goes in is the one to come out
        return batch


def _ahead(settings: Dataset) -> bool:
    """Whether another thread makes the next batch meanwhile: where that is work, and there is a core for it."""
    return bool(settings.augment) and threads.available_cores() > 1


def made_ahead(make: Callable[[P], Batch], places: Iterable[P]) -> Iterator[Batch]:
    """`map(make, places)`, the next one being made by another thread while the caller works on this one."""
    from concurrent.futures import Future, ThreadPoolExecutor

    def quietly(k: P) -> Batch:
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
    for indices in evaluation_indices(part, at_least):
        part.look()
        yield part.batch(indices)


def shared_batches(part: Part, at_least: int) -> Iterator[tuple[int, Batch]]:
    """`evaluation_batches` of independent examples, by their numbers: those of this process of a team."""
    ours = team.current()
    every = evaluation_indices(part, at_least)
    for first in range(0, len(every), ours.size):
        part.look()  # all processes, as often
        if (number := first + ours.rank) < len(every):
            yield number, part.batch(every[number])


def evaluation_indices(part: Part, at_least: int) -> list[Array]:
    """The examples of each batch of an evaluation."""
    m = part.streams or max(at_least, 256)
    return [np.arange(start, min(start + m, part.size)) for start in range(0, part.size, m)]
