"""Classifier and Regressor are estimators as scikit-learn means them."""

import pickle

import numpy as np
import pytest

sklearn = pytest.importorskip("sklearn")
pytestmark = pytest.mark.filterwarnings("default::sklearn.exceptions.SkipTestWarning")

from sklearn.base import clone  # noqa: E402
from sklearn.datasets import load_digits, make_moons  # noqa: E402
from sklearn.model_selection import GridSearchCV, cross_val_score  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from sklearn.utils.estimator_checks import check_estimator  # noqa: E402

from nntrain.sklearn import Classifier, Regressor  # noqa: E402

X, Y = make_moons(80, noise=0.1, random_state=0)
SHORT = {"training.epochs": 20}


@pytest.mark.slow
@pytest.mark.parametrize("estimator", [Classifier(random_state=0), Regressor(random_state=0)], ids=["class", "values"])
def test_check_estimator_passes(estimator):
    results = check_estimator(estimator, on_skip=None)
    assert {result["status"] for result in results} <= {"passed", "skipped"}
    assert sum(result["status"] == "passed" for result in results) > 45


def test_labels_of_any_kind_come_back(tmp_path):
    words = np.where(Y, "right", "left")
    classifier = Classifier(overrides=SHORT, random_state=0).fit(X, words)
    assert classifier.classes_.tolist() == ["left", "right"]
    assert classifier.score(X, words) > 0.85
    assert classifier.predict_proba(X).shape == (80, 2)
    copy = pickle.loads(pickle.dumps(classifier))
    assert np.array_equal(copy.predict_proba(X), classifier.predict_proba(X))
    assert copy.run_.output(X, "relu_1").shape == (80, 64)
    with pytest.raises(sklearn.exceptions.NotFittedError):
        clone(classifier).predict(X)


def test_it_works_in_pipelines_searches_and_scores():
    pipeline = make_pipeline(StandardScaler(), Classifier(overrides=SHORT, random_state=0))
    assert cross_val_score(pipeline, X, Y, cv=2).mean() > 0.8
    grid = {"overrides": [{"training.epochs": 1, "optimizer.lr": 1e-6}, SHORT]}
    search = GridSearchCV(Classifier(random_state=0), grid, cv=2).fit(X, Y)
    assert search.best_params_ == {"overrides": SHORT}


def test_values_are_predicted_in_their_own_units():
    values = 1000 + 100 * X @ np.array([[1.0, 0.5], [2.0, -1.0]])
    regressor = Regressor(overrides=SHORT, random_state=0).fit(X, values)
    assert regressor.predict(X).shape == (80, 2)
    assert regressor.score(X, values) > 0.9


def test_a_config_of_ones_own_with_images():
    images, labels = load_digits(n_class=3, return_X_y=True)
    config = {
        "dataset": {"batch_size": 32, "validation": 0.1},
        "architecture": [{"conv2d": {"filters": 4, "kernel": 3}}, "relu", "flatten", {"dense": "$dataset.classes"}],
        "loss": "cross_entropy",
        "optimizer": "adam",
        "training": {"epochs": 4},
    }
    classifier = Classifier(config, input_shape=(1, 8, 8)).fit(images / 16, labels)
    assert classifier.score(images / 16, labels) > 0.8


def test_what_cannot_be_trained_is_a_value_error():
    with pytest.raises(ValueError, match=r"no 'lrr'"):
        Classifier(overrides={"optimizer.lrr": 1}).fit(X, Y)
    with pytest.raises(ValueError, match="only one class"):
        Classifier().fit(X, np.zeros(80, int))
