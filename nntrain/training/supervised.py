"""Learning from examples with targets: forward, cost, backward, update."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from nntrain.builder import Built, Loop, Model, Networks, Plan, Trainer
from nntrain.builder.checks import check_outputs
from nntrain.builder.length import schedule_in_steps, total_steps
from nntrain.components import component
from nntrain.config import Config
from nntrain.data.facts import Facts
from nntrain.data.micro_batches import WHOLE, MicroBatches, Place
from nntrain.data.parts import Batch, Part
from nntrain.errors import DivergedError
from nntrain.files.json_fields import Fields
from nntrain.files.plain_values import JsonObject
from nntrain.inference import evaluator
from nntrain.inference.evaluator import Output, counted
from nntrain.inference.totals import Sums, Totals
from nntrain.layers.containers import Sequential
from nntrain.model.layer import Context, ShapeError, State
from nntrain.model.network import Network
from nntrain.model.shapes import Array
from nntrain.parallel import team
from nntrain.training import recurrent_state
from nntrain.training.accumulation import over_parts
from nntrain.training.descent import Descent
from nntrain.training.target_steps import check_steps

if TYPE_CHECKING:
    from nntrain.training.frames import Frames

NETWORK = "network"  # the name of the only one


@component("supervised")
class Supervised(Loop):
    """One network, one loss, one optimizer (the course's gradient descent)."""

    takes_parts = True
    one_loss = True

    def plan(self, config: Config, facts: Facts) -> dict[str, Plan]:
        return {NETWORK: Plan(Sequential(config.layers_of(NETWORK)), facts.shape)}

    def check(self, model: Model) -> None:
        config, facts = model.config, model.facts
        check_outputs(self.output_network(model.networks), config.loss, facts)
        for metric in config.metrics:
            try:
                metric.declare(facts, config.loss)
            except ShapeError as error:
                error.layer = error.layer or metric
                raise

    def check_targets(self, built: Built) -> None:
        check_steps(self.output_network(built.networks), built)

    def trainer(self, built: Built) -> SupervisedTrainer:
        return SupervisedTrainer(self, built)

    def forward(self, networks: Networks, batch: Batch, context: Context) -> tuple[Array, Any]:
        """Z of a batch, and the caches for `accumulate`."""
        return networks[NETWORK].forward_once(batch.X, context)

    def accumulate(self, networks: Networks, dZ: Array, caches: Any) -> None:
        """Add ∂J/∂θ to every network's dθ."""
        networks[NETWORK].accumulate(dZ, caches)

    def apply(self, networks: Networks, batch: Batch, context: Context) -> Array:
        return networks[NETWORK].apply(batch.X, context)

    def evaluate(self, model: Model, part: Part) -> JsonObject:
        return evaluator.evaluate(model, part)

    def output_network(self, networks: Networks) -> Network:
        """The network whose outputs meet the targets."""
        return [*networks.values()][-1]

    def draws(self, model: Model) -> bool:
        """A variational autoencoder draws."""
        from nntrain.inference import autoencoder  # here, as training starts sooner without it

        network = self.output_network(model.networks)
        return model.config.dataset.reconstruct and autoencoder.code_layer(network) is not None

    def draw(self, model: Model, count: int, seed: int) -> Array:
        from nntrain.inference import autoencoder

        return autoencoder.draw(model, self.output_network(model.networks), count, seed)


class PartOfStep(NamedTuple):
    """What a step found in one part of its batch: its share of the cost, its sums, the state behind it."""

    cost: float
    sums: Sums
    carried: State


class SupervisedTrainer(Trainer):
    """Mini-batch gradient descent: forward, loss, backward, update (C2W2L01)."""

    def __init__(self, loop: Supervised, built: Built):
        super().__init__(built)
        config, self.loop = built.config, loop
        self.loss, self.metrics, self.facts = config.loss, config.metrics, built.facts
        self.ignored = self.loss.ignored(self.facts)
        self.seed = config.seed
        self.keep_buffers = [network for network in built.networks.values() if network.buffers.size]
        self.descent = Descent(built.networks, config.optimizer_of(NETWORK), config.training)
        self.slots = self.descent.slots
        self.schedule, self.horizon = schedule_in_steps(config, built.data), total_steps(config, built.data)
        self.schedule_state = self.schedule.start()
        self.frames = _frames(built)
        example = built.data.parts["train"].batch(np.arange(1))
        padded = example.lengths is not None or self.ignored is not None
        self.alike = not padded and example.weights is None and self.loss.counts_alike
        self.streams = built.data.parts["train"].streams > 0
        self.carried: State = {}
        self.reset()

    def lr(self, step: int) -> float:
        factor: float = self.schedule(step, self.horizon, self.schedule_state)
        return self.descent.optimizer.lr * factor

    def step(self, batch: Batch | MicroBatches, step: int) -> None:
        self.step_with(self.lr(step), batch, step)

    def step_with(self, lr: float, batch: Batch | MicroBatches, step: int) -> None:
        buffers = [(network, network.buffers.copy()) for network in self.keep_buffers]
        if isinstance(batch, MicroBatches):
            parts = self.gradient_of_parts(batch, step)
            cost = self._update(sum(part.cost for part in parts), lr, step, buffers)
            self.carried = recurrent_state.joined([part.carried for part in parts])
            for part in parts:
                self.totals.merge(part.sums._replace(cost=cost * part.sums.weight))
            return
        loss, out = self.gradient(batch, step)
        cost = self._update(loss + out.context.cost, lr, step, buffers)
        self.carried = out.context.state or {}
        self.totals.add(loss, cost, out.Z, batch, out.mask)

    def _update(self, cost: float, lr: float, step: int, buffers: list[tuple[Network, Array]]) -> float:
        """One step down; where it diverges the buffers are put back."""
        try:
            return self.descent.update(cost, lr, step + 1, step)
        except DivergedError:
            for network, before in buffers:
                network.buffers[...] = before
            raise

    def gradient_of_parts(self, batch: MicroBatches, step: int) -> list[PartOfStep]:
        """Set dθ to ∂J/∂θ of a batch that comes in parts: J is the mean over all of it, as if it were whole."""
        networks, whole = [*self.networks.values()], self._weight(batch)

        def work(part: Batch, place: Place) -> PartOfStep:
            share = place.share if whole is None else self._weight_of(part) / (whole or 1.0)
            loss, out = self.gradient(part, step, place, share)
            totals = self._totals()
            totals.add(loss, 0.0, out.Z, part, out.mask)
            return PartOfStep(share * loss + out.context.cost, totals.sums(), out.context.state or {})

        return over_parts(batch, networks, networks, work)

    def _weight(self, batch: MicroBatches) -> float | None:
        """What the targets of a batch count for in all; None where all examples count alike.

        It has to be known before the first part's derivative: parts are made twice rather than kept.
        """
        if self.alike:
            return None
        ours = team.current()
        weights = {place.number: self._weight_of(part) for place, part in batch.parts(ours.own(len(batch.places)))}
        return sum(ours.gather(weights))

    def _weight_of(self, part: Batch) -> float:
        steps = len(self.loop.output_network(self.networks).output_shape) == 2
        Z = np.broadcast_to(0.0, (len(part.Y), 1, part.size) if steps else (1, part.size))
        return self.loss.weight(part.Y, counted(part, Z, self.ignored), **part.weighing)

    def gradient(self, batch: Batch, step: int, place: Place = WHOLE, share: float = 1.0) -> tuple[float, Output]:
        """Set dθ to `share` times ∂J/∂θ of a batch; its loss, and what the networks said.

        Parameters stay; buffers may move.
        """
        context = Context(training=True, seed=self.seed, step=step, part=place.number, share=place.share)
        context.lengths = batch.lengths
        if self.streams:
            context.state = {} if batch.resets else recurrent_state.of_examples(self.carried, place)
        Z, caches = self.loop.forward(self.networks, batch, context)
        mask = counted(batch, Z, self.ignored)
        loss, dZ = self.loss(Z, batch.Y, mask, **batch.weighing)
        if place is not WHOLE:
            dZ *= dZ.dtype.type(share)
        self.descent.clear_gradient()
        self.loop.accumulate(self.networks, dZ, caches)
        return loss, Output(batch, Z, mask, context)

    def reset(self) -> None:
        self.totals = self._totals()

    def _totals(self) -> Totals:
        return Totals(self.loss, self.metrics, self.facts, costs=self.built.config.shows_cost)

    def results(self) -> JsonObject:
        return self.totals.results()

    def observe(self, value: float, better: Literal["more", "less"]) -> None:
        self.schedule.observe(self.schedule_state, value, better)

    def epoch_ended(self, epoch: int, folder: Path) -> None:
        if self.frames is not None:
            self.frames.leave(epoch, folder / "samples")

    def state(self) -> JsonObject:
        return {
            "totals": self.totals.as_json(),
            "schedule": dict(self.schedule_state),
            "carried": recurrent_state.as_json(self.carried),
        }

    def sums(self) -> dict[str, Array]:
        return self.totals.arrays()

    def restore(self, saved: Fields) -> None:
        self.restore_with(saved, {})

    def restore_with(self, saved: Fields, sums: Mapping[str, Array]) -> None:
        self.totals.restore(saved.fields("totals"), sums)
        self.schedule_state = self.schedule.restore(saved.fields("schedule"))
        self.carried = recurrent_state.from_json(saved.fields("carried"))


def _frames(built: Built) -> Frames | None:
    if built.facts.input_shape != (2,):
        return None
    from nntrain.training.frames import Frames  # here, as training starts sooner without pictures

    return Frames(built)
