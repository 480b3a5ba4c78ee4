"""Sums over batches, and the means that are made of them: the same whatever the batches' sizes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from nntrain.data.facts import Facts
from nntrain.data.parts import Batch
from nntrain.files.json_fields import Fields, WrongFieldsError
from nntrain.files.plain_values import JsonObject
from nntrain.losses.base import Loss
from nntrain.metrics.base import Metric
from nntrain.model.shapes import Array

METRIC = "metric/"  # the sums of a metric, where they are an array of their own in a checkpoint
LARGE = 10_000  # numbers: more do not go into a manifest


class Sums(NamedTuple):
    """Sums over some batches, as numbers and arrays: Σ w, Σ w loss, Σ w cost, and every metric's."""

    weight: float
    loss: float
    cost: float
    states: list[Array]


class Totals:
    """Sums of loss, cost and metrics: each batch counts for its examples, or its steps.

    costs      whether the cost is a result beside the loss; where nothing is added to the loss it is the same number
    predicts   whether any metric is of predictions in the data's units, not of outputs
    """

    def __init__(self, loss: Loss, metrics: tuple[Metric[Any], ...], facts: Facts, *, costs: bool = False):
        self.loss = loss
        self.metrics = metrics
        self.facts = facts
        self.costs = costs
        self.predicts = any(metric.of_predictions for metric in metrics)
        self.states = [metric.start(facts) for metric in metrics]
        self.weight = 0.0
        self.loss_sum = 0.0
        self.cost_sum = 0.0

    def add(self, loss: float, cost: float, Z: Array, batch: Batch, mask: Array | None) -> None:
        """A batch: its mean loss and cost, and what the metrics read off outputs Z and targets Y."""
        Y = batch.Y
        weighing: Any = batch.weighing
        weight = self.loss.weight(Y, mask, **weighing)
        self.weight += weight
        self.loss_sum += loss * weight
        self.cost_sum += cost * weight
        outputs = predictions = Z, Y
        if self.predicts:
            predictions = self.facts.to_units(self.loss.predict(Z)), self.facts.to_units(Y)
        threshold = self.loss.threshold
        for metric, state in zip(self.metrics, self.states, strict=True):
            seen, target = predictions if metric.of_predictions else outputs
            metric.update(state, seen, target, mask, threshold=threshold, **weighing)

    def sums(self) -> Sums:
        """What has been added so far, to be merged into the totals of another process."""
        states = [metric.save(state) for metric, state in zip(self.metrics, self.states, strict=True)]
        return Sums(self.weight, self.loss_sum, self.cost_sum, states)

    def merge(self, sums: Sums) -> None:
        """Add the sums over other batches, which come behind these."""
        self.weight += sums.weight
        self.loss_sum += sums.loss
        self.cost_sum += sums.cost
        for metric, state, saved in zip(self.metrics, self.states, sums.states, strict=True):
            later = metric.start(self.facts)
            metric.restore(later, saved)
            metric.merge(state, later)

    def results(self) -> JsonObject:
        """Mean loss; the mean cost; every metric."""
        weight = self.weight or 1.0
        values: JsonObject = {"loss": self.loss_sum / weight}
        if self.costs:
            values["cost"] = self.cost_sum / weight
        for metric, state in zip(self.metrics, self.states, strict=True):
            values[metric.type] = metric.named(metric.value(state), self.facts)
        return values

    def as_json(self) -> JsonObject:
        """The sums, as a checkpoint's manifest keeps them: null for those that are arrays of their own in it."""
        states = [None if large else state.tolist() for _, state, large in self._saved()]
        return {"weight": self.weight, "loss": self.loss_sum, "cost": self.cost_sum, "metrics": states}

    def arrays(self) -> dict[str, Array]:
        """The sums that are too large for a manifest, by their names in a checkpoint."""
        return {METRIC + metric.type: state for metric, state, large in self._saved() if large}

    def _saved(self) -> Iterator[tuple[Metric[Any], Array, bool]]:
        """Every metric, its sums as an array, and whether they are large."""
        for metric, state in zip(self.metrics, self.states, strict=True):
            saved = metric.save(state)
            yield metric, saved, saved.size > LARGE

    def restore(self, saved: Fields, arrays: Mapping[str, Array]) -> None:
        """Take back what `as_json` and `arrays` gave.  Raises WrongFieldsError where they do not belong together."""
        self.weight, self.loss_sum, self.cost_sum = (saved.number(key) for key in ("weight", "loss", "cost"))
        left, states = dict(arrays), saved.items("metrics")
        if len(states) != len(self.metrics):
            raise WrongFieldsError(f"metrics: {len(states)} sums of {len(self.metrics)} metrics")
        for metric, state, values in zip(self.metrics, self.states, states, strict=True):
            kept: Any = left.pop(METRIC + metric.type, None) if values is None else values
            try:
                if not isinstance(kept, list | np.ndarray):
                    raise TypeError("its sums are missing")
                metric.restore(state, kept)
            except (TypeError, ValueError, OverflowError) as error:  # NumPy's, where there is no such table of numbers
                raise WrongFieldsError(f"{metric.type}: {error}") from None
        if left:
            raise WrongFieldsError(f"{min(left)} belongs to no metric")


class Means:
    """Means over examples of what is measured batch by batch; `sums`: name -> [weighted sum, weight]."""

    def __init__(self, names: tuple[str, ...]):
        self.sums: dict[str, list[float]] = {name: [0.0, 0.0] for name in names}

    def add(self, values: Mapping[str, float], weight: int) -> None:
        """A batch of `weight` examples, and the mean over it of each value."""
        for name, value in values.items():
            pair = self.sums[name]
            pair[0] += value * weight
            pair[1] += weight

    def results(self) -> dict[str, float]:
        """The means of what was measured at all."""
        return {name: total / weight for name, (total, weight) in self.sums.items() if weight}

    def as_json(self) -> dict[str, list[float]]:
        """The sums, as a checkpoint keeps them."""
        return {name: list(pair) for name, pair in self.sums.items()}

    def restore(self, saved: Fields) -> None:
        """Take back what `as_json` gave.  Raises WrongFieldsError for anything else."""
        for name, pair in self.sums.items():
            pair[:] = saved.numbers(name, 2)
