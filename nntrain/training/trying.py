"""Short trainings that answer a question: which learning rate, and can it learn at all?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from math import inf, isfinite
from pathlib import Path
from typing import Any

import numpy as np

from nntrain import config as configs
from nntrain.builder import Built, build
from nntrain.components import find
from nntrain.data.base import Batch
from nntrain.data.loader import batches
from nntrain.errors import ConfigError, DivergedError
from nntrain.layers.base import Context
from nntrain.training.supervised import SupervisedTrainer, Totals, valid_steps

LOWEST, HIGHEST = 1e-6, 10.0
RATE_STEPS = 150
_SMOOTH = 0.85
_SETTLED = 10  # steps before the running mean says more of the rates than of the first few batches
_BLOWN_UP = 3.0  # the smoothed loss over its best that ends the test

LEARN_STEPS = 1000
_LOOK_EVERY = 20
_LEARNED_SHARE, _LEARNED_LOSS = 0.99, 0.01


def _trainer(path: Path, overrides: Sequence[str], what: str) -> tuple[Built, SupervisedTrainer]:
    built = build(configs.read(path, overrides))
    trainer = built.config.training.loop.trainer(built)
    if not isinstance(trainer, SupervisedTrainer):
        raise ConfigError(f"{what}: is for a network with one loss, not for the loop {built.config.training.loop.type}")
    return built, trainer


def _endless(built: Built) -> Iterator[Batch]:
    config = built.config
    for epoch in count():
        yield from batches(built.data.parts["train"], config.dataset, config.seed, epoch)


@dataclass
class Rates:
    """The smoothed loss of the range test at every learning rate tried, and the rate to take."""

    lr: list[float]
    loss: list[float]
    suggestion: float


def range_test(path: Path, overrides: Sequence[str] = (), steps: int = RATE_STEPS) -> Rates:
    """Train with a learning rate that grows from step to step until the loss blows up (Smith 2015, arXiv:1506.01186).

    Suggested is the rate at which the smoothed loss falls fastest over log α.
    """
    built, trainer = _trainer(path, overrides, "find-lr")
    rates: list[float] = []
    losses: list[float] = []
    mean, best = 0.0, inf
    with np.errstate(all="ignore"):
        for step, batch in zip(range(steps), _endless(built), strict=False):
            lr = LOWEST * (HIGHEST / LOWEST) ** (step / max(1, steps - 1))
            trainer.lr = lambda _, lr=lr: lr  # type: ignore[method-assign,misc]
            trainer.reset()
            try:
                trainer.step(batch, step)
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


@dataclass
class Learned:
    """How the training on one batch went.  `share` of the answers that is right, or of the values' variance that is
    explained; None where the values do not vary."""

    steps: int
    first: float
    last: float
    share: float | None
    of: str
    ok: bool


def overfit(path: Path, overrides: Sequence[str] = (), steps: int = LEARN_STEPS) -> Learned:
    """Train on one batch with the config's optimizer, at its full learning rate, until the batch is known by heart.

    Learned means that 99 % of the answers are right or of the values' variance is explained, or that the loss is a
    hundredth of the first: that of values between 0 and 1 under binary_cross_entropy has its least value above 0.
    """
    built, trainer = _trainer(path, overrides, "check --overfit")
    lr = built.config.optimizer.lr
    trainer.lr = lambda _: lr  # type: ignore[method-assign,assignment]
    batch = next(_endless(built))
    first = _measure(built, trainer, batch)[0]
    of = "right" if built.data.facts.target == "labels" else "of the variance"
    last: tuple[float, float | None] = (inf, None)
    with np.errstate(all="ignore"):
        for step in range(1, steps + 1):
            trainer.step(batch, step - 1)
            if step % _LOOK_EVERY == 0 or step == steps:
                last = _measure(built, trainer, batch)
                if (last[1] or 0.0) >= _LEARNED_SHARE or last[0] <= _LEARNED_LOSS * first:
                    return Learned(step, first, *last, of, ok=True)
    return Learned(steps, first, *last, of, ok=False)


def _measure(built: Built, trainer: SupervisedTrainer, batch: Batch) -> tuple[float, float | None]:
    """Loss, and share of right answers or of explained variance, on the batch as evaluation sees it."""
    labels = built.data.facts.target == "labels"
    accuracy: Any = find("metric")["accuracy"]
    totals = Totals(trainer.loss, (accuracy(),) if labels else (), built.data.facts)
    context = Context(training=False, seed=built.config.seed)
    context.lengths = batch.lengths
    Z = trainer.network.apply(batch.X, context)
    mask = valid_steps(batch, Z)
    loss = trainer.loss.evaluate(Z, batch.Y, mask)
    totals.add(loss, loss, Z, batch.Y, mask)
    results = totals.results()
    if labels:
        return results["loss"], results["accuracy"]
    varied = float(((batch.Y - batch.Y.mean(-1, keepdims=True)) ** 2).sum())
    left = float(((trainer.loss.predict(Z) - batch.Y) ** 2).sum())
    return results["loss"], 1 - left / varied if varied else None
