"""Folds of a cross-validation: each example validates once, classes alike, time runs forward."""

import numpy as np
import pytest

from nntrain import config as configs
from nntrain.components import find
from nntrain.data.base import Dataset
from nntrain.data.splits import divide, last_shares
from nntrain.errors import ConfigError, DataError


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


@pytest.mark.parametrize("labels", [None, np.arange(60) // 6 % 3])
def test_a_group_is_never_in_two_parts_and_folds_are_of_one_size(labels):
    groups = np.arange(60) // 6  # ten patients with six rows each
    parts = [divide(Dataset(fold=f"{k}/5"), "d", 60, labels, (), 4, groups) for k in range(1, 6)]
    assert sorted(np.concatenate([part["validation"] for part in parts]).tolist()) == list(range(60))
    for part in parts:
        assert not set(groups[part["train"]]) & set(groups[part["validation"]])
        assert len(part["validation"]) == 12
        assert labels is None or len(set(labels[part["validation"]])) == 2  # one patient of a class a fold


def test_shares_are_cut_between_groups():
    groups = np.repeat(np.arange(20), np.arange(1, 21))
    part = divide(Dataset(validation=0.2, test=0.2), "d", len(groups), None, (), 0, groups)
    assert len({*groups[part["train"]]} | {*groups[part["validation"]]} | {*groups[part["test"]]}) == 20
    assert sum(len({*groups[rows]}) for rows in part.values()) == 20
    assert abs(len(part["test"]) - 42) <= 10
    assert abs(len(part["validation"]) - 34) <= 10
    with pytest.raises(DataError, match=r"1 groups are too few for validation: 0\.2"):
        divide(Dataset(validation=0.2), "d", 9, None, (), 0, np.zeros(9))
    with pytest.raises(DataError, match="2 groups are too few for 3 folds"):
        divide(Dataset(fold="1/3"), "d", 9, None, (), 0, np.arange(9) % 2)


def test_the_column_of_groups_is_no_input(tmp_path):
    path = tmp_path / "patients.csv"
    rows = [f"{i % 7},p{i // 5},{i % 2},{'' if i == 3 else i % 3}" for i in range(60)]
    path.write_text("\n".join(["dose,patient,day,well", *rows]))
    csv = find("dataset")["csv"]
    data = csv(path=path, group="patient", fold="2/4", missing="drop").load(0, np.float64)
    assert data.facts.shape == (2,)
    assert data.parts["train"].size + data.parts["validation"].size == 59
    assert data.parts["validation"].size == 15
    path.write_text("dose,day,well\n1,0,2\n2,1,0\n")  # data to be measured whole need not have it
    whole = csv(path=path, group="patient", validation=0).load(0, np.float64, data.facts)
    assert whole.parts["train"].size == 2
    with pytest.raises(DataError, match="group: no column 'patient'"):
        csv(path=path, group="patient").load(0, np.float64)


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
