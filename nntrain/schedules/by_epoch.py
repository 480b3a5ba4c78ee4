"""Schedules that are thought of in epochs: the course's decays, milestones, warm restarts.

s counts the curve's steps from 0 (see nntrain.schedules.base).  None of them asks how long the training is: a run that
is made longer goes on as one that was as long from the start.
"""

from __future__ import annotations

from itertools import pairwise
from math import cos, pi, sqrt

from nntrain.components import arg, component
from nntrain.files.plain_values import JsonObject
from nntrain.schedules.base import Schedule
from nntrain.schedules.lengths import Epochs, Length, number

_AN_EPOCH = Epochs(1.0)


def _stairs(s: int, every: Length, staircase: bool) -> float:
    """s/every, in whole numbers as a staircase."""
    return s // number(every) if staircase else s / number(every)


@component("inverse_time")
class InverseTime(Schedule):
    """1 / (1 + decay ⌊s/every⌋).   Course: "Learning rate decay" (C2W2L09), α₀ / (1 + decay_rate · epoch).

    1 at s = 0, 1 / (1 + decay) at s = every.  Epochs count from 0 here: the first one has α₀ whole, as in the course's
    exercise (in the lecture they count from 1).  `every` is the exercise's time interval.  Keras's InverseTimeDecay.
    """

    decay: float = arg("decay rate", ge=0)
    every: Length = arg("steps that count as one; default: an epoch", default=_AN_EPOCH, ge=1)
    staircase: bool = arg("false: s/every in place of ⌊s/every⌋, falling at every step", default=True)

    def curve(self, s: int, span: int, state: JsonObject) -> float:
        return 1 / (1 + self.decay * _stairs(s, self.every, self.staircase))


@component("inverse_sqrt")
class InverseSqrt(Schedule):
    """k / √(1 + ⌊s/every⌋).   Course: "Learning rate decay" (C2W2L09), k/√epoch · α₀, with epochs from 1.

    k at s = 0, k/2 at s = 3 every.  With `every` equal to `warmup` and staircase: false that of transformers: up to α₀
    in a straight line, then α₀ √(warmup/step).   Vaswani et al. 2017, arXiv:1706.03762, section 5.3.
    """

    k: float = arg("factor of the first epoch", default=1.0, gt=0)
    every: Length = arg("steps that count as one; default: an epoch", default=_AN_EPOCH, ge=1)
    staircase: bool = arg("false: s/every in place of ⌊s/every⌋, falling at every step", default=True)

    def curve(self, s: int, span: int, state: JsonObject) -> float:
        return self.k / sqrt(1 + _stairs(s, self.every, self.staircase))


@component("milestones")
class Milestones(Schedule):
    """γ^(milestones passed): a fall at each of them.   milestones: [{epochs: 10}, {epochs: 15}].

    1 before the first; s equal to a milestone is the first step with its fall.  PyTorch's MultiStepLR.
    """

    at: tuple[Length, ...] = arg(
        "where the rate falls, in rising order: [400, 600], or [{epochs: 10}, {epochs: 15}]", ge=1
    )
    gamma: float = arg("γ, the factor of each fall", default=0.1, gt=0, le=1)

    def __post_init__(self) -> None:
        for kind in (int, Epochs):  # one in steps and one in epochs can be compared only where the data are known
            lengths = [length.epochs if isinstance(length, Epochs) else length for length in self.at]
            alike = [n for n, length in zip(lengths, self.at, strict=True) if isinstance(length, kind)]
            if any(later <= earlier for earlier, later in pairwise(alike)):
                raise ValueError("the milestones do not rise: write them in the order in which they are passed")

    def curve(self, s: int, span: int, state: JsonObject) -> float:
        return float(self.gamma ** sum(s >= number(length) for length in self.at))


@component("cosine_restarts")
class CosineRestarts(Schedule):
    """Half a cosine from 1 to `final` again and again: final + (1 − final) ½ (1 + cos πt/T), t steps after a restart.

    The first cosine takes T = `every` steps, each later one `growth` times as many as that before it.  1 at s = 0 and
    at every restart; the step before a restart is one step before `final`.  PyTorch's CosineAnnealingWarmRestarts with
    T_0, T_mult and eta_min.  Loshchilov, Hutter 2017 (SGDR), arXiv:1608.03983.
    """

    every: Length = arg("steps of the first cosine, or {epochs: N}", ge=1)
    growth: int = arg("how many times as long the next one is", default=1, ge=1)
    final: float = arg("factor at the end of each cosine, one step behind its last", default=0.0, ge=0)

    def curve(self, s: int, span: int, state: JsonObject) -> float:
        length = number(self.every)
        if self.growth == 1:
            s %= length
        while s >= length:
            s, length = s - length, length * self.growth
        return self.final + (1.0 - self.final) * (1 + cos(pi * s / length)) / 2
