"""Which learning rate?  The range test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite
from pathlib import Path

import numpy as np

from nntrain.diagnosis.short_training import endless_batches, trainer_of_one_loss
from nntrain.errors import ConfigError, DivergedError
from nntrain.messages import Warn, unheard

LOWEST, HIGHEST = 1e-6, 10.0

RATE_STEPS = 150

_SMOOTH = 0.85

_SETTLED = 10  # steps before the running mean says more of the rates than of the first few batches

_BLOWN_UP = 3.0  # the smoothed loss over its best that ends the test


@dataclass
class Rates:
    """The smoothed loss of the range test at every learning rate tried, and the rate to take."""

    lr: list[float]
    loss: list[float]
    suggestion: float


def range_test(path: Path, overrides: Sequence[str] = (), steps: int = RATE_STEPS, warn: Warn = unheard) -> Rates:
    """Train with a learning rate that grows from step to step until the loss blows up (Smith 2015, arXiv:1506.01186).

    Suggested is the rate at which the smoothed loss falls fastest over log α.
    """
    built, trainer = trainer_of_one_loss(path, overrides, "find-lr", warn)
    rates: list[float] = []
    losses: list[float] = []
    mean, best = 0.0, inf
    with np.errstate(all="ignore"):
        for step, batch in zip(range(steps), endless_batches(built), strict=False):
            lr = LOWEST * (HIGHEST / LOWEST) ** (step / max(1, steps - 1))
            trainer.reset()
            try:
                trainer.step_with(lr, batch, step)
            except DivergedError:
                break
            mean = _SMOOTH * mean + (1 - _SMOOTH) * trainer.results()["loss"]
            smoothed = mean / (1 - _SMOOTH ** (step + 1))
            if not isfinite(smoothed) or (step > _SETTLED and smoothed > _BLOWN_UP * best):
                break
            best = min(best, smoothed)
            rates.append(lr)
            losses.append(smoothed)
    if len(rates) < 5 or min(losses) >= max(losses[: 1 + len(losses) // 10]) * 0.999:
        raise ConfigError("find-lr: the loss falls at no learning rate; nntrain check --overfit may say why")
    return Rates(rates, losses, _steepest(rates, losses))


def _steepest(rates: list[float], losses: list[float]) -> float:
    """Where a line through a fifteenth of the points falls most, up to the lowest point.

    Small batches make noise that falls faster than the loss: a fall that is taken back before the lowest point does not
    count, nor one among the first points, which are means of a few batches.
    """
    half, first = max(2, len(rates) // 30), len(rates) // 10
    rates, y = rates[first:], np.asarray(losses[first:])
    end = max(5, int(y.argmin()) + 1)
    y[:end] = np.maximum.accumulate(y[:end][::-1])[::-1]
    x, inside = np.log(rates), range(half, min(end, len(rates) - half))
    slopes = [np.polyfit(x[i - half : i + half + 1], y[i - half : i + half + 1], 1)[0] for i in inside]
    return float(f"{rates[inside[int(np.argmin(slopes))] if slopes else min(end, len(rates)) // 2]:.2g}")
