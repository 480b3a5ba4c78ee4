"""What `nntrain predict` does with an example, as data: every format is written from this, so that all say the same.

raw example -> preparation -> network -> decision -> label, probabilities or values in units
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from nntrain.data.base import Dataset
from nntrain.data.csv import Csv
from nntrain.data.facts import Facts
from nntrain.data.labelled_text import LabelledText
from nntrain.data.npz import Npz
from nntrain.data.series_layout import SeriesLayout
from nntrain.data.tables.numerals import Numerals
from nntrain.data.tables.table_dataset import TableDataset
from nntrain.data.tables.table_layout import TableLayout
from nntrain.data.vocabulary import Level
from nntrain.errors import ConfigError
from nntrain.export.placed import Placed, place
from nntrain.inference.load import Loaded
from nntrain.losses.base import Loss
from nntrain.losses.binary_classification import BinaryCrossEntropy
from nntrain.losses.classification import CrossEntropy
from nntrain.model.shapes import Array, Shape

Activation = Literal["softmax", "sigmoid"]


@dataclass(frozen=True, eq=False)
class Inputs:
    """What comes in, examples first, and what is done before the network: (x − mean) · (1 / deviation) in float64.

    shape    of one example, without the axis of examples
    dtype    of the raw examples: int64 for symbols, float64 where they are measured numbers that are standardized,
             else the network's
    scale    of pixels: raw ones are numbers in 0 … 1, and whole numbers times this
    mean, deviation   of the features, shaped to broadcast over examples; None where nothing is to be done
    symbols  of a text, in order of number
    table, series   the columns of a file that they come from
    array, lengths   the arrays of an .npz file that they and their lengths come from
    text     where they are texts with labels: how these are cut, and the column that they stand in
    missing  of a table, the words of the config that stand for no value; None: the usual ones
    ignores_unknown   of a table, words that training did not have are none of the categories
    decimal, thousands   of a table or series, the signs within its numbers
    """

    shape: Shape
    dtype: np.dtype
    scale: float | None
    mean: Array | None
    deviation: Array | None
    symbols: tuple[str, ...] | None
    table: TableLayout | None
    series: SeriesLayout | None
    array: str | None
    lengths: str | None = None
    text: tuple[Level, str | None] | None = None
    missing: tuple[str, ...] | None = None
    ignores_unknown: bool = False
    decimal: str = "."
    thousands: str = ""

    @property
    def mixed(self) -> bool:
        """Whether there are columns of words or dates, which are no numbers yet."""
        return self.table is not None and any(c.width > 1 or c.categories is not None for c in self.table.columns)


@dataclass(frozen=True, eq=False)
class Decision:
    """What is made of the network's output Z.

    activation   softmax over the classes, sigmoid of every output, or nothing
    labels       of the classes in order of number; None where values are predicted
    numbered     the classes have no names: predictions are their numbers
    threshold    of a single output: class 1 above it
    single       two classes, and one output: the score or probability of class 1
    mean, deviation   values in the data's units are Z · deviation + mean, in float64; None where they are Z
    names        of the outputs, where the data name them
    """

    activation: Activation | None
    labels: tuple[str, ...] | None
    numbered: bool
    threshold: float
    single: bool
    mean: Array | None
    deviation: Array | None
    names: Sequence[str] | None

    @property
    def names_or_numbers(self) -> list[str] | list[int]:
        """What `predict` says for each class."""
        labels = self.labels or ()
        return [*range(len(labels))] if self.numbered else [*labels]


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
        _inputs(facts, dtype, config.dataset),
        place(network),
        _decision(config.loss, facts, single),
        max(config.dataset.batch_size, 256),
        config.dataset.padded,
    )


def _inputs(facts: Facts, dtype: np.dtype, dataset: Dataset) -> Inputs:
    made, shape = facts.preparation, facts.input_shape
    raw, mean, deviation = dtype, None, None
    if made.standardize is not None:
        mean, deviation = made.standardize.along(1 + len(shape))
        raw = dtype if made.scale is not None else np.dtype(np.float64)
    elif facts.vocabulary is not None:
        raw = np.dtype(np.int64)
    symbols = None if made.text is None else made.text.symbols
    lengths = dataset.lengths if isinstance(dataset, Npz) else None
    text = (made.text.level, made.text_column) if made.text is not None and isinstance(dataset, LabelledText) else None
    missing, ignores = None, False
    signs = dataset.dialect.numerals if isinstance(dataset, TableDataset) else Numerals()
    if isinstance(dataset, Csv):
        words, ignores = dataset.dialect.missing.words, dataset.unknown == "ignore"
        missing = None if words is None else tuple(sorted(words))
    inputs = Inputs(shape, raw, made.scale, mean, deviation, symbols, made.layout, made.series, made.array, lengths)
    inputs = replace(inputs, decimal=signs.decimal, thousands=signs.thousands or "")
    return replace(inputs, text=text, missing=missing, ignores_unknown=ignores)


def _decision(loss: Loss, facts: Facts, single: bool) -> Decision:
    activation = _activation(loss)
    if facts.target == "labels":
        numbered = facts.label_names is None
        return Decision(activation, facts.class_names, numbered, loss.threshold, single, None, None, None)
    scaling, mean, deviation = facts.preparation.standardize_target, None, None
    if scaling is not None:
        mean, deviation = np.asarray(scaling.mean), np.asarray(scaling.deviation)
    return Decision(activation, None, False, 0.0, False, mean, deviation, facts.output_names)


def _activation(loss: Loss) -> Activation | None:
    """What `loss.predict` applies.  Raises ConfigError for a loss of another program that does what nobody knows."""
    if type(loss) is CrossEntropy:
        return "softmax"
    if type(loss) is BinaryCrossEntropy:
        return "sigmoid" if loss.from_logits else None
    if type(loss).predict is Loss.predict and type(loss).decide is Loss.decide:
        return None
    raise ConfigError(f"export: the loss {loss.type} has a decision of its own, which only nntrain knows; take --raw")
