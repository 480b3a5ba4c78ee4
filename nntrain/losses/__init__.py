"""Losses: the cost J of a batch and its derivative at the network's output, together."""

from typing import TYPE_CHECKING

from nntrain.lazy import lazy

if TYPE_CHECKING:
    from nntrain.losses.base import Loss as Loss

OFFERED = ("nntrain.losses.base:Loss",)
# name in configs -> where it is: the one line that a new component needs
COMPONENTS = {
    "loss": {
        "cross_entropy": "nntrain.losses.classification:CrossEntropy",
        "binary_cross_entropy": "nntrain.losses.binary_classification:BinaryCrossEntropy",
        "gan": "nntrain.losses.adversarial:GANLoss",
        "hinge": "nntrain.losses.adversarial:HingeLoss",
        "wasserstein": "nntrain.losses.adversarial:WassersteinLoss",
        "mse": "nntrain.losses.regression:MeanSquaredError",
        "mae": "nntrain.losses.regression:MeanAbsoluteError",
        "huber": "nntrain.losses.regression:Huber",
    },
}

if not TYPE_CHECKING:  # type checkers read a component from its own module
    __getattr__, __dir__, __all__ = lazy(__name__, COMPONENTS, OFFERED)
