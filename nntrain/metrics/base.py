"""The metric contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from nntrain.components import Component
from nntrain.files.plain_values import Json
from nntrain.model.shapes import Array

if TYPE_CHECKING:
    from nntrain.data.facts import Facts
    from nntrain.losses import Loss


class Metric(Component):
    """Base of all metrics: sums over examples (over their steps, where there are any), and a value made of the sums.

    The sums are all the state there is, so the value does not depend on how the examples are cut into batches, and
    `state.tolist()` goes into a checkpoint.  Without any example a mean is NaN.

    better           whether "more" or "less" is better, None where that cannot be said
    of_predictions   whether it compares predictions with targets, both in the data's units; else it reads decisions off
                     the network's outputs
    """

    kind: ClassVar[str] = "metric"
    better: ClassVar[Literal["more", "less"] | None]
    of_predictions: ClassVar[bool] = False

    def declare(self, facts: Facts, loss: Loss) -> None:
        """Raise ShapeError where the metric means nothing for these data."""

    def start(self, facts: Facts) -> Array:
        """The sums before the first example, float64."""
        raise NotImplementedError

    def update(self, state: Array, Z: Array, Y: Array, mask: Array | None = None, *, threshold: float = 0.0) -> None:
        """Add a batch to the sums, in place.

        Z          the network's output, (n, m) or (T, n, m).  Classes are read off the logits themselves: softmax does
                   not change which is the largest.  Values and predictions are to be in the data's units
        Y          labels (m,) or (T, m), or values like Z
        mask       (T, m) True where a step counts
        threshold  where a single output begins to mean class 1: `loss.threshold`
        """
        raise NotImplementedError

    def value(self, state: Array) -> Json:
        """The metric: a float, or nested lists."""
        raise NotImplementedError

    def restore(self, state: Array, saved: list[Json]) -> None:
        """Take back what `state.tolist()` gave, into a state that `start` made.  Raises ValueError where it is none."""
        state[...] = saved


def ratio(part: float, whole: float) -> float:
    """A mean of nothing is not a number."""
    return float(part / whole) if whole else float("nan")
