"""Schedules that depend on the step alone."""

from __future__ import annotations

from math import cos, pi
from typing import Any

from nntrain.components import arg, component
from nntrain.schedules.base import Schedule


def _half_cosine(first: float, last: float, progress: float) -> float:
    return last + (first - last) * (1 + cos(pi * progress)) / 2


@component("constant")
class Constant(Schedule):
    """1 at every step."""

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
    """γ^(s/every): the smooth form of `step`.

    Course: "Learning rate decay" (C2W2L09), 0.95^epoch α₀: `every` is then the number of steps in an epoch.
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
    """From 1 to `final` along half a cosine: final + (1 − final) ½ (1 + cos πs/S).

    Loshchilov, Hutter 2017, without restarts.
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
