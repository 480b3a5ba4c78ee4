"""Targets that a Python program gives with its examples, as the network learned them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nntrain.data.array_labels import as_targets
from nntrain.data.facts import Facts
from nntrain.data.given_arrays import as_array
from nntrain.data.parts import Batch, Part
from nntrain.data.source_files import GivenArray, given_texts
from nntrain.data.text_pairs import PairPart, with_target_texts
from nntrain.errors import DataError
from nntrain.inference.load import Loaded
from nntrain.model.shapes import Array


class Targeted(Part):
    """The examples of a part, with targets (N, …)."""

    def __init__(self, part: Part, targets: Array):
        self.part, self.size, self.streams, self.targets = part, part.size, part.streams, targets

    def batch(self, indices: Array) -> Batch:
        Y = np.ascontiguousarray(np.moveaxis(self.targets[indices], 0, -1))
        return replace(self.part.batch(indices), Y=Y)


class Reconstructed(Part):
    """Every example is its own target."""

    def __init__(self, part: Part):
        self.part, self.size, self.streams = part, part.size, part.streams

    def batch(self, indices: Array) -> Batch:
        batch = self.part.batch(indices)
        return replace(batch, Y=batch.X if batch.X.ndim == 3 else batch.X.reshape(-1, batch.size))


def with_targets(part: Part, Y: object, loaded: Loaded) -> Part:
    """The examples with their targets.  Raises DataError for targets that do not fit."""
    facts = loaded.facts
    if loaded.config.dataset.reconstruct and Y is None:
        return Reconstructed(part)
    if Y is None:
        raise DataError("evaluate: error: no targets: give Y, or a file or rows that have them")
    targets = as_array(Y, "Y")
    if isinstance(part, PairPart):
        return with_target_texts(part, given_texts(GivenArray(targets, "Y")), facts)
    if targets.ndim == 0 or len(targets) != part.size:
        raise DataError(f"Y: error: {len(np.atleast_1d(targets))} targets for {part.size} examples")
    if facts.target == "labels":
        X = part.batch(np.arange(1)).X
        steps = len(X) if X.ndim == 3 or facts.vocabulary is not None else None
        return Targeted(part, _labels(targets, facts, steps))
    if targets.dtype.kind not in "biuf" or not np.isfinite(targets).all():
        raise DataError("Y: error: expected finite numbers, as this network predicts values")
    values = targets.astype(np.float64)
    values = values[:, None] if values.ndim == 1 else values
    if values.shape[-1] != facts.outputs:
        raise DataError(f"Y: error: {values.shape[-1]} values an example, expected {facts.outputs}")
    if (scaling := facts.preparation.standardize_target) is not None:
        values = (values - np.asarray(scaling.mean)) / np.asarray(scaling.deviation)
    return Targeted(part, values.astype(loaded.config.dtype))


def _labels(targets: Array, facts: Facts, steps: int | None) -> Array:
    """Numbers of the classes, of their names, of these numbers, or of one-hot rows."""
    classes = facts.classes or 0
    if facts.label_names is not None:
        numbers = {name: number for number, name in enumerate(facts.label_names)}
        named = [numbers.get(str(item)) for item in targets.ravel().tolist()]
        if None not in named:
            return np.array(named, np.int64).reshape(targets.shape)
        if targets.dtype.kind not in "iu":
            strange = next(str(t) for t, n in zip(targets.ravel().tolist(), named, strict=True) if n is None)
            raise DataError(f"Y: error: the label {strange!r} is none of {', '.join(facts.label_names)}")
    if targets.dtype.kind in "US":
        raise DataError(f"Y: error: words, expected labels from 0 to {classes - 1}")
    labels = as_targets(targets, "Y", classes, steps, [])
    if labels.dtype.kind == "f" or labels.min(initial=0) < 0:
        raise DataError(f"Y: error: expected labels from 0 to {classes - 1}")
    return labels.astype(np.int64)
