"""The metric contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Generic, Literal, TypeVar

import numpy as np

from nntrain.components import Component
from nntrain.files.plain_values import Json
from nntrain.model.shapes import Array

if TYPE_CHECKING:
    from nntrain.data.facts import Facts
    from nntrain.losses.base import Loss

State = TypeVar("State")
Better = Literal["more", "less"]
Saved = Array | list[Json]  # a state as a checkpoint keeps it, or the JSON of it


class Metric(Component, Generic[State]):
    """Base of all metrics: sums over examples (over their steps, where there are any), and a value made of the sums.

    The state is all there is, so the value does not depend on how the examples are cut into batches, and a run that was
    cut off goes on with it.  It is an array of sums, float64, or for a metric of the order of all examples a list of
    arrays, one a batch.  Without any example a mean is NaN.

    better           whether "more" or "less" is better, None where that cannot be said
    of_predictions   whether it compares predictions with targets, both in the data's units; else it reads decisions off
                     the network's outputs
    """

    kind: ClassVar[str] = "metric"
    better: ClassVar[Better | None]
    of_predictions: ClassVar[bool] = False

    def declare(self, facts: Facts, loss: Loss) -> None:
        """Raise ShapeError where the metric means nothing for these data."""

    def start(self, facts: Facts) -> State:
        """The state before the first example."""
        raise NotImplementedError

    def update(
        self,
        state: State,
        Z: Array,
        Y: Array,
        mask: Array | None = None,
        *,
        threshold: float = 0.0,
        weights: Array | None = None,
    ) -> None:
        """Add a batch to the state, in place.

        Z          the network's output, (n, m) or (T, n, m).  Classes are read off the logits themselves: softmax does
                   not change which is the largest.  Values and predictions are to be in the data's units
        Y          labels (m,) or (T, m), or values like Z
        mask       (T, m), or (m,) where there is one target an example: True where it counts
        threshold  where a single output begins to mean class 1: `loss.threshold`, 0 for a logit, ½ for a probability
        weights    ≥ 0, (m,) of the examples or (T, m) of the steps: what each counts for.  Given where the data have
                   some
        """
        raise NotImplementedError

    def merge(self, state: State, later: State) -> None:
        """Add the state of other examples, which come behind, in place.

        Written anew by a metric whose state is no array of plain sums.
        """
        assert isinstance(state, np.ndarray)
        state += later

    def value(self, state: State) -> Json:
        """The metric: a float, or nested lists."""
        raise NotImplementedError

    def named(self, value: Json, facts: Facts) -> Json:
        """The value as it is reported: tables say the names of the classes."""
        return value

    def positive_class(self, facts: Facts) -> str | None:
        """The class that the value is of, where it is of one alone."""
        return None

    def save(self, state: State) -> Array:
        """The state as one array, as a checkpoint keeps it."""
        return np.asarray(state)

    def restore(self, state: State, saved: Saved) -> None:
        """Take back what `save` gave, an array or its `tolist()`, into a state that `start` made.

        Raises ValueError where it is none.
        """
        assert isinstance(state, np.ndarray)
        state[...] = saved


def ratio(part: float, whole: float) -> float:
    """A mean of nothing is not a number."""
    return float(part / whole) if whole else float("nan")


def of_positions(V: Array, mask: Array | None) -> Array:
    """One value an example (m,), or a step (T, m): the values of those that count, (K,)."""
    if mask is not None:
        return V[mask]
    return V if V.ndim == 1 else V.reshape(-1)


def of_outputs(V: Array, mask: Array | None) -> Array:
    """Outputs (n, m) or (T, n, m): those of the examples, or steps, that count, (n, K)."""
    if mask is not None:
        return np.moveaxis(V, -2, 0)[:, mask]
    return np.moveaxis(V, -2, 0).reshape(V.shape[-2], -1) if V.ndim > 2 else V


def weights_of(weights: Array | None, Z: Array, mask: Array | None) -> Array | None:
    """The weights of the examples, or steps, that count, (K,); None where all count alike."""
    if weights is None:
        return None
    return of_positions(np.broadcast_to(weights, (*Z.shape[:-2], Z.shape[-1])).astype(np.float64), mask)


def total(values: Array, w: Array | None) -> float:
    """Σ w v, over values (K,) or (n, K)."""
    if w is not None:
        return float((values * w).sum())
    return float(np.count_nonzero(values) if values.dtype == np.bool_ else values.sum())
