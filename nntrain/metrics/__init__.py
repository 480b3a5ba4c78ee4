"""Metrics: what a person reads beside the cost."""

from nntrain.metrics.base import Metric
from nntrain.metrics.classification import F1, Accuracy, Confusion, Precision, Recall, TopK
from nntrain.metrics.regression import R2, MeanAbsoluteError, RootMeanSquaredError

__all__ = [
    "F1",
    "R2",
    "Accuracy",
    "Confusion",
    "MeanAbsoluteError",
    "Metric",
    "Precision",
    "Recall",
    "RootMeanSquaredError",
    "TopK",
]
