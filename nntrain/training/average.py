"""The exponential moving average of the parameters: evaluated and kept as the best, unseen by the training.

    v ← β v + (1 − β) θ after every step,   θ̄ = v / (1 − βᵗ)      "Exponentially weighted averages" (C2W2L03 to L05)

Polyak and Juditsky (1992) average so that θ̄ lies where the steps of θ only circle.  Buffers, such as the running means
of batch_norm, are averages already, and are taken as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np

from nntrain.builder import Built, Networks
from nntrain.inference.load import LEARNED
from nntrain.model.shapes import Array
from nntrain.optimizers.base import in_pieces, scratch_like

SLOT = "optimizer/average/"


class Average:
    """v of every network; t is the number of finished steps of the run."""

    def __init__(self, networks: Networks, decay: float):
        self.networks, self.decay = networks, decay
        self.v = {name: np.zeros_like(network.dtheta) for name, network in networks.items()}
        self._learned: dict[str, Array] = {}  # θ, while θ̄ stands in its place

    def take(self) -> None:
        """v ← β v + (1 − β) θ."""
        for name, network in self.networks.items():
            theta, v = network.trainable, self.v[name]
            beta, rest = v.dtype.type(self.decay), v.dtype.type(1 - self.decay)

            def work(piece: slice, theta: Array = theta, v: Array = v, beta: Array = beta, rest: Array = rest) -> None:
                np.multiply(v[piece], beta, v[piece])
                np.add(v[piece], np.multiply(theta[piece], rest, scratch_like(v[piece])), v[piece])

            in_pieces(work, theta.size)

    def at(self, name: str, step: int) -> Array:
        """θ̄ of a network after so many steps; θ itself before the first."""
        if step == 0:
            return self.networks[name].trainable.copy()
        v = self.v[name]
        mean: Array = v / v.dtype.type(1 - self.decay**step)
        return mean

    @contextmanager
    def in_place(self, step: int) -> Iterator[None]:
        """Within, the networks have θ̄ for their parameters."""
        averages = {name: self.at(name, step) for name in self.networks}
        self._learned = {name: network.trainable.copy() for name, network in self.networks.items()}
        try:
            for name, network in self.networks.items():
                network.trainable[...] = averages[name]
            yield
        finally:
            self.give_back()

    def give_back(self) -> None:
        """θ again where θ̄ stands in its place."""
        for name, theta in self._learned.items():
            self.networks[name].trainable[...] = theta
        self._learned = {}

    def arrays(self) -> dict[str, Array]:
        """v by the names of a checkpoint: views, not copies."""
        return {
            SLOT + parameter: view
            for name, network in self.networks.items()
            for parameter, view in network.layout.arrays(self.v[name]).items()
        }

    def best(self, step: int) -> dict[str, Array]:
        """What a best checkpoint has otherwise: θ̄ under the saved names, θ beside it."""
        found: dict[str, Array] = {}
        for name, network in self.networks.items():
            found |= network.layout.arrays(self.at(name, step))
            learned = network.layout.arrays(network.trainable)
            found |= {LEARNED + parameter: view.copy() for parameter, view in learned.items()}
        return found


def average_of(built: Built) -> Average | None:
    """The average that the config asks for."""
    asked = built.config.training.average
    return None if asked is None else Average(built.networks, asked.decay)


def learned(arrays: Mapping[str, Array], name: str) -> Array:
    """The array that training goes on with, of a checkpoint whose parameters may be averages."""
    return arrays.get(LEARNED + name, arrays[name])
