"""`nntrain check`: is the config right, and is every gradient?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from nntrain import config as configs
from nntrain.builder import Built, build
from nntrain.data.parts import Batch
from nntrain.diagnosis.finite_differences import errors
from nntrain.diagnosis.gradient_check import Report, check_layers
from nntrain.inference.evaluator import counted
from nntrain.messages import Warn, unheard
from nntrain.model.layer import Context
from nntrain.model.network import Network
from nntrain.model.shapes import Array
from nntrain.runtime import streams
from nntrain.training.supervised import Supervised

EXAMPLES = 3  # enough for statistics over the batch, few enough for large images


def check_gradients(path: Path, overrides: Sequence[str], warn: Warn = unheard) -> Iterator[tuple[str, bool]]:
    """Build what the config declares, load one batch, and check each layer's gradient on the shape that it meets.

    A line of text a layer, and whether its derivative is right.
    """
    built = build(configs.read(path, overrides), warn)
    train = built.data.parts["train"]
    batch = train.batch(np.arange(min(EXAMPLES, train.size)))
    entries = built.loop.entries(built.networks, batch)
    for name, network in built.networks.items():
        entry = entries[name]
        for layer_name, layer, report in check_layers(
            network.layers, entry.shape, EXAMPLES, X=entry.X, context=entry.context, lengths=entry.lengths
        ):
            full = f"{network.prefix}.{layer_name}" if network.prefix else layer_name
            yield _line(full, layer.type, report), report.ok
    if len(built.networks) > 1 and isinstance(built.loop, Supervised):
        report = check_networks(built, batch)
        yield _line(", ".join(built.networks), "together", report), report.ok


def _line(name: str, type_: str, report: Report) -> str:
    verdict = "ok" if report.ok else "WRONG: " + ("; ".join(report.problems) or "not the derivative of forward")
    error = f"{report.worst:.1e}" if report.errors else "-"
    return f"{name:24} {type_:16} relative error {error:>8}  {verdict}"


def check_networks(built: Built, batch: Batch) -> Report:
    """∂J/∂θ of networks that learn under one cost, all together: what goes back from one to the other is right too."""
    loop, config, facts = built.loop, built.config, built.facts
    assert isinstance(loop, Supervised)
    plans = loop.plan(config, facts).items()
    networks = {name: Network(plan.root, plan.input_shape, prefix=plan.prefix) for name, plan in plans}
    points: dict[str, Array] = {}
    for network in networks.values():
        network.allocate(np.float64)
        network.draw(config.seed)
        points |= network.layout.arrays(network.trainable)
    X = batch.X.astype(np.float64) if batch.X.dtype.kind == "f" else batch.X
    batch = replace(batch, X=X)

    def cost(backwards: bool) -> float:
        context = Context(training=True, seed=config.seed)
        context.lengths = batch.lengths
        Z, caches = loop.forward(networks, batch, context)
        mask = counted(batch, Z, config.loss.ignored(facts))
        J, dZ = config.loss(Z, batch.Y, mask, **batch.weighing)
        if backwards:
            for network in networks.values():
                network.clear_gradient()
            loop.accumulate(networks, dZ, caches)
        return J + context.cost

    def moved_cost(moved: Mapping[str, Array]) -> tuple[float, float]:
        for name, values in moved.items():
            points[name][...] = values
        J = cost(backwards=False)
        return J, abs(J)

    cost(backwards=True)
    gradients = {
        name: array for network in networks.values() for name, array in network.layout.arrays(network.dtheta).items()
    }
    begin = {name: array.copy() for name, array in points.items()}
    return Report(errors(moved_cost, begin, gradients, streams.stream(config.seed, streams.CHECK)))
