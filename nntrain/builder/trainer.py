"""What the engine asks of a training: one step, one evaluation, and its state."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import numpy as np

from nntrain.data.parts import Batch, Part
from nntrain.model.network import Network
from nntrain.model.shapes import Array


class Trainer(ABC):
    """The algorithm at work: networks, optimizer state and the sums of the metrics since the last line of the log.

    `step` counts finished steps from 0 everywhere.
    """

    networks: dict[str, Network]
    slots: dict[str, dict[str, Array]]  # network -> optimizer slot -> vector like θ

    @abstractmethod
    def step(self, batch: Batch, step: int) -> None:
        """One update of the parameters.

        Raises DivergedError before it changes a trainable parameter, with buffers as they were: what is in memory is
        then still the state after the last finished step.
        """

    @abstractmethod
    def lr(self, step: int) -> float | dict[str, float]:
        """The learning rate of a step, for the log."""

    @abstractmethod
    def results(self) -> dict[str, Any]:
        """Mean cost and metrics over the training batches since `reset`."""

    @abstractmethod
    def reset(self) -> None:
        """Begin new sums."""

    @abstractmethod
    def evaluate(self, part: Part) -> dict[str, Any]:
        """Loss and metrics over a part, in evaluation mode."""

    def observe(self, value: float, better: str) -> None:  # noqa: B027
        """A new value of the monitored quantity (the plateau schedule listens)."""

    def epoch_ended(self, epoch: int, folder: Path) -> None:  # noqa: B027
        """A chance to leave samples in the run directory."""

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """What resuming needs besides the arrays, as JSON."""

    @abstractmethod
    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` gave."""

    def arrays(self) -> dict[str, Array]:
        """Parameters by saved name, then optimizer state: views, not copies."""
        arrays = {}
        for network in self.networks.values():
            arrays.update(network.layout.arrays(network.theta))
        for name, network in self.networks.items():
            for slot, vector in self.slots[name].items():
                for parameter, view in network.layout.arrays(vector).items():
                    arrays[f"optimizer/{slot}/{parameter}"] = view
        return arrays

    def finite(self) -> bool:
        """No NaN and no infinity in anything that a checkpoint would hold."""
        vectors = [n.theta for n in self.networks.values()]
        vectors += [vector for slots in self.slots.values() for vector in slots.values()]
        return all(bool(np.isfinite(vector).all()) for vector in vectors)
