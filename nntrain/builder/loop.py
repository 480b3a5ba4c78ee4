"""What the engine asks of a training loop: one step, one evaluation, and its state."""

from __future__ import annotations

from abc import ABC, abstractmethod
from math import inf
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from nntrain.builder import Built
from nntrain.components import Component
from nntrain.config import Config
from nntrain.data.facts import Facts
from nntrain.data.loader import batch_size
from nntrain.data.parts import Batch, Data, Part
from nntrain.losses.base import Loss
from nntrain.model.layer import ShapeError
from nntrain.model.network import Network
from nntrain.model.shapes import Array, Shape


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


class Loop(Component):
    """Base of the training loops that a config can name."""

    kind: ClassVar[str] = "loop"
    networks: ClassVar[tuple[str, ...]] = ()  # names where a config declares more than one
    monitors: ClassVar[bool] = True  # whether there is a best checkpoint
    adversarial: ClassVar[bool] = False  # whether the loss is a game between the networks

    def input_shapes(self, facts: Facts) -> dict[str, Shape]:
        """Input shape of every network by name."""
        return {"": facts.shape}

    def check(self, networks: dict[str, Network], config: Config, facts: Facts) -> None:
        """Raise ShapeError where outputs do not fit the loss or the data."""

    def check_targets(self, built: Built) -> None:
        """Raise ConfigError where outputs are one a step and targets one an example, or the reverse."""

    def trainer(self, built: Built) -> Trainer:
        """A trainer at step 0."""
        raise NotImplementedError


def check_outputs(network: Network, loss: Loss, facts: Facts) -> None:
    """Raise ShapeError where the network's outputs are none that the loss takes: their shape, an activation that the
    loss applies itself, numbers that it is not defined for."""
    last = network.root.last
    if last.type == loss.applies:
        raise ShapeError(f"{loss.type} applies {last.type} itself; remove this layer", last)
    loss.declare(network.output_shape, facts)
    try:
        loss.check_bounds(network.root.bounded((-inf, inf)))
    except ShapeError as error:
        error.layer = error.layer or last
        raise


def steps_per_epoch(config: Config, data: Data) -> int:
    """Batches in one pass through the training part."""
    train = data.parts["train"]
    size, batch = train.size, batch_size(train, config.dataset)
    return size // batch if config.dataset.drop_last else -(-size // batch)


def total_steps(config: Config, data: Data) -> int:
    """The training's length: `epochs` or `steps`, whichever ends first.  Also the horizon of a schedule."""
    training = config.training
    by_epochs = None if training.epochs is None else training.epochs * steps_per_epoch(config, data)
    return min(limit for limit in (by_epochs, training.steps) if limit is not None)
