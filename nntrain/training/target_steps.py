"""Whether a network gives outputs for the steps that the targets have."""

from __future__ import annotations

import numpy as np

from nntrain.builder import Built
from nntrain.data.parts import Batch
from nntrain.errors import ConfigError
from nntrain.model.network import Network


def check_steps(network: Network, built: Built) -> None:
    """Raise ConfigError where outputs and targets differ in steps: one has them and the other has not, or others."""
    shape = network.output_shape
    batch = built.data.parts["train"].batch(np.arange(1))
    Y = batch.Y
    axes = Y.ndim if built.data.facts.target == "labels" else Y.ndim - 1
    if axes == len(shape) or (axes == len(shape) - 1 and shape[-1] == 1 and Y.ndim == len(shape)):
        wrong = _wrong_steps(network, batch) if len(shape) == 2 else None
        if wrong is None:
            return
        gives, wants = f"outputs for {wrong[0]} steps", f"targets for {wrong[1]}"
        hint = "conv1d keeps the steps with `padding: same` and stride 1"
    else:
        hint = "end with `last`, `mean_over_time` or `output: last`" if len(shape) > axes else "keep the steps"
        each = ("step", "example") if len(shape) > axes else ("example", "step")
        gives, wants = f"outputs for each {each[0]}", f"targets for each {each[1]}"
    last = network.layers[-1]
    place = built.config.place(last)
    raise ConfigError(place.error(f"{last.type}: gives {gives}, the data {wants}; {hint}"))


def _wrong_steps(network: Network, batch: Batch) -> tuple[int, int] | None:
    """Steps of the output and of the targets where they differ: of a batch as declared, or of a shorter sequence."""
    own_steps = batch.target_lengths is not None or len(batch.Y) == len(batch.X)
    steps = network.input_shape[0] if own_steps else len(batch.Y)
    pairs = [(network.output_shape[0], steps)]
    if batch.lengths is not None:
        lengths = np.arange(steps, 0, -1)
        after = network.root.output_lengths(lengths)
        pairs += [] if after is None else zip(after.tolist(), lengths.tolist(), strict=True)
    return next((pair for pair in pairs if pair[0] != pair[1]), None)
