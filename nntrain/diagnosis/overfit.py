"""Can the network learn at all?  One batch, learned by heart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

import numpy as np

from nntrain.builder import Built
from nntrain.components import find
from nntrain.data.loader import batches
from nntrain.data.parts import Batch
from nntrain.diagnosis.short_training import trainer_of_one_loss
from nntrain.errors import DivergedError
from nntrain.inference.evaluator import output
from nntrain.inference.totals import Totals
from nntrain.training.divergence import unscaled

LEARN_STEPS = 1000

_LOOK_EVERY = 20

_LEARNED_SHARE, _LEARNED_LOSS = 0.99, 0.01
_LEAST_SHARE = 0.5  # the loss of large targets falls to a hundredth where nothing but their mean is learned


@dataclass
class Learned:
    """How the training on one batch went.  `share` of the answers that is right, or of the values' variance that is
    explained; None where the values do not vary."""

    steps: int
    first: float
    last: float
    share: float | None
    of: str
    of_texts: bool
    ok: bool


def overfit(path: Path, overrides: Sequence[str] = (), steps: int = LEARN_STEPS) -> Learned:
    """Train on one batch with the config's optimizer, at its full learning rate, until the batch is known by heart.

    Learned means that 99 % of the answers are right or of the values' variance is explained, or that the loss is a
    hundredth of the first (with half of the variance): that of values between 0 and 1 under binary_cross_entropy has
    its least value above 0.
    """
    built, trainer = trainer_of_one_loss(path, overrides, "check --overfit")
    config = built.config
    lr = config.optimizer_of(next(iter(built.networks))).lr
    batch = next(batches(built.data.parts["train"], config.dataset, config.seed, 0))
    first = _measure(built, batch)[0]
    texts = built.data.facts.text is not None
    of = "right" if built.data.facts.target == "labels" else "of the variance"
    last: tuple[float, float | None] = (inf, None)
    with np.errstate(all="ignore"):
        for step in range(1, steps + 1):
            try:
                trainer.step_with(lr, batch, step - 1)
            except DivergedError as error:
                raise _too_large(str(error).partition(";")[0], built) from None
            if step % _LOOK_EVERY == 0 or step == steps:
                last = _measure(built, batch)
                share = last[1]
                fell = last[0] <= _LEARNED_LOSS * first and (share is None or share >= _LEAST_SHARE)
                if fell or (share is not None and share >= _LEARNED_SHARE):
                    return Learned(step, first, *last, of, texts, ok=True)
    if not last[0] <= first:
        raise _too_large(f"the loss went from {first:.4g} to {last[0]:.4g}", built)
    return Learned(steps, first, *last, of, texts, ok=False)


def _too_large(what: str, built: Built) -> DivergedError:
    """What to say where the steps lead away from the minimum."""
    first = unscaled(built.config, built.data)
    instead = f"set {first} first, or lower it" if first else "lower it or set training.clip_norm"
    return DivergedError(f"overfit: {what}: optimizer.lr is too large; {instead}")


def _measure(built: Built, batch: Batch) -> tuple[float, float | None]:
    """Loss, and share of right answers or of explained variance, on the batch as evaluation sees it."""
    loss, labels = built.config.loss, built.facts.target == "labels"
    accuracy: Any = find("metric")["accuracy"]
    totals = Totals(loss, (accuracy(),) if labels else (), built.facts)
    out = output(built, batch)
    J = loss.evaluate(out.Z, batch.Y, out.mask, **batch.weighing)
    totals.add(J, J, out.Z, batch, out.mask)
    results = totals.results()
    if labels:
        return results["loss"], results["accuracy"]
    varied = float(((batch.Y - batch.Y.mean(-1, keepdims=True)) ** 2).sum())
    left = float(((loss.predict(out.Z) - batch.Y) ** 2).sum())
    return results["loss"], 1 - left / varied if varied else None
