"""Metrics: what a person reads beside the cost."""

from typing import TYPE_CHECKING

from nntrain.lazy import lazy

if TYPE_CHECKING:
    from nntrain.metrics.base import Metric as Metric

OFFERED = ("nntrain.metrics.base:Metric",)
# name in configs -> where it is: the one line that a new component needs
COMPONENTS = {
    "metric": {
        "accuracy": "nntrain.metrics.label_metrics:Accuracy",
        "balanced_accuracy": "nntrain.metrics.class_scores:BalancedAccuracy",
        "top_k": "nntrain.metrics.label_metrics:TopK",
        "precision": "nntrain.metrics.class_scores:Precision",
        "recall": "nntrain.metrics.class_scores:Recall",
        "f1": "nntrain.metrics.class_scores:F1",
        "mcc": "nntrain.metrics.class_scores:MCC",
        "per_class": "nntrain.metrics.class_scores:PerClass",
        "confusion": "nntrain.metrics.label_metrics:Confusion",
        "roc_auc": "nntrain.metrics.ranking:RocAuc",
        "average_precision": "nntrain.metrics.ranking:AveragePrecision",
        "log_loss": "nntrain.metrics.surprise:LogLoss",
        "perplexity": "nntrain.metrics.surprise:Perplexity",
        "bits_per_character": "nntrain.metrics.surprise:BitsPerCharacter",
        "exact_match": "nntrain.metrics.sequence_metrics:ExactMatch",
        "mae": "nntrain.metrics.value_metrics:MeanAbsoluteError",
        "rmse": "nntrain.metrics.value_metrics:RootMeanSquaredError",
        "mape": "nntrain.metrics.value_metrics:MeanAbsolutePercentageError",
        "r2": "nntrain.metrics.explained:R2",
        "explained_variance": "nntrain.metrics.explained:ExplainedVariance",
    },
}
# Listings order runs by these without NumPy, which the classes need; the classes say the same of themselves.
MORE_IS_BETTER = frozenset(
    {
        *("accuracy", "balanced_accuracy", "top_k", "precision", "recall", "f1", "mcc", "roc_auc", "average_precision"),
        *("exact_match", "r2", "explained_variance"),
    }
)

if not TYPE_CHECKING:  # type checkers read a component from its own module
    __getattr__, __dir__, __all__ = lazy(__name__, COMPONENTS, OFFERED)
