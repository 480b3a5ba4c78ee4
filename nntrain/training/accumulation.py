"""The gradient of a batch that is taken in parts, by one process or by several: the same bits for any number."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import numpy as np

from nntrain.data.micro_batches import MicroBatches, Place
from nntrain.data.parts import Batch
from nntrain.model.network import Network
from nntrain.parallel import team
from nntrain.parallel.tree import TreeSum

T = TypeVar("T")


def over_parts(
    batch: MicroBatches, networks: Iterable[Network], learning: Iterable[Network], work: Callable[[Batch, Place], T]
) -> list[T]:
    """Do the work for this process's parts; what all have found, in the order of the parts.

    The work sets dθ of the `learning` networks to the part's share of the gradient; here it becomes the sum over all
    parts, along a binary tree.  Every part begins with the buffers of all `networks` as they were; they become the
    mean of what the parts made of them, each counted by its examples.
    """
    ours, networks, learning = team.current(), list(networks), list(learning)
    before = [network.buffers.copy() for network in networks]
    sums = [TreeSum(len(batch.places)) for _ in learning]
    found = {}
    for place, part in batch.parts(ours.own(len(batch.places))):
        _put_back(networks, before)
        result = work(part, place)
        for tree, network in zip(sums, learning, strict=True):
            tree.add(place.number, network.dtheta)
        found[place.number] = result, [network.buffers.copy() for network in networks]
    every = ours.gather(found)
    for tree, network in zip(sums, learning, strict=True):
        ours.add_up(tree, network.dtheta)
    for i, network in enumerate(networks):
        mean = np.zeros(network.buffers.shape)
        for place, (_, buffers) in zip(batch.places, every, strict=True):
            mean += place.share * buffers[i]
        network.buffers[...] = mean
    return [result for result, _ in every]


def _put_back(networks: list[Network], buffers: list[np.ndarray]) -> None:
    for network, before in zip(networks, buffers, strict=True):
        network.buffers[...] = before
