"""Optimizers over the flat parameter vector, and what is done to the gradient before their step."""

from typing import TYPE_CHECKING

from nntrain.lazy import lazy

if TYPE_CHECKING:
    from nntrain.optimizers.base import Optimizer as Optimizer

OFFERED = ("nntrain.optimizers.base:Optimizer",)
# name in configs -> where it is: the one line that a new component needs
COMPONENTS = {
    "optimizer": {
        "adagrad": "nntrain.optimizers.adaptive:Adagrad",
        "rmsprop": "nntrain.optimizers.adaptive:RMSprop",
        "adam": "nntrain.optimizers.adaptive:Adam",
        "adamw": "nntrain.optimizers.adaptive:AdamW",
        "sgd": "nntrain.optimizers.sgd:SGD",
    },
}

if not TYPE_CHECKING:  # type checkers read a component from its own module
    __getattr__, __dir__, __all__ = lazy(__name__, COMPONENTS, OFFERED)
