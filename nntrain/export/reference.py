"""Examples of a run's own data as `predict` takes them, and what nntrain says to them: what an export is held to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nntrain.data.array_part import Inputs
from nntrain.data.facts import Facts
from nntrain.data.parts import Batch, Part
from nntrain.errors import DataError
from nntrain.inference.evaluator import output
from nntrain.inference.load import Loaded
from nntrain.messages import Warn
from nntrain.model.shapes import Array
from nntrain.runtime import streams

MOST = 200  # examples


@dataclass(frozen=True, eq=False)
class Examples:
    """raw (N, …) and their lengths (N,) or None; what the network says to them, Z (N, …): all examples first.

    answers   probabilities of the classes (N, …, classes), or values in the data's units
    labels    numbers of the classes, (N,) or (N, T); None where values are predicted
    prepared  (…, N): the raw examples as the network takes them
    valid     (N, T) True at the steps of Z that count; None where all do, or where there is one output an example
    """

    raw: Array
    lengths: Array | None
    prepared: Array
    Z: Array
    answers: Array
    labels: Array | None
    valid: Array | None

    def counted(self, Y: Array) -> Array:
        """Y (N, …) with 0 at the steps that do not count."""
        if self.valid is None or Y.shape[:2] != self.valid.shape:
            return Y
        return np.where(self.valid.reshape(*self.valid.shape, *[1] * (Y.ndim - 2)), Y, 0)


def examples(loaded: Loaded, warn: Warn) -> Examples:
    """Up to MOST examples of the last part of the run's data; where the data are gone, drawn ones."""
    facts, dtype = loaded.facts, np.dtype(loaded.config.dtype)
    with np.errstate(all="ignore"):
        try:
            data = loaded.config.dataset.load(loaded.config.seed, dtype, facts)
            part = list(data.parts.values())[-1]
            batch = part.batch(_chosen(part))
            X, lengths = batch.X, batch.lengths
            if lengths is not None and not loaded.config.dataset.padded:  # the last piece of a text may be shorter
                X, lengths = X[..., lengths == lengths.max()], None
        except DataError as error:
            warn(f"the run's data cannot be read ({error}): what is exported is tried on drawn examples")
            X, lengths = _drawn(facts, dtype), None
        if facts.vocabulary is not None:
            return said(loaded, np.moveaxis(X, -1, 0), X, lengths)
        raw = facts.inputs_in_units(X)
        prepared = Inputs(np.ascontiguousarray(raw), dtype, facts.preparation).take(np.arange(len(raw)))
        return said(loaded, raw, prepared, lengths)


def said(loaded: Loaded, raw: Array, prepared: Array, lengths: Array | None) -> Examples:
    """The examples with what nntrain says to them."""
    facts, loss = loaded.facts, loaded.config.loss
    (network,) = loaded.networks.values()
    Z = output(loaded, Batch(prepared, np.empty((0, len(raw))), lengths)).Z
    after = None if lengths is None else network.root.output_lengths(lengths)
    valid = None if after is None else np.arange(len(Z)) < after[:, None]
    if facts.target == "values":
        answers, labels = facts.to_units(loss.predict(Z)), None
    else:
        answers, labels = loss.probabilities(Z), np.moveaxis(loss.decide(Z), -1, 0)
    return Examples(raw, lengths, prepared, np.moveaxis(Z, -1, 0), np.moveaxis(answers, -1, 0), labels, valid)


def _chosen(part: Part) -> Array:
    return np.arange(min(part.streams or MOST, part.size))


def _drawn(facts: Facts, dtype: np.dtype) -> Array:
    stream = streams.stream(0, streams.SAMPLE, streams.key("export"))
    shape = (*facts.input_shape, 32)
    if facts.vocabulary is not None:
        return stream.integers(facts.vocabulary, shape)
    return stream.uniform(shape).astype(dtype)
