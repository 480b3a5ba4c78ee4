"""When a run evaluates, writes a line and saves."""

from __future__ import annotations

from nntrain.config.settings import Training


class Cadence:
    """What is due after so many finished steps of a run of `total` steps."""

    def __init__(self, settings: Training, steps_per_epoch: int, total: int):
        self.evaluate, self.checkpoint = settings.evaluate, settings.checkpoint
        self.steps_per_epoch, self.total = steps_per_epoch, total

    def evaluation_is_due(self, step: int) -> bool:
        """Every so many steps or epochs, and at the end."""
        if step == self.total:
            return True
        if self.evaluate.steps is not None:
            return step % self.evaluate.steps == 0
        return step % ((self.evaluate.epochs or 1) * self.steps_per_epoch) == 0

    def line_is_due(self, step: int) -> bool:
        """At the end of each epoch, and with each evaluation."""
        return step % self.steps_per_epoch == 0 or self.evaluation_is_due(step)

    def save_is_due(self, step: int, seconds: float) -> bool:
        """Every so many steps or epochs, or where the last checkpoint is so many seconds old."""
        if self.checkpoint.steps is not None:
            return step % self.checkpoint.steps == 0
        if self.checkpoint.epochs is not None:
            return step % (self.checkpoint.epochs * self.steps_per_epoch) == 0
        return seconds >= (self.checkpoint.seconds or 0.0)
