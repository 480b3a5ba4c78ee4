"""Loading what a config declares; with `reconstruct` the target of an example is the example itself.

It is a property of the data, not of a loop, loss or layer: losses, metrics, eval and predict read the facts (values,
so many of them) and need to know nothing more.  Any dataset of numbers can be had so.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from nntrain.data.base import Dataset
from nntrain.data.facts import Facts
from nntrain.data.parts import Batch, Data, Part
from nntrain.errors import ConfigError
from nntrain.model.shapes import Array

_SOURCE = "source"  # in the preparation: the facts of the dataset as it is


def load(dataset: Dataset, seed: int, dtype: DTypeLike, facts: Facts | None = None) -> Data:
    """The data of a config's dataset, or of a checkpoint's facts.  Raises DataError, ConfigError."""
    if not dataset.reconstruct:
        return dataset.load(seed, dtype, facts)
    own = None if facts is None else Facts.from_json(facts.preparation[_SOURCE])
    data = dataset.load(seed, dtype, own)
    if data.facts.vocabulary is not None:
        raise ConfigError(f"dataset.reconstruct: the examples of {dataset.type} are symbols, not numbers")
    parts: dict[str, Part] = {name: _Reconstructed(part) for name, part in data.parts.items()}
    return Data(facts or _facts(data.facts), parts, data.sha256)


def _facts(source: Facts) -> Facts:
    """Values as many as an example (a step of a sequence) has numbers, in the units of the inputs."""
    preparation: dict[str, Any] = {**source.preparation, _SOURCE: source.as_json()}
    preparation.pop("standardize_target", None)
    shape = source.input_shape
    if fitted := preparation.get("standardize"):
        repeats = prod(shape[1:]) if len(shape) == 3 else 1  # of images one number a channel
        preparation["standardize_target"] = {k: np.repeat(fitted[k], repeats).tolist() for k in ("mean", "deviation")}
    return Facts(shape, "values", outputs=source.features, preparation=preparation)


class _Reconstructed(Part):
    """Y is X, images (C, H, W, m) in row-major order as vectors (C·H·W, m)."""

    def __init__(self, part: Part):
        self.part, self.size, self.streams = part, part.size, part.streams

    def batch(self, indices: Array) -> Batch:
        batch = self.part.batch(indices)
        Y = batch.X if batch.X.ndim == 3 else batch.X.reshape(-1, batch.size)
        return Batch(batch.X, Y, batch.lengths, batch.resets)
