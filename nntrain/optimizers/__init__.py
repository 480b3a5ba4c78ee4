"""Optimizers over the flat parameter vector, and what is done to the gradient before their step."""

from typing import TYPE_CHECKING

from nntrain.components import lazy

if TYPE_CHECKING:
    from nntrain.optimizers.adaptive import Adagrad, Adam, AdamW, RMSprop
    from nntrain.optimizers.base import Optimizer
    from nntrain.optimizers.gradient import clip_by_norm, clip_by_value, norm, penalty
    from nntrain.optimizers.sgd import SGD

__all__ = [
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "Optimizer",
    "RMSprop",
    "clip_by_norm",
    "clip_by_value",
    "norm",
    "penalty",
]

__getattr__ = lazy(__name__, __all__, ("adaptive", "base", "gradient", "sgd"))
