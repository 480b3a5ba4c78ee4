"""Schedules: the factor that multiplies the optimizer's learning rate at a step.

Steps count from 0.  A factor is a pure function of the step, so a resumed run has the rates of the uninterrupted one;
`plateau` alone listens, and its state goes into the checkpoint.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, inf, isfinite, pi
from typing import Any, ClassVar, Literal

from nntrain.components import Component, arg, component


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Schedule(Component):
    """Base of all schedules: a linear warm-up, then a curve.

    During the warm-up of w steps the curve's first value is multiplied by (step + 1)/w.  The curve has the rest of the
    horizon: s = step − w of S = horizon − w steps; from S on it keeps its value at S.  A warm-up may be longer than the
    training.
    """

    kind: ClassVar[str] = "schedule"
    listens: ClassVar[bool] = False  # whether `observe` does anything
    warmup: int = arg("steps of a linear rise from 0 before the curve begins", default=0, kw_only=True, ge=0)
    steps: int | None = arg(
        "horizon in steps, warm-up included; default: the whole training", default=None, kw_only=True, ge=1
    )

    def __call__(self, step: int, horizon: int, state: dict[str, Any]) -> float:
        """The factor at a step of a training of `horizon` steps."""
        span = (self.steps or horizon) - self.warmup
        s = min(step - self.warmup, span)
        value = self.curve(max(s, 0), max(span, 1), state)
        return value * (step + 1) / self.warmup if step < self.warmup else value

    def curve(self, s: int, span: int, state: dict[str, Any]) -> float:
        """The factor at 0 ≤ s ≤ span, where span is S, at least 1."""
        raise NotImplementedError

    def start(self) -> dict[str, Any]:
        """State at the beginning of a training, as JSON."""
        return {}

    def observe(self, state: dict[str, Any], value: float, better: Literal["more", "less"]) -> None:
        """A new value of training.monitor, after a validation: changes `state` in place."""


def _half_cosine(first: float, last: float, progress: float) -> float:
    return last + (first - last) * (1 + cos(pi * progress)) / 2


@component("constant")
class Constant(Schedule):
    """1."""

    def curve(self, s: int, span: int, state: dict[str, Any]) -> float:
        return 1.0


@component("step")
class Step(Schedule):
    """γ^⌊s/every⌋: a stair.   Course: "Learning rate decay" (C2W2L09)."""

    every: int = arg("steps from one fall to the next", ge=1)
    gamma: float = arg("γ, the factor of each fall", default=0.1, gt=0, le=1)

    def curve(self, s: int, span: int, state: dict[str, Any]) -> float:
        return self.gamma ** (s // self.every)


@component("exponential")
class Exponential(Schedule):
    """γ^(s/every): the smooth form of `step`.   Course: "Learning rate decay" (C2W2L09).

    The course's 0.95^epoch α₀ has the number of steps in an epoch as `every`.
    """

    gamma: float = arg("γ, the factor over `every` steps", gt=0, le=1)
    every: int = arg("steps in which the rate falls by γ", default=1, ge=1)

    def curve(self, s: int, span: int, state: dict[str, Any]) -> float:
        return self.gamma ** (s / self.every)


@component("linear")
class Linear(Schedule):
    """From 1 to `final` in a straight line: 1 − (1 − final) s/S."""

    final: float = arg("factor at the horizon", default=0.0, ge=0)

    def curve(self, s: int, span: int, state: dict[str, Any]) -> float:
        return 1 - (1 - self.final) * s / span


@component("cosine")
class Cosine(Schedule):
    """From 1 to `final` along half a cosine: final + (1 − final) ½ (1 + cos πs/S).   Loshchilov, Hutter 2017.

    Without their restarts.
    """

    final: float = arg("factor at the horizon", default=0.0, ge=0)

    def curve(self, s: int, span: int, state: dict[str, Any]) -> float:
        return _half_cosine(1.0, self.final, s / span)


@component("one_cycle")
class OneCycle(Schedule):
    """Up from `initial` to 1 at the share `peak` of the steps, then down to `final`, each along half a cosine.

    The optimizer's lr is the highest rate.   Smith, Topin 2018, in straight lines and with the momentum cycled against
    the rate; here cosines, as in fastai and PyTorch, and the momentum stays.
    """

    peak: float = arg("share of the steps before the highest rate", default=0.3, ge=0, lt=1)
    initial: float = arg("factor at the first step", default=0.04, ge=0)
    final: float = arg("factor at the horizon", default=4e-6, ge=0)

    def curve(self, s: int, span: int, state: dict[str, Any]) -> float:
        progress = s / span
        if progress < self.peak:
            return _half_cosine(self.initial, 1.0, progress / self.peak)
        return _half_cosine(1.0, self.final, (progress - self.peak) / (1 - self.peak))


@component("plateau")
class Plateau(Schedule):
    """Multiplied by `factor` whenever training.monitor has not got better for `patience` validations in a row.

    Better is what passes the best value so far by more than min_delta; NaN and infinity never do.
    """

    listens = True
    factor: float = arg("what the rate is multiplied by", default=0.1, gt=0, lt=1)
    patience: int = arg("validations without a better value before the rate falls", default=10, ge=1)
    min_delta: float = arg("how much better counts, in the units of training.monitor", default=0.0, ge=0)
    minimum: float = arg("the factor falls no further", default=0.0, ge=0, le=1)

    def curve(self, s: int, span: int, state: dict[str, Any]) -> float:
        return state["factor"]

    def start(self) -> dict[str, Any]:
        return {"factor": 1.0, "best": None, "waited": 0}

    def observe(self, state: dict[str, Any], value: float, better: Literal["more", "less"]) -> None:
        best = state["best"]
        gain = inf if best is None else (value - best if better == "more" else best - value)
        if gain > self.min_delta and isfinite(value):
            state.update(best=value, waited=0)
            return
        state["waited"] += 1
        if state["waited"] == self.patience:
            state.update(factor=max(state["factor"] * self.factor, self.minimum), waited=0)
