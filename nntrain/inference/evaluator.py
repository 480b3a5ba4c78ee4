"""What networks say to examples, batch by batch, in evaluation mode; and loss and metrics of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from nntrain.builder import Model
from nntrain.config.settings import Training
from nntrain.data.loader import evaluation_batches, evaluation_indices, shared_batches
from nntrain.data.micro_batches import cut
from nntrain.data.parts import Batch, Part
from nntrain.errors import DataError
from nntrain.files.plain_values import JsonObject
from nntrain.inference.totals import Totals
from nntrain.model.layer import Context, State
from nntrain.model.network import Network
from nntrain.model.shapes import Array
from nntrain.optimizers.gradient import penalty
from nntrain.parallel import team


@dataclass
class Output:
    """What the networks say to one batch.

    Z         (n, m), or (T, n, m) for an output at every step: logits, scores or values
    mask      (T, m), or (m,) where Z is one output an example: True where a target counts; None where all do
    context   of the forward pass: what layers added to the cost, and the recurrent state behind the batch
    """

    batch: Batch
    Z: Array
    mask: Array | None
    context: Context


def counted(batch: Batch, Z: Array, ignored: int | None = None) -> Array | None:
    """True where a target counts, (T, m) or (m,): not behind a sequence's end, and not of the ignored class
    (`Loss.ignored`).  None where all count, or where there is one output a sequence."""
    mask = None
    if batch.steps_of_targets is not None and Z.ndim == 3:
        mask = np.arange(Z.shape[0])[:, None] < batch.steps_of_targets
    if ignored is None or not batch.Y.size:
        return mask
    labelled = np.not_equal(batch.Y, ignored)
    return labelled if mask is None else labelled & mask


def output(model: Model, batch: Batch, state: State | None = None) -> Output:
    """One batch through the networks.  `state`: what recurrent layers carry in from the batch before, or None."""
    context = Context(training=False, seed=model.config.seed)
    context.lengths = batch.lengths
    context.state = state
    Z = model.loop.apply(model.networks, batch, context)
    return Output(batch, Z, counted(batch, Z, model.config.loss.ignored(model.facts)), context)


def outputs(model: Model, part: Part) -> Iterator[Output]:
    """All examples of a part in their order.  In streams, recurrent state goes along from batch to batch."""
    state: State = {}
    for batch in evaluation_batches(part, model.config.part_size):
        carried = ({} if batch.resets else state) if part.streams else None
        out = output(model, batch, carried)
        state = out.context.state or {}
        yield out


def _shared_outputs(model: Model, part: Part) -> Iterator[tuple[int, Output]]:
    """`outputs` of this process of a team, each with its place: batches are dealt out; of streams, the parts that
    micro_batches cuts each batch into, with recurrent state of their own."""
    if not part.streams:
        for number, batch in shared_batches(part, model.config.part_size):
            yield number, output(model, batch)
        return
    states: dict[int, State] = {}
    for number, indices in enumerate(evaluation_indices(part, 0)):
        part.look()
        places = cut(len(indices), model.config.training.micro_batches)
        for k in team.current().own(len(places)):
            batch = part.batch(indices[places[k].start : places[k].stop])
            out = output(model, batch, {} if batch.resets else states[k])
            states[k] = out.context.state or {}
            yield number * len(places) + k, out


def evaluate(model: Model, part: Part) -> JsonObject:
    """Loss and metrics over a part; `naive_loss` and so on are those of the forecast by rule, where the data have one.

    `loss` is the mean over examples, or over their steps; `cost` has the terms that layers add to it (KL), and the L1
    and L2 terms.
    """
    config, networks = model.config, model.networks.values()
    of_weights = sum(_penalty(network, config.training) for network in networks)
    measured = _Measured(model, of_weights)
    if config.training.micro_batches == 1:
        for out in outputs(model, part):
            measured.add(out)
        return measured.results()
    found = {}
    for place, out in _shared_outputs(model, part):
        one = _Measured(model, of_weights)
        one.add(out)
        found[place] = tuple(totals.sums() for totals in one.all.values())
    for sums in team.current().gather(found):
        for totals, of_batch in zip(measured.all.values(), sums, strict=True):
            totals.merge(of_batch)
    return measured.results()


class _Measured:
    """Sums over outputs, and over what the forecasts by rule say to the same examples, by what names begin with."""

    def __init__(self, model: Model, of_weights: float):
        config, facts = model.config, model.facts
        self.loss, self.of_weights, self.labels = config.loss, of_weights, facts.target == "labels"
        self.all = {
            "": Totals(self.loss, config.metrics, facts, costs=config.shows_cost),
            "naive_": Totals(self.loss, config.metrics, facts),
            "naive_season_": Totals(self.loss, config.metrics, facts),
        }

    def add(self, out: Output) -> None:
        """One batch."""
        batch, mask = out.batch, out.mask
        _check_steps(batch.Y, out.Z, self.labels)
        J = self.loss.evaluate(out.Z, batch.Y, mask, **batch.weighing)
        self.all[""].add(J, J + out.context.cost + self.of_weights, out.Z, batch, mask)
        for name, rival in (("naive_", batch.naive), ("naive_season_", batch.seasonal)):
            if rival is not None:
                J = self.loss.evaluate(rival, batch.Y, mask, **batch.weighing)
                self.all[name].add(J, J, rival, batch, mask)

    def results(self) -> JsonObject:
        """All means, by the names of the log."""
        return {
            beginning + name: value
            for beginning, totals in self.all.items()
            if not beginning or totals.weight
            for name, value in totals.results().items()
        }


def _check_steps(Y: Array, Z: Array, labels: bool) -> None:
    """Raise DataError where targets are one an example and outputs one a step, or the reverse: other data than those of
    training may have such."""
    steps, own = Z.shape[:-2], Y.shape[: -1 if labels else -2]
    if Z.ndim > 3 or own == steps or Y.shape == (*steps, Z.shape[-1]):
        return
    say = {True: "one a step", False: "one an example"}
    wrong = f"{say[bool(own)]}, expected {say[bool(steps)]}"
    if own and steps:
        wrong = f"{own[0]} steps, expected {steps[0]}"
    raise DataError(f"the targets are {wrong}, as this network's outputs are")


def _penalty(network: Network, training: Training) -> float:
    l1, l2 = training.l1, training.l2
    return penalty(network.theta[: network.layout.decayed], l1, l2) if l1 or l2 else 0.0
