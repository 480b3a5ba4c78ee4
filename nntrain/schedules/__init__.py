"""Schedules: how the learning rate changes as the training goes on."""

from typing import TYPE_CHECKING

from nntrain.components import lazy

if TYPE_CHECKING:
    from nntrain.schedules.base import Schedule as Schedule

OFFERED = ("nntrain.schedules.base:Schedule",)
# name in configs -> where it is: the one line that a new component needs
COMPONENTS = {
    "schedule": {
        "constant": "nntrain.schedules.by_step:Constant",
        "step": "nntrain.schedules.by_step:Step",
        "exponential": "nntrain.schedules.by_step:Exponential",
        "linear": "nntrain.schedules.by_step:Linear",
        "cosine": "nntrain.schedules.by_step:Cosine",
        "one_cycle": "nntrain.schedules.by_step:OneCycle",
        "plateau": "nntrain.schedules.plateau:Plateau",
    },
}

if not TYPE_CHECKING:  # type checkers read a component from its own module
    __getattr__, __dir__, __all__ = lazy(__name__, COMPONENTS, OFFERED)
