"""A run's network with int8 weights, and what that costs on the run's own data."""

from __future__ import annotations

import numpy as np

from nntrain.data.parts import Part
from nntrain.export import int8
from nntrain.export.int8 import Quantized
from nntrain.inference.evaluator import evaluate, output, outputs
from nntrain.inference.load import Loaded
from nntrain.model.shapes import Array


def rounded(loaded: Loaded) -> tuple[dict[str, Quantized], list[str]]:
    """The weights as int8, calibrated on training examples, and lines that say the loss of accuracy.

    The network of `loaded` is then that of the rounded weights.  Raises DataError where the data are gone.
    """
    with np.errstate(all="ignore"):
        data = loaded.config.dataset.load(loaded.config.seed, np.dtype(loaded.config.dtype), loaded.facts)
        train = data.parts["train"]
        batch = train.batch(np.arange(min(int8.MOST, train.streams or train.size)))
        name, part = list(data.parts.items())[-1]
        before = _measured(loaded, part)
        found = int8.quantize(loaded, lambda: output(loaded, batch).Z)
        after = _measured(loaded, part)
    return found, [f"int8: {what} {before[what]:.5g} -> {after[what]:.5g} on the {name} part" for what in before]


def _measured(loaded: Loaded, part: Part) -> dict[str, float]:
    """Loss, and the share of labels that are right."""
    measured = {"loss": float(str(evaluate(loaded, part)["loss"]))}
    if loaded.facts.target == "labels":
        right: list[Array] = []
        for out in outputs(loaded, part):
            hits = loaded.config.loss.decide(out.Z) == out.batch.Y
            right.append(hits.reshape(-1) if out.mask is None else hits[out.mask])
        measured["accuracy"] = float(np.concatenate(right).mean())
    return measured
