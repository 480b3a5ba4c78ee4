"""What `nntrain predict` does with an example, as data: every format is written from this, so that all say the same.

raw example -> preparation -> network -> decision -> label, probabilities or values in units
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from nntrain.data.facts import Facts
from nntrain.data.standardize import Standardization
from nntrain.errors import ConfigError
from nntrain.export.placed import Placed, place
from nntrain.inference.load import Loaded
from nntrain.losses.base import Loss
from nntrain.losses.classification import BinaryCrossEntropy, CrossEntropy
from nntrain.model.shapes import Array, Shape

Activation = Literal["softmax", "sigmoid"]


@dataclass(frozen=True, eq=False)
class Inputs:
    """What comes in, examples first, and what is done before the network: x ↦ (x − mean) · factor in float64.

    shape    of one example, without the axis of examples
    dtype    of the raw examples: int64 for symbols, float64 where they are measured numbers that are standardized,
             else the network's
    scale    of pixels: raw ones are numbers in 0 … 1, and whole numbers times this
    mean, factor   of every element, in `shape`'s shape; None where nothing is to be done
    symbols  of a text, in order of number
    columns  of a table, where some of its columns are words or dates: their name and what they become
    """

    shape: Shape
    dtype: np.dtype
    scale: float | None
    mean: Array | None
    factor: Array | None
    symbols: tuple[str, ...] | None
    columns: tuple[InputColumn, ...] | None


@dataclass(frozen=True)
class InputColumn:
    """A column of a table: a number, or words of which it becomes one-hot inputs, or the parts of a date."""

    name: str
    words: tuple[str, ...] | None
    parts: tuple[str, ...] | None

    @property
    def width(self) -> int:
        """Inputs that it becomes."""
        return len(self.words or self.parts or " ")


@dataclass(frozen=True, eq=False)
class Decision:
    """What is made of the network's output Z.

    activation   softmax over the classes, sigmoid of every output, or nothing
    labels       of the classes in order of number; None where values are predicted
    threshold    of a single output: class 1 above it
    single       two classes, and one output: the score or probability of class 1
    mean, deviation   values in the data's units are Z · deviation + mean, in float64; None where they are Z
    names        of the outputs, where the data name them
    """

    activation: Activation | None
    labels: tuple[str, ...] | None
    threshold: float
    single: bool
    mean: Array | None
    deviation: Array | None
    names: Sequence[str] | None


@dataclass(frozen=True, eq=False)
class Description:
    """A network with all that stands around it.

    batch    examples that `predict` takes through the network at a time
    padded   examples have lengths of their own
    """

    name: str
    dtype: np.dtype
    inputs: Inputs
    network: Placed
    decision: Decision
    batch: int
    padded: bool


def describe(loaded: Loaded) -> Description:
    """Of a checkpoint's network.  Raises ConfigError for a model that predicts nothing, or more than one network."""
    config, facts = loaded.config, loaded.facts
    if not loaded.loop.predicts or len(loaded.networks) != 1:
        names = " and ".join(loaded.networks)
        raise ConfigError(f"export: {names} are no single network that predicts; .safetensors takes their parameters")
    (network,) = loaded.networks.values()
    dtype = np.dtype(config.dtype)
    single = facts.target == "labels" and network.output_shape[-1] == 1
    return Description(
        config.name,
        dtype,
        _inputs(facts, dtype),
        place(network),
        _decision(config.loss, facts, single),
        max(config.dataset.batch_size, 256),
        config.dataset.padded,
    )


def _inputs(facts: Facts, dtype: np.dtype) -> Inputs:
    made, shape = facts.preparation, facts.input_shape
    raw, mean, factor = dtype, None, None
    if made.standardize is not None:
        mean, factor = _spread(made.standardize, shape)
        raw = dtype if made.scale is not None else np.dtype(np.float64)
    elif facts.vocabulary is not None:
        raw = np.dtype(np.int64)
    columns = None
    if made.layout is not None and any(c.categories is not None or c.date is not None for c in made.layout.columns):
        columns = tuple(
            InputColumn(c.name, c.categories, c.date.parts if c.date else None) for c in made.layout.columns
        )
        raw = np.dtype(np.float64)
    symbols = None if made.text is None else made.text.symbols
    return Inputs(shape, raw, made.scale, mean, factor, symbols, columns)


def _spread(scaling: Standardization, shape: Shape) -> tuple[Array, Array]:
    """The mean of every element of an example, and 1 / deviation."""
    mean, deviation = scaling.along(1 + len(shape))
    return np.broadcast_to(mean, shape).copy(), np.broadcast_to(1 / deviation, shape).copy()


def _decision(loss: Loss, facts: Facts, single: bool) -> Decision:
    activation = _activation(loss)
    if facts.target == "labels":
        return Decision(activation, facts.class_names, loss.threshold, single, None, None, None)
    scaling, mean, deviation = facts.preparation.standardize_target, None, None
    if scaling is not None:
        mean, deviation = np.asarray(scaling.mean), np.asarray(scaling.deviation)
    return Decision(activation, None, 0.0, False, mean, deviation, facts.output_names)


def _activation(loss: Loss) -> Activation | None:
    """What `loss.predict` applies.  Raises ConfigError for a loss of another program that does what nobody knows."""
    if type(loss) is CrossEntropy:
        return "softmax"
    if type(loss) is BinaryCrossEntropy:
        return "sigmoid" if loss.from_logits else None
    if type(loss).predict is Loss.predict and type(loss).decide is Loss.decide:
        return None
    raise ConfigError(f"export: the loss {loss.type} has a decision of its own, which only nntrain knows; take --raw")
