"""`nntrain check`: is the config right, and is every gradient?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from nntrain import config as configs
from nntrain.builder import build
from nntrain.diagnosis.gradient_check import check_layers
from nntrain.messages import Warn, unheard
from nntrain.model.shapes import Symbols

EXAMPLES = 3  # enough for statistics over the batch, few enough for large images


def check_gradients(path: Path, overrides: Sequence[str], warn: Warn = unheard) -> Iterator[tuple[str, bool]]:
    """Build what the config declares, load one batch, and check each layer's gradient on the shape that it meets.

    A line of text a layer, and whether its derivative is right.
    """
    built = build(configs.read(path, overrides), warn)
    train = built.data.parts["train"]
    batch = train.batch(np.arange(min(EXAMPLES, train.size)))
    for network in built.networks.values():
        shape = network.input_shape
        if batch.lengths is not None:  # padded to the longest of this batch, not of all
            steps = len(batch.X)
            shape = Symbols((steps,), shape.vocabulary) if isinstance(shape, Symbols) else (steps, *shape[1:])
        for name, layer, report in check_layers(network.layers, shape, EXAMPLES, X=batch.X):
            full = f"{network.prefix}.{name}" if network.prefix else name
            verdict = "ok" if report.ok else "WRONG: " + ("; ".join(report.problems) or "not the derivative of forward")
            error = f"{report.worst:.1e}" if report.errors else "-"
            yield f"{full:24} {layer.type:16} relative error {error:>8}  {verdict}", report.ok
