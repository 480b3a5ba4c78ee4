"""A run's network with int8 weights and activations, and what that costs on the run's own data."""

from __future__ import annotations

import numpy as np

from nntrain.data.parts import Part
from nntrain.export import int8
from nntrain.export.int8 import Quantized
from nntrain.export.int8_activations import Activations
from nntrain.inference.evaluator import evaluate, output, outputs
from nntrain.inference.load import Loaded
from nntrain.model.shapes import Array

_Measured = dict[str, float]


def rounded(loaded: Loaded) -> tuple[dict[str, Quantized], Activations | None, list[str]]:
    """The weights as int8, and the activations; calibrated on training examples; and lines that say what it costs.

    Activations stay what they are, None, where that costs more than half a point of accuracy, of values a hundredth of
    the loss.  The network of `loaded` is then the rounded one.  Raises DataError where the data are gone.
    """
    (network,) = loaded.networks.values()
    with np.errstate(all="ignore"):
        data = loaded.config.dataset.load(loaded.config.seed, np.dtype(loaded.config.dtype), loaded.facts)
        train = data.parts["train"]
        batch = train.batch(np.arange(min(int8.MOST, train.streams or train.size)))
        name, part = list(data.parts.items())[-1]
        before = _measured(loaded, part)
        found = int8.quantize(loaded, lambda: output(loaded, batch).Z)
        alone, activations, root = _measured(loaded, part), Activations(), network.root
        activations.into(network)
        output(loaded, batch)
        both = _measured(loaded, part) if activations.scales else alone
    kept = bool(activations.scales) and _keeps(before, both)
    if not kept:
        network.root = root
    lines = [f"int8: {_change(before, both if kept else alone, what)} on the {name} part" for what in before]
    if activations.scales:
        weights = (
            "activations too" if kept else f"weights alone; with activations {_change(before, both, [*before][-1])}"
        )
        lines.append(f"int8: {weights}")
    return found, activations if kept else None, lines


def _keeps(before: _Measured, after: _Measured) -> bool:
    if "accuracy" in before:
        return after["accuracy"] >= before["accuracy"] - 0.005
    return after["loss"] <= before["loss"] + 0.01 * abs(before["loss"])


def _change(before: _Measured, after: _Measured, what: str) -> str:
    return f"{what} {before[what]:.5g} -> {after[what]:.5g}"


def _measured(loaded: Loaded, part: Part) -> _Measured:
    """Loss, and the share of labels that are right."""
    measured = {"loss": float(str(evaluate(loaded, part)["loss"]))}
    if loaded.facts.target == "labels":
        right: list[Array] = []
        for out in outputs(loaded, part):
            hits = loaded.config.loss.decide(out.Z) == out.batch.Y
            right.append(hits.reshape(-1) if out.mask is None else hits[out.mask])
        measured["accuracy"] = float(np.concatenate(right).mean())
    return measured
