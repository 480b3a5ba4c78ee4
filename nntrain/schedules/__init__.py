"""Schedules: how the learning rate changes as the training goes on."""

from typing import TYPE_CHECKING

from nntrain.components import lazy

if TYPE_CHECKING:
    from nntrain.schedules.base import Schedule
    from nntrain.schedules.by_step import Constant, Cosine, Exponential, Linear, OneCycle, Step
    from nntrain.schedules.plateau import Plateau

__all__ = ["Constant", "Cosine", "Exponential", "Linear", "OneCycle", "Plateau", "Schedule", "Step"]

__getattr__ = lazy(__name__, __all__, ("base", "by_step", "plateau"))
