"""Learning from examples with targets: forward, cost, backward, update."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from nntrain.builder import Built
from nntrain.builder.length import total_steps
from nntrain.builder.loop import Loop, Model, check_outputs
from nntrain.builder.trainer import Trainer
from nntrain.components import component
from nntrain.config import Config
from nntrain.data.facts import Facts
from nntrain.data.parts import Batch, Part
from nntrain.errors import ConfigError, DivergedError
from nntrain.inference import evaluator
from nntrain.inference.evaluator import valid_steps
from nntrain.inference.totals import Totals
from nntrain.model.layer import Context, ShapeError, State
from nntrain.model.network import Network
from nntrain.model.shapes import Array
from nntrain.training import recurrent_state
from nntrain.training.complete_gradient import complete_gradient


@component("supervised")
class Supervised(Loop):
    """One network, one loss, one optimizer (the course's gradient descent)."""

    def check(self, networks: Mapping[str, Network], config: Config, facts: Facts) -> None:
        check_outputs(networks[""], config.loss, facts)
        for metric in config.metrics:
            try:
                metric.declare(facts, config.loss)
            except ShapeError as error:
                error.layer = error.layer or metric
                raise

    def check_targets(self, built: Built) -> None:
        network = built.networks[""]
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

    def apply(self, networks: Mapping[str, Network], batch: Batch, context: Context) -> Array:
        return networks[""].apply(batch.X, context)

    def evaluate(self, model: Model, part: Part) -> dict[str, Any]:
        return evaluator.evaluate(model, part)

    def trainer(self, built: Built) -> SupervisedTrainer:
        return SupervisedTrainer(built)


class SupervisedTrainer(Trainer):
    """Mini-batch training of one network."""

    def __init__(self, built: Built):
        config = built.config
        self.built = built
        self.networks = built.networks
        self.network = network = built.networks[""]
        self.loss = config.loss
        self.optimizer = config.optimizer
        self.schedule = config.schedule
        self.metrics = config.metrics
        self.seed = config.seed
        self.batch_size = config.dataset.batch_size
        self.training = config.training
        self.facts = built.data.facts
        self.horizon = total_steps(config, built.data)
        vectors = {name: np.zeros_like(network.dtheta) for name in self.optimizer.slot_names()}
        self.slots = {"": vectors}
        self.schedule_state = self.schedule.start()
        self.carried: State = {}
        self.streams = built.data.parts["train"].streams > 0
        self.reset()

    def lr(self, step: int) -> float:
        return self.optimizer.lr * self.schedule(step, self.horizon, self.schedule_state)

    def step(self, batch: Batch, step: int) -> None:
        network = self.network
        buffers = network.buffers.copy()
        context = Context(training=True, seed=self.seed, step=step)
        context.lengths = batch.lengths
        if self.streams:
            context.state = {} if batch.resets else dict(self.carried)

        Z, caches = network.forward(batch.X, context)
        mask = valid_steps(batch, Z)
        loss, dZ = self.loss(Z, batch.Y, mask)
        network.clear_gradient()
        network.accumulate(dZ, caches)
        try:
            cost = complete_gradient(network, self.training, loss + context.cost, step)
        except DivergedError:
            network.buffers[...] = buffers
            raise
        self.optimizer.step(
            network.trainable, network.dtheta, self.slots[""], self.lr(step), step + 1, network.layout.decayed
        )
        self.carried = context.state or {}
        self.totals.add(loss, cost, Z, batch.Y, mask)

    def reset(self) -> None:
        self.totals = Totals(self.loss, self.metrics, self.facts, costs=self.built.config.shows_cost)

    def results(self) -> dict[str, Any]:
        return self.totals.results()

    def evaluate(self, part: Part) -> dict[str, Any]:
        return self.built.loop.evaluate(self.built, part)

    def observe(self, value: float, better: str) -> None:
        self.schedule.observe(self.schedule_state, value, better)

    def state(self) -> dict[str, Any]:
        return {
            "totals": self.totals.as_json(),
            "schedule": dict(self.schedule_state),
            "carried": recurrent_state.as_json(self.carried),
        }

    def restore(self, state: dict[str, Any]) -> None:
        self.totals.restore(state["totals"])
        self.schedule_state = state["schedule"]
        self.carried = recurrent_state.from_json(state["carried"])


def _wrong_steps(network: Network, batch: Batch) -> tuple[int, int] | None:
    """Steps of the output and of the targets where they differ: of a batch as declared, or of a shorter sequence."""
    steps = network.input_shape[0] if len(batch.Y) == len(batch.X) else len(batch.Y)
    pairs = [(network.output_shape[0], steps)]
    if batch.lengths is not None:
        lengths = np.arange(steps, 0, -1)
        after = network.root.output_lengths(lengths)
        pairs += [] if after is None else zip(after.tolist(), lengths.tolist(), strict=True)
    return next((pair for pair in pairs if pair[0] != pair[1]), None)
