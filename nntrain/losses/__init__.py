"""Losses: the cost J of a batch and its derivative at the network's output, together."""

from typing import TYPE_CHECKING

from nntrain.components import lazy

if TYPE_CHECKING:
    from nntrain.losses.adversarial import AdversarialLoss, GANLoss, HingeLoss, WassersteinLoss
    from nntrain.losses.base import Loss
    from nntrain.losses.classification import BinaryCrossEntropy, CrossEntropy
    from nntrain.losses.regression import Huber, MeanAbsoluteError, MeanSquaredError

__all__ = [
    "AdversarialLoss",
    "BinaryCrossEntropy",
    "CrossEntropy",
    "GANLoss",
    "HingeLoss",
    "Huber",
    "Loss",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "WassersteinLoss",
]

__getattr__ = lazy(__name__, __all__, ("adversarial", "base", "classification", "regression"))
