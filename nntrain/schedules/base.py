"""Schedules: the factor that multiplies the optimizer's learning rate at a step.

Steps count from 0.  A factor is a pure function of the step, so a resumed run has the rates of the uninterrupted one;
`plateau` alone listens, and its state goes into the checkpoint.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar, Literal, Self

from nntrain.components import Component, arg, component_base, values
from nntrain.files.json_fields import Fields
from nntrain.files.plain_values import JsonObject
from nntrain.schedules.lengths import Epochs, Length, number


@component_base(kw_only=True)
class Schedule(Component):
    """Base of all schedules: a linear warm-up, then a curve.

    During the warm-up of w steps the curve's first value is multiplied by (step + 1)/w.  The curve has the rest of the
    horizon: s = step − w of S = horizon − w steps; from S on it keeps its value at S.  A warm-up may be longer than the
    training.

    first    step 0 has 1/w of the curve's first value, without a warm-up the whole; never 0
    turning  the last step of the warm-up, w − 1, has the curve's first value, as has step w, the first of the curve
    last     the last step of the horizon is s = S − 1.  What a curve says of s = S holds from the step behind it: such
             a step there is only where `steps` is smaller than the training

    Every length is a number of steps, or of epochs: {epochs: 10}.
    """

    kind: ClassVar[str] = "schedule"
    listens: ClassVar[bool] = False  # whether `observe` does anything
    stretches: ClassVar[bool] = False  # whether the curve depends on S: on how long the training is
    warmup: Length = arg("steps of a linear rise from 0 before the curve begins", default=0, kw_only=True, ge=0)
    steps: Length | None = arg(
        "horizon in steps, warm-up included; default: the whole training", default=None, kw_only=True, ge=1
    )

    def __call__(self, step: int, horizon: int, state: JsonObject) -> float:
        """The factor at a step of a training of `horizon` steps."""
        warmup = number(self.warmup)
        span = (number(self.steps) if self.steps is not None else horizon) - warmup
        s = min(step - warmup, span)
        value = self.curve(max(s, 0), max(span, 1), state)
        return value * (step + 1) / warmup if step < warmup else value

    def in_steps(self, an_epoch: int) -> Self:
        """The same schedule, what is said in epochs as numbers of steps: an epoch has `an_epoch` of them."""
        return replace(self, **{name: _in_steps(value, an_epoch) for name, value in values(self).items()})

    def curve(self, s: int, span: int, state: JsonObject) -> float:
        """The factor at 0 ≤ s ≤ span, where span is S, at least 1."""
        raise NotImplementedError

    def start(self) -> JsonObject:
        """State at the beginning of a training, as JSON."""
        return {}

    def restore(self, saved: Fields) -> JsonObject:
        """The state that a checkpoint holds.  Raises ValueError where it is none of this schedule's."""
        return {}

    def observe(self, state: JsonObject, value: float, better: Literal["more", "less"]) -> None:
        """A new value of training.monitor, after a validation: changes `state` in place."""


def _in_steps(value: Any, an_epoch: int) -> Any:
    if isinstance(value, tuple):
        return tuple(_in_steps(item, an_epoch) for item in value)
    return value.steps(an_epoch) if isinstance(value, Epochs) else value
