"""The schedule that listens to what the run monitors."""

from __future__ import annotations

from math import inf, isfinite
from typing import Literal

from nntrain.components import arg, component
from nntrain.files.json_fields import Fields
from nntrain.files.plain_values import JsonObject
from nntrain.schedules.base import Schedule


@component("plateau")
class Plateau(Schedule):
    """Multiplied by `factor` whenever training.monitor has not got better for `patience` validations in a row.

    Better is what passes the best value so far by more than min_delta; NaN and infinity never do.  The rate is 1 until
    the first fall; a fall holds from the step behind the validation on, to the end, and waiting begins anew with it.

    `patience` is that of Keras.  PyTorch's ReduceLROnPlateau falls at the first validation beyond its patience: 3 here
    is 2 there.  Its threshold is relative, 1e-4; here min_delta is absolute, 0.
    """

    listens = True
    factor: float = arg("what the rate is multiplied by", default=0.1, gt=0, lt=1)
    patience: int = arg("validations without a better value before the rate falls", default=10, ge=1)
    min_delta: float = arg("how much better counts, in the units of training.monitor", default=0.0, ge=0)
    minimum: float = arg("the factor falls no further", default=0.0, ge=0, le=1)

    def curve(self, s: int, span: int, state: JsonObject) -> float:
        return float(state["factor"])

    def start(self) -> JsonObject:
        return {"factor": 1.0, "best": None, "waited": 0}

    def restore(self, saved: Fields) -> JsonObject:
        best = saved.number("best") if "best" in saved else None
        return {"factor": saved.number("factor"), "best": best, "waited": saved.whole("waited")}

    def observe(self, state: JsonObject, value: float, better: Literal["more", "less"]) -> None:
        best = state["best"]
        gain = inf if best is None else (value - best if better == "more" else best - value)
        if gain > self.min_delta and isfinite(value):
            state.update(best=value, waited=0)
            return
        state["waited"] += 1
        if state["waited"] == self.patience:
            state.update(factor=max(state["factor"] * self.factor, self.minimum), waited=0)
