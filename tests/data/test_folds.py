"""Folds of a cross-validation: each example validates once, classes alike, time runs forward."""

import numpy as np
import pytest

from nntrain import config as configs
from nntrain.data.base import Dataset
from nntrain.data.splits import divide, last_shares
from nntrain.errors import ConfigError


@pytest.mark.parametrize("folds", [2, 3, 5])
def test_every_example_validates_once_and_classes_come_alike(folds):
    labels = np.repeat([0, 1, 2], [20, 10, 7])
    parts = [divide(Dataset(fold=f"{k}/{folds}"), "d", 37, labels, (), 4) for k in range(1, folds + 1)]
    assert sorted(np.concatenate([part["validation"] for part in parts]).tolist()) == list(range(37))
    for part in parts:
        assert sorted([*part["train"], *part["validation"]]) == list(range(37))
        counts = np.bincount(labels[part["validation"]], minlength=3)
        assert (np.abs(counts - np.array([20, 10, 7]) / folds) <= 1).all()


def test_the_test_part_stays_the_same_in_every_fold():
    parts = [divide(Dataset(fold=f"{k}/4", test=0.2), "d", 40, None, (), 0) for k in (1, 2)]
    assert parts[0]["test"].tolist() == parts[1]["test"].tolist()


def test_of_a_series_each_fold_validates_on_what_comes_next():
    parts = [last_shares(Dataset(fold=f"{k}/3"), "d", 40, ()) for k in (1, 2, 3)]
    assert [(part["train"], part["validation"]) for part in parts] == [
        (slice(0, 10), slice(10, 20)),
        (slice(0, 20), slice(20, 30)),
        (slice(0, 30), slice(30, 40)),
    ]


@pytest.mark.parametrize("fold", ["0/5", "6/5", "1/1", "x", "2"])
def test_a_fold_that_is_none_is_told(fold):
    declared = {"dataset": {"type": "digits", "fold": fold}, "architecture": ["flatten", {"dense": 10}]}
    with pytest.raises(ConfigError, match="fold"):
        configs.read({**declared, "loss": "cross_entropy", "optimizer": {"sgd": 0.1}, "training": {"steps": 1}})
