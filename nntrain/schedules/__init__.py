"""Schedules: how the learning rate changes as the training goes on."""

from typing import TYPE_CHECKING

from nntrain.lazy import lazy

if TYPE_CHECKING:
    from nntrain.schedules.base import Schedule as Schedule
    from nntrain.schedules.lengths import Epochs as Epochs

OFFERED = ("nntrain.schedules.base:Schedule", "nntrain.schedules.lengths:Epochs")
# name in configs -> where it is: the one line that a new component needs
COMPONENTS = {
    "schedule": {
        "constant": "nntrain.schedules.by_step:Constant",
        "step": "nntrain.schedules.by_step:Step",
        "exponential": "nntrain.schedules.by_step:Exponential",
        "linear": "nntrain.schedules.by_step:Linear",
        "cosine": "nntrain.schedules.by_step:Cosine",
        "one_cycle": "nntrain.schedules.by_step:OneCycle",
        "inverse_time": "nntrain.schedules.by_epoch:InverseTime",
        "inverse_sqrt": "nntrain.schedules.by_epoch:InverseSqrt",
        "milestones": "nntrain.schedules.by_epoch:Milestones",
        "cosine_restarts": "nntrain.schedules.by_epoch:CosineRestarts",
        "plateau": "nntrain.schedules.plateau:Plateau",
    },
}

if not TYPE_CHECKING:  # type checkers read a component from its own module
    __getattr__, __dir__, __all__ = lazy(__name__, COMPONENTS, OFFERED)
