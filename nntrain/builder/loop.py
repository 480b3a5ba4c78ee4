"""The contract of a training loop: all that differs between one kind of training and another is asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Any, ClassVar

from nntrain.builder.trainer import Trainer
from nntrain.components import Component
from nntrain.config import Config
from nntrain.data.facts import Facts
from nntrain.data.parts import Batch, Data, Part
from nntrain.losses.base import Loss
from nntrain.model.layer import Context, ShapeError
from nntrain.model.network import Network
from nntrain.model.shapes import Array, Shape


@dataclass
class Model:
    """What a config and the facts of its data declare: the networks with their parameters, by name."""

    config: Config
    facts: Facts
    networks: dict[str, Network]

    @property
    def loop(self) -> Loop:
        """How the networks are trained, and what can be done with them."""
        loop: Loop = self.config.training.loop
        return loop


@dataclass
class Built(Model):
    """A model and the data that it learns from."""

    data: Data


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

    def apply(self, networks: Mapping[str, Network], batch: Batch, context: Context) -> Array:
        """What the networks say to a batch, Z (…, m): logits, scores or values.  No caches are kept."""
        raise NotImplementedError

    def evaluate(self, model: Model, part: Part) -> dict[str, Any]:
        """Loss and metrics over a part, in evaluation mode."""
        raise NotImplementedError

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
