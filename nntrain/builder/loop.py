"""The contract of a training loop: all that differs between one kind of training and another is asked of it.

A loop of another program derives from `Loop` and registers itself with @component, as a layer does.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from nntrain.components import frozen
from nntrain.config import Config
from nntrain.config.settings import DeclaredLoop
from nntrain.data.facts import Facts
from nntrain.data.micro_batches import MicroBatches
from nntrain.data.parts import Batch, Data, Part
from nntrain.files.json_fields import Fields, WrongFieldsError
from nntrain.files.plain_values import JsonObject
from nntrain.model.layer import Context, Layer
from nntrain.model.network import Network
from nntrain.model.shapes import Array, Shape, Symbols

Networks = Mapping[str, Network]  # by the loop's names for them, in its order


@dataclass
class Model:
    """What a config and the facts of its data declare: the networks with their parameters."""

    config: Config
    facts: Facts
    networks: Networks

    @property
    def loop(self) -> Loop:
        """How the networks are trained, and what else can be done with them."""
        loop = self.config.training.loop
        if not isinstance(loop, Loop):
            raise TypeError(f"the loop {loop.type} does not derive from nntrain.builder.loop.Loop")
        return loop

    @property
    def trainable(self) -> int:
        """Number of parameters; buffers, such as running means, are none."""
        return sum(network.layout.parameters for network in self.networks.values())


@dataclass
class Built(Model):
    """A model and the data that it learns from."""

    data: Data


@frozen
class Plan:
    """A network to be made: its outermost layer, the shape that comes in, and what stands before its saved names."""

    root: Layer
    input_shape: Shape
    prefix: str = ""


@frozen
class Entry:
    """What a network meets when a batch comes in: the shape and the values, what a pass knows besides, made anew for
    every pass, and the valid steps (m,) of sequences of different lengths."""

    shape: Shape
    X: Array
    context: Callable[[], Context]
    lengths: Array | None


class Loop(DeclaredLoop):
    """Base of the training loops that a config can name.  Networks come under the names that `plan` gave them."""

    takes_parts: ClassVar[bool] = False  # whether its trainer takes a batch in parts: training.micro_batches
    one_loss: ClassVar[bool] = False  # whether one loss falls at one learning rate: its trainer has `step_with`
    predicts: ClassVar[bool] = True  # whether the networks say something to an example: `apply`
    translates: ClassVar[bool] = False  # whether what they say is a text, written by a decoder
    needs_targets: ClassVar[bool] = True  # whether it learns from targets, or is measured by them

    def plan(self, config: Config, facts: Facts) -> dict[str, Plan]:
        """The networks that the config declares, under the loop's names for them.  Raises ShapeError."""
        raise NotImplementedError

    def check(self, model: Model) -> None:
        """Raise ShapeError where outputs do not fit the loss or the data."""

    def check_targets(self, built: Built) -> None:
        """Raise ConfigError where outputs are one a step and targets one an example, or the reverse."""

    def check_drawn(self, built: Built) -> None:
        """Raise ConfigError where networks of these parameters, as they were drawn, cannot learn what they should."""

    def trainer(self, built: Built) -> Trainer:
        """A trainer at step 0."""
        raise NotImplementedError

    def apply(self, networks: Networks, batch: Batch, context: Context) -> Array:
        """What the networks say to a batch, Z (…, m): logits, scores or values.  No caches are kept."""
        raise NotImplementedError

    def evaluate(self, model: Model, part: Part) -> JsonObject:
        """Loss and metrics over a part, in evaluation mode."""
        raise NotImplementedError

    def draws(self, model: Model) -> bool:
        """Whether `draw` can be asked: of this model, not of its kind of training alone."""
        return False

    def draw(self, model: Model, count: int, seed: int) -> Array:
        """`count` new examples (N, …), examples first and in the data's units: images in 0 … 1."""
        raise NotImplementedError

    @property
    def draws_by_class(self) -> bool:
        """Whether example i of those drawn is of class i mod K."""
        return False

    def entries(self, networks: Networks, batch: Batch) -> dict[str, Entry]:
        """What each network meets when this batch comes in, for its layers to be looked at one by one."""
        return {name: entry(network.input_shape, batch.X, batch.lengths) for name, network in networks.items()}

    def input_network(self, networks: Networks) -> Network:
        """The network that examples of the data go into."""
        return next(iter(networks.values()))


def entry(shape: Shape, X: Array, lengths: Array | None) -> Entry:
    """Of a batch X (…, m) that comes in with nothing beside it; sequences are as long as the longest of this batch."""
    if lengths is not None:
        steps = len(X)
        shape = Symbols((steps,), shape.vocabulary) if isinstance(shape, Symbols) else (steps, *shape[1:])
    return Entry(shape, X, lambda: Context(training=True), lengths)


class Trainer(ABC):
    """The algorithm at work: networks, optimizer state and the sums of the metrics since the last line of the log.

    `step` counts finished steps from 0 everywhere.
    """

    slots: dict[str, dict[str, Array]]  # network -> optimizer slot -> vector like its trainable θ

    def __init__(self, built: Built):
        self.built = built
        self.networks = built.networks

    @abstractmethod
    def step(self, batch: Batch | MicroBatches, step: int) -> None:
        """One update of the parameters, by a batch; with training.micro_batches above 1 it comes in parts.

        Raises DivergedError before it changes a trainable parameter, with buffers as they were: what is in memory is
        then still the state after the last finished step.
        """

    def step_with(self, lr: float, batch: Batch | MicroBatches, step: int) -> None:
        """`step` with this learning rate, whatever the schedule says: of loops with `one_loss`."""
        raise NotImplementedError

    @abstractmethod
    def lr(self, step: int) -> float | dict[str, float]:
        """The learning rate of a step, for the log; of each network where they have optimizers of their own."""

    @abstractmethod
    def results(self) -> JsonObject:
        """Mean cost and metrics over the training batches since `reset`."""

    @abstractmethod
    def reset(self) -> None:
        """Begin new sums."""

    def evaluate(self, part: Part) -> JsonObject:
        """Loss and metrics over a part, in evaluation mode."""
        return self.built.loop.evaluate(self.built, part)

    def observe(self, value: float, better: Literal["more", "less"]) -> None:  # noqa: B027
        """A new value of the monitored quantity (the plateau schedule listens)."""

    def epoch_ended(self, epoch: int, folder: Path) -> None:  # noqa: B027
        """A chance to leave samples in the run directory."""

    @abstractmethod
    def state(self) -> JsonObject:
        """What resuming needs besides the arrays, as JSON."""

    @abstractmethod
    def restore(self, saved: Fields) -> None:
        """Take back what `state` gave.  Raises WrongFieldsError for anything else."""

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

    def sums(self) -> dict[str, Array]:
        """Sums of the metrics that are too large for `state`, by their names in a checkpoint."""
        return {}

    def restore_with(self, saved: Fields, sums: Mapping[str, Array]) -> None:
        """Take back what `state` and `sums` gave.  Raises WrongFieldsError where they do not belong together."""
        if sums:
            raise WrongFieldsError(f"{min(sums)} belongs to no metric")
        self.restore(saved)

    def finite(self) -> bool:
        """No NaN and no infinity in anything that a checkpoint would hold."""
        vectors = [network.theta for network in self.networks.values()]
        vectors += [vector for slots in self.slots.values() for vector in slots.values()]
        return all(bool(np.isfinite(vector).all()) for vector in vectors)
