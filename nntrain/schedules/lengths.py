"""Lengths of time in a schedule: a number of steps, or {epochs: 10}."""

from __future__ import annotations

from typing import TypeAlias

from nntrain.components import arg, frozen


@frozen
class Epochs:
    """So many passes through the training part."""

    epochs: float = arg("passes through the training part; half a one is 0.5", gt=0)

    def steps(self, an_epoch: int) -> int:
        """The nearest number of steps, at least 1, where an epoch has so many."""
        return max(1, round(self.epochs * an_epoch))


Length: TypeAlias = int | Epochs


def number(length: Length) -> int:
    """The steps of a length that `Schedule.in_steps` has seen.  Raises TypeError for one in epochs."""
    if isinstance(length, Epochs):
        raise TypeError(f"{length} is in epochs: Schedule.in_steps says how many steps that are")
    return length
