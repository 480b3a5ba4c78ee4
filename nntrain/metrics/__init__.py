"""Metrics: what a person reads beside the cost."""

from typing import TYPE_CHECKING

from nntrain.components import lazy

if TYPE_CHECKING:
    from nntrain.metrics.base import Metric
    from nntrain.metrics.label_metrics import F1, Accuracy, Confusion, Precision, Recall, TopK
    from nntrain.metrics.text_metrics import BitsPerCharacter, Perplexity
    from nntrain.metrics.value_metrics import R2, MeanAbsoluteError, RootMeanSquaredError

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

__getattr__ = lazy(__name__, __all__, ("base", "label_metrics", "value_metrics", "text_metrics"))
