"""Classifier and Regressor: a config with scikit-learn's fit and predict, for its pipelines, searches and scores."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from nntrain.api.arguments import override_texts
from nntrain.api.train import fit as train
from nntrain.api.trained_run import TrainedRun
from nntrain.errors import NNTrainError
from nntrain.files.plain_values import Json, JsonObject
from nntrain.model.shapes import Array

# what is trained where no config is given
_CONFIG: JsonObject = {
    "name": "estimator",
    "dtype": "float64",
    "dataset": {"batch_size": 32, "validation": 0, "standardize": True},
    "architecture": [{"dense": 64}, "relu", {"dense": "$dataset.classes"}],
    "loss": "cross_entropy",
    "optimizer": {"type": "adam", "lr": 0.01},
    "schedule": "cosine",
    "training": {"epochs": 60},
}
_REGRESSION = {"architecture": [{"dense": 64}, "relu", {"dense": "$dataset.outputs"}], "loss": "mse"}


class _Network:
    """The best checkpoint of a training, as bytes: it is pickled and copied with its estimator."""

    def __init__(self, content: bytes):
        self.content = content

    def __getstate__(self) -> dict[str, bytes]:
        return {"content": self.content}

    @cached_property
    def run(self) -> TrainedRun:
        from nntrain.files import checkpoint

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "best.npz"
            path.write_bytes(self.content)
            return TrainedRun(path, None, checkpoint.read(path))


class _Estimator(BaseEstimator):
    """What both have in common.

    config        a config file, or the same as a mapping; None: a network of one hidden layer.  Of its `dataset` the
                  keys stay that every dataset has
    overrides     {"optimizer.lr": 0.01} or ["optimizer.lr=0.01"]: what a search varies
    random_state  the seed; None: the config's
    input_shape   of one example where it is no vector: (1, 8, 8) for images whose pixels lie in a row
    verbose       show the progress
    """

    _default: Mapping[str, Json] = _CONFIG

    def __init__(
        self,
        config: str | os.PathLike[str] | Mapping[str, Json] | None = None,
        *,
        overrides: Any = None,
        random_state: int | None = None,
        input_shape: tuple[int, ...] | None = None,
        verbose: bool = False,
    ):
        self.config = config
        self.overrides = overrides
        self.random_state = random_state
        self.input_shape = input_shape
        self.verbose = verbose

    def _train(self, X: Array, Y: Array) -> None:
        config: Any = self._default if self.config is None else self.config
        overrides = override_texts(self.overrides or ())
        if self.random_state is not None:
            seed = self.random_state
            if not isinstance(seed, int | np.integer):  # a generator
                seed = seed.randint(2**31)
            overrides.append(f"seed={seed}")
        with tempfile.TemporaryDirectory() as folder:
            try:
                run = train(
                    config if isinstance(config, Mapping) else Path(config),
                    overrides,
                    X=self._shaped(X),
                    Y=Y,
                    quiet=not self.verbose,
                    run_dir=Path(folder) / "run",
                )
            except NNTrainError as error:
                raise ValueError(str(error)) from error
            self.history_ = run.history
            self.network_ = _Network(run.path.read_bytes())
        self.n_iter_ = len(self.history_)

    def _shaped(self, X: Array) -> Array:
        return X if self.input_shape is None else X.reshape(len(X), *self.input_shape)

    def _seen(self, X: object) -> Array:
        check_is_fitted(self)
        return self._shaped(validate_data(self, X, reset=False, dtype=[np.float64, np.float32]))

    @property
    def run_(self) -> TrainedRun:
        """The trained network, as nntrain.load gives it: `output`, `parameters`, `config`."""
        check_is_fitted(self)
        return self.network_.run


def _enough(X: Array) -> None:
    if len(X) < 2:
        raise ValueError(f"Found array with n_samples={len(X)}: a training needs 2 samples or more")


class Classifier(ClassifierMixin, _Estimator):
    """A network with labels of any kind as its targets.   classes_ (K,)   network_   history_   n_iter_"""

    def fit(self, X: object, y: object) -> Classifier:
        """Train from the beginning.   X (N, n_x)   y (N,)"""
        seen, labels = validate_data(self, X, y, dtype=[np.float64, np.float32])
        check_classification_targets(labels)
        self.classes_, numbers = np.unique(column_or_1d(labels, warn=True), return_inverse=True)
        _enough(seen)
        if len(self.classes_) < 2:
            raise ValueError(f"Classifier cannot train when only one class is present: {self.classes_[0]}")
        self._train(seen, numbers.astype(np.int64))
        return self

    def predict(self, X: object) -> Array:
        """The likeliest label of each example."""
        seen = self._seen(X)
        return np.asarray(self.classes_[self.network_.run.predict(seen)])

    def predict_proba(self, X: object) -> Array:
        """The probability of each class, (N, K), in the order of classes_."""
        seen = self._seen(X)
        P = self.network_.run.probabilities(seen).astype(np.float64)
        return np.asarray(P / P.sum(axis=1, keepdims=True))


class Regressor(RegressorMixin, _Estimator):
    """A network with values as its targets, which are learned with mean 0 and deviation 1.   network_   history_"""

    _default: Mapping[str, Json] = {**_CONFIG, **_REGRESSION}

    def fit(self, X: object, y: object) -> Regressor:
        """Train from the beginning.   X (N, n_x)   y (N,) or (N, n_y)"""
        seen, values = validate_data(self, X, y, dtype=[np.float64, np.float32], multi_output=True, y_numeric=True)
        if values.ndim == 2 and values.shape[1] == 1:
            values = column_or_1d(values, warn=True)
        _enough(seen)
        values = values.astype(np.float64)
        deviation = values.std(axis=0)
        self.mean_, self.deviation_ = values.mean(axis=0), np.where(deviation > 0, deviation, 1.0)
        self._train(seen, (values - self.mean_) / self.deviation_)
        return self

    def predict(self, X: object) -> Array:
        """The values of each example."""
        seen = self._seen(X)
        return np.asarray(self.network_.run.predict(seen).astype(np.float64) * self.deviation_ + self.mean_)
