"""Schedules that depend on the step alone.

s counts the curve's steps from 0, of S: the last one of a training is s = S − 1 (see nntrain.schedules.base).
"""

from __future__ import annotations

from math import cos, pi

from nntrain.components import arg, component
from nntrain.files.plain_values import JsonObject
from nntrain.schedules.base import Schedule
from nntrain.schedules.lengths import Length, number


def _half_cosine(first: float, last: float, progress: float) -> float:
    return last + (first - last) * (1 + cos(pi * progress)) / 2


@component("constant")
class Constant(Schedule):
    """1 at every step."""

    def curve(self, s: int, span: int, state: JsonObject) -> float:
        return 1.0


@component("step")
class Step(Schedule):
    """γ^⌊s/every⌋: a stair.   Course: "Learning rate decay" (C2W2L09).

    `every` steps have 1; s = every is the first with γ.  With every: {epochs: 1} and gamma: 0.95 the course's
    0.95^epoch α₀.  PyTorch's StepLR, stepped at every step.
    """

    every: Length = arg("steps from one fall to the next, or {epochs: N}", ge=1)
    gamma: float = arg("γ, the factor of each fall", default=0.1, gt=0, le=1)

    def curve(self, s: int, span: int, state: JsonObject) -> float:
        return float(self.gamma ** (s // number(self.every)))


@component("exponential")
class Exponential(Schedule):
    """γ^(s/every): the smooth form of `step`.   Course: "Learning rate decay" (C2W2L09).

    1 at s = 0, γ at s = every.  The course's 0.95^epoch α₀ has every: {epochs: 1}; without it γ acts at every step.
    """

    gamma: float = arg("γ, the factor over `every` steps", gt=0, le=1)
    every: Length = arg("steps in which the rate falls by γ", default=1, ge=1)

    def curve(self, s: int, span: int, state: JsonObject) -> float:
        return float(self.gamma ** (s / number(self.every)))


@component("linear")
class Linear(Schedule):
    """From 1 to `final` in a straight line: 1 − (1 − final) s/S.

    1 at s = 0; the last step, S − 1, is 1/S of the way before `final`, which s = S has: no step is spent at rate 0.  As
    PyTorch's LinearLR with total_iters = S.
    """

    stretches = True
    final: float = arg("factor at the horizon, one step behind the last", default=0.0, ge=0)

    def curve(self, s: int, span: int, state: JsonObject) -> float:
        return 1 - (1 - self.final) * s / span


@component("cosine")
class Cosine(Schedule):
    """From 1 to `final` along half a cosine: final + (1 − final) ½ (1 + cos πs/S).

    1 at s = 0, half-way at S/2; the last step, S − 1, is one step before `final`, which s = S has: no step is spent at
    rate 0.  As PyTorch's CosineAnnealingLR with T_max = S.  Loshchilov, Hutter 2017, without restarts.
    """

    stretches = True
    final: float = arg("factor at the horizon, one step behind the last", default=0.0, ge=0)

    def curve(self, s: int, span: int, state: JsonObject) -> float:
        return _half_cosine(1.0, self.final, s / span)


@component("one_cycle")
class OneCycle(Schedule):
    """Up from `initial` to 1 over the first share `peak` of the steps, then down to `final`, each along half a cosine.

    s = 0, the first step, has `initial`; s = round(peak · S) − 1, at least 1, has the highest factor, 1; s = S − 1, the
    last step, has `final`.  A training of two steps has `initial` and 1; with peak 0 the first step has 1.  PyTorch's
    OneCycleLR is the same where peak · S is a whole number; elsewhere its highest rate lies between two steps.

    Smith, Topin 2018, in straight lines and with the momentum cycled against the rate; here cosines, as in fastai and
    PyTorch, and the momentum stays.
    """

    stretches = True
    peak: float = arg("share of the steps up to the highest rate", default=0.3, ge=0, lt=1)
    initial: float = arg("factor at the first step", default=0.04, ge=0)
    final: float = arg("factor at the last step", default=4e-6, ge=0)

    def curve(self, s: int, span: int, state: JsonObject) -> float:
        last = span - 1
        top = max(1, min(round(self.peak * span), last) - 1) if self.peak else 0
        if s < top:
            return _half_cosine(self.initial, 1.0, s / top)
        return _half_cosine(1.0, self.final, (min(s, last) - top) / (last - top) if last > top else 0.0)
