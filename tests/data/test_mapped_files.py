"""A memory-mapped file that somebody cuts or writes to while a run reads it is one line, and no SIGBUS."""

import json
import os

import numpy as np
import pytest

import nntrain
from nntrain.errors import DataError
from nntrain.training.engine import Observer

CONFIG = {
    "dataset": {"type": "npy", "inputs": "X.npy", "targets": "Y.npy", "validation": 0.2, "batch_size": 16},
    "architecture": [{"dense": 2}],
    "loss": "cross_entropy",
    "optimizer": "adam",
    "training": {"epochs": 3},
}


class At(Observer):
    def __init__(self, step, act):
        self.at, self.act = step, act

    def step(self, engine):
        if engine.step == self.at:
            self.act()


@pytest.fixture
def train(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    np.save("X.npy", rng.standard_normal((4000, 20)).astype(np.float32))
    np.save("Y.npy", rng.integers(0, 2, 4000))
    os.utime("X.npy", (1e9, 1e9))
    os.utime("Y.npy", (1e9, 1e9))
    return lambda act: nntrain.fit(CONFIG, run_dir="run", observer=At(5, act))


@pytest.mark.parametrize("name", ["X.npy", "Y.npy"])
def test_a_file_that_is_cut_is_named(train, tmp_path, name):
    size = os.path.getsize(name)
    with pytest.raises(DataError, match=f"{name}: error: the file was cut from {size:,} to 5,000 bytes"):
        train(lambda: os.truncate(name, 5000))
    assert json.loads((tmp_path / "run" / "status.json").read_text())["status"] == "failed"


def test_a_file_that_is_written_to_is_named(train):
    def act():
        with open("X.npy", "r+b") as file:
            file.seek(10_000)
            file.write(b"other")

    with pytest.raises(DataError, match=r"X.npy: error: the file was changed while the run read it"):
        train(act)


@pytest.mark.parametrize("act", [lambda: os.remove("X.npy"), lambda: os.replace("Y.npy", "X.npy"), lambda: None])
def test_one_whose_pages_stay_as_they_were_is_read_on(train, act):
    assert train(act).status == "done"
