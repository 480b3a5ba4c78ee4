"""Metrics: what a person reads beside the cost."""

from typing import TYPE_CHECKING

from nntrain.components import lazy

if TYPE_CHECKING:
    from nntrain.metrics.base import Metric
    from nntrain.metrics.classification import F1, Accuracy, Confusion, Precision, Recall, TopK
    from nntrain.metrics.regression import R2, MeanAbsoluteError, RootMeanSquaredError
    from nntrain.metrics.text import BitsPerCharacter, Perplexity

__all__ = [
    "F1",
    "R2",
    "Accuracy",
    "BitsPerCharacter",
    "Confusion",
    "MeanAbsoluteError",
    "Metric",
    "Perplexity",
    "Precision",
    "Recall",
    "RootMeanSquaredError",
    "TopK",
]

__getattr__ = lazy(__name__, __all__, ("base", "classification", "regression", "text"))
