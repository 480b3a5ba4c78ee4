"""Data that many runs share are read once, and each run sees what it would have read for itself."""

from dataclasses import replace

import numpy as np
import pytest
from data.cases import CASES

from nntrain.data import array_part, held
from nntrain.data.csv import Csv
from nntrain.data.loader import evaluation_batches
from nntrain.data.npz import Npz

RUNS = [(0, "float32"), (1, "float32"), (0, "float64"), (1, "float32")]


def seen(data):
    """All that a run sees of its data."""
    arrays = [
        (part, name, value.tobytes(), value.dtype, value.shape)
        for part in data.parts
        for batch in evaluation_batches(data.parts[part], 4)
        for name, value in vars(batch).items()
        if isinstance(value, np.ndarray)
    ]
    return arrays, data.facts.as_json(), data.sha256, data.warnings, data.missing


def check_same(datasets):
    alone = [seen(dataset.load(seed, dtype)) for dataset, (seed, dtype) in zip(datasets, RUNS, strict=True)]
    with held.for_all_runs():
        together = [seen(dataset.load(seed, dtype)) for dataset, (seed, dtype) in zip(datasets, RUNS, strict=True)]
    assert together == alone


@pytest.mark.parametrize("name", [name for name in CASES if name != "arrays"])  # those come from Python, not files
def test_runs_of_every_dataset_see_what_each_would_read_alone(name, tmp_path):
    check_same([CASES[name](tmp_path)] * 4)


@pytest.fixture
def table(tmp_path):
    lines = [f"{x % 7},{'' if x % 5 == 0 else x * 0.3:},{'ab'[x % 2]},{x * 0.7}" for x in range(40)]
    (tmp_path / "t.csv").write_text("\n".join(["a,b,c,y", *lines]))
    return tmp_path / "t.csv"


@pytest.mark.parametrize("missing", ["mean", "category", "drop"])
def test_what_is_fitted_on_the_training_rows_is_each_runs_own(table, missing):
    dataset = Csv(table, missing=missing, standardize=True, standardize_target=True, task="regression", validation=0.3)
    check_same([dataset, replace(dataset, standardize=False), replace(dataset, fold="2/3"), dataset])


def test_a_large_table_that_runs_standardize_differently_lies_in_memory_once(tmp_path, monkeypatch):
    monkeypatch.setattr(array_part, "EAGER_BYTES", 100)
    x = np.random.default_rng(0).normal(3, 2, (50, 4)).astype(np.float32)
    np.savez(tmp_path / "a.npz", x=x, y=np.arange(50) % 3)
    dataset = Npz(tmp_path / "a.npz", standardize=True)
    check_same([dataset, dataset, replace(dataset, standardize=False), dataset])
    with held.for_all_runs():
        parts = [dataset.load(seed, "float32").parts["train"] for seed in (0, 1)]
    assert np.shares_memory(parts[0].inputs.flat, parts[1].inputs.flat)


def test_files_are_read_once(table, monkeypatch):
    dataset = Csv(table, missing="mean")
    with held.for_all_runs():
        before = dataset.load(0, "float32")
        table.unlink()
        assert dataset.load(0, "float32") is before
        assert replace(dataset, batch_size=3, shuffle=False).load(0, "float32") is before
        assert dataset.load(1, "float64").sha256 == before.sha256
    assert not held.holding()
