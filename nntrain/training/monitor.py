"""The monitored quantity: the best value so far, and when to stop early."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Literal

from nntrain.errors import DataError, DivergedError
from nntrain.files.json_fields import Fields
from nntrain.files.plain_values import JsonObject


@dataclass
class Monitor:
    """Watches one value, such as validation.loss, after every evaluation.

    better     "less" or "more": belongs to the metric
    patience   evaluations without an improvement of more than `min_delta` before training stops; None: never
    """

    name: str
    better: Literal["more", "less"]
    patience: int | None = None
    min_delta: float = 0.0

    def __post_init__(self) -> None:
        self.best: float | None = None
        self.best_step = 0
        self.best_epoch = 0
        self.reference: float | None = None  # the value that an improvement is measured from
        self.waited = 0

    @property
    def exhausted(self) -> bool:
        """Whether the patience is at its end."""
        return self.patience is not None and self.waited >= self.patience

    def find(self, line: JsonObject) -> float | None:
        """The value in a line of the log; None where this line was written without an evaluation."""
        part, _, metric = self.name.partition(".")
        return line[part][metric] if part in line else None

    def observe(self, value: float, epoch: int, step: int) -> bool:
        """Take a new value, a finite one; True if it is the best so far."""
        if self.reference is None or self._gain(value, self.reference) > self.min_delta:
            self.reference, self.waited = value, 0
        else:
            self.waited += 1
        if self.best is not None and self._gain(value, self.best) <= 0:
            return False
        self.best, self.best_epoch, self.best_step = value, epoch, step
        return True

    def _gain(self, value: float, other: float) -> float:
        return other - value if self.better == "less" else value - other

    def state(self) -> JsonObject:
        """What resuming needs, as JSON."""
        settings = asdict(self)
        return {"name": self.name, **{k: v for k, v in self.__dict__.items() if k not in settings}}

    def restore(self, saved: Fields) -> None:
        """Take back what `state` gave; of another value than this one nothing is taken.  Raises WrongFieldsError."""
        # checkpoints had no name in it while the cost could not be watched
        name = saved.text("name") if "name" in saved else self.name.replace(".cost", ".loss")
        if name != self.name:
            return
        self.best = saved.number("best") if "best" in saved else None
        self.reference = saved.number("reference") if "reference" in saved else None
        self.best_step, self.best_epoch, self.waited = map(saved.whole, ("best_step", "best_epoch", "waited"))


def check_finite(value: float, name: str, step: int) -> None:
    """Raise DivergedError for a loss, or what is watched, that is not finite."""
    if not math.isfinite(value):
        raise DivergedError(f"diverged at step {step}: {name} is {value}")


def check_measured(value: float, name: str, step: int) -> None:
    """Raise DataError for a metric that is not a number where the loss is one: these examples do not have it."""
    part, _, metric = name.partition(".")
    if math.isnan(value) and metric not in ("loss", "cost"):
        raise DataError(
            f"training.monitor: {name} is not a number at step {step}: the {part} part has no such value, as where all "
            "its examples are of one class; monitor another, or change the part"
        )
    check_finite(value, name, step)
