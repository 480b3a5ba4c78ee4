"""Metrics: what a person reads beside the cost."""

from typing import TYPE_CHECKING

from nntrain.components import lazy

if TYPE_CHECKING:
    from nntrain.metrics.base import Metric as Metric

OFFERED = ("nntrain.metrics.base:Metric",)
# name in configs -> where it is: the one line that a new component needs
COMPONENTS = {
    "metric": {
        "accuracy": "nntrain.metrics.label_metrics:Accuracy",
        "top_k": "nntrain.metrics.label_metrics:TopK",
        "precision": "nntrain.metrics.label_metrics:Precision",
        "recall": "nntrain.metrics.label_metrics:Recall",
        "f1": "nntrain.metrics.label_metrics:F1",
        "confusion": "nntrain.metrics.label_metrics:Confusion",
        "mae": "nntrain.metrics.value_metrics:MeanAbsoluteError",
        "rmse": "nntrain.metrics.value_metrics:RootMeanSquaredError",
        "r2": "nntrain.metrics.value_metrics:R2",
        "perplexity": "nntrain.metrics.text_metrics:Perplexity",
        "bits_per_character": "nntrain.metrics.text_metrics:BitsPerCharacter",
    },
}

if not TYPE_CHECKING:  # type checkers read a component from its own module
    __getattr__, __dir__, __all__ = lazy(__name__, COMPONENTS, OFFERED)
