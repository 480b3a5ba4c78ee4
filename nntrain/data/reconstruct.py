"""Data whose targets are the examples themselves: what `reconstruct` makes of a dataset.

It is a property of the data, not of a loop, loss or layer: losses, metrics, eval and predict read the facts (values,
so many of them) and need to know nothing more.  Any dataset of numbers can be had so.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod

from nntrain.data.facts import Facts
from nntrain.data.parts import Batch, Data, Part
from nntrain.errors import ConfigError
from nntrain.model.shapes import Array


def reconstructed(data: Data, facts: Facts | None, type_: str) -> Data:
    """The data of a dataset of this type with every example as its own target; `facts` are a checkpoint's.

    Raises ConfigError.
    """
    if data.facts.vocabulary is not None:
        raise ConfigError(f"dataset.reconstruct: the examples of {type_} are symbols, not numbers")
    parts: dict[str, Part] = {name: _Reconstructed(part) for name, part in data.parts.items()}
    return Data(facts or _facts(data.facts), parts, data.sha256, data.warnings, data.missing)


def _facts(source: Facts) -> Facts:
    """Values as many as an example (a step of a sequence) has numbers, in the units of the inputs."""
    shape, scaling = source.input_shape, source.preparation.standardize
    if scaling is not None:
        repeats = prod(shape[1:]) if len(shape) == 3 else 1  # of images one number a channel
        scaling = scaling.of([i for i in range(len(scaling.mean)) for _ in range(repeats)])
    made = replace(source.preparation, source=source, standardize_target=scaling, output_names=None)
    return Facts(shape, "values", outputs=source.features, preparation=made)


class _Reconstructed(Part):
    """Y is X, images (C, H, W, m) in row-major order as vectors (C·H·W, m)."""

    def __init__(self, part: Part):
        self.part, self.size, self.streams = part, part.size, part.streams

    def batch(self, indices: Array) -> Batch:
        batch = self.part.batch(indices)
        Y = batch.X if batch.X.ndim == 3 else batch.X.reshape(-1, batch.size)
        return Batch(batch.X, Y, batch.lengths, batch.resets, weights=batch.weights)
