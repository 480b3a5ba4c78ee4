"""A run directory that is moved, replaced or edited while a run writes: noticed, and nothing goes astray."""

import os
import shutil

import pytest
from reliability.configs import MLP, changed

import nntrain
from nntrain.errors import StorageError
from nntrain.training.engine import Observer

CONFIG = changed(MLP, training={"epochs": 4, "early_stopping": None, "checkpoint": {"steps": 2}})


class At(Observer):
    def __init__(self, act):
        self.act = act

    def step(self, engine):
        if engine.step == 8:
            self.act()


def edit(name, old, new):
    with open(name, "r+", encoding="utf-8") as file:
        text = file.read()
        file.seek(0)
        file.write(text.replace(old, new, 1))


def replaced():
    os.rename("run", "moved")
    os.mkdir("run")


def led_elsewhere():
    os.rename("run/checkpoints", "elsewhere")
    os.symlink("../elsewhere", "run/checkpoints")


NOTICED = {
    "renamed": (lambda: os.rename("run", "moved"), "run: moved or removed"),
    "removed": (lambda: shutil.rmtree("run"), "run: moved or removed"),
    "replaced by an empty one": (replaced, "run: moved or removed"),
    "replaced by a copy": (
        lambda: (os.rename("run", "moved"), shutil.copytree("moved", "run")),
        "run: another directory has taken its place",
    ),
    "checkpoints a link": (led_elsewhere, "checkpoints: cannot be written: a link"),
    "checkpoints removed": (lambda: shutil.rmtree("run/checkpoints"), "last.npz: cannot be written"),
    "config edited": (lambda: edit("run/config.yaml", "0.02", "0.03"), "config.yaml: another program has changed it"),
    "config removed": (lambda: os.remove("run/config.yaml"), "config.yaml: is not there any more"),
    "log removed": (lambda: os.remove("run/metrics.jsonl"), "metrics.jsonl: cannot be written"),
}


@pytest.mark.parametrize("what", NOTICED)
def test_it_is_exit_7_with_the_place(tmp_path, monkeypatch, what):
    act, told = NOTICED[what]
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StorageError, match=told) as caught:
        nntrain.fit(CONFIG, run_dir="run", observer=At(act))
    assert caught.value.exit_code == 7
    if what == "replaced by an empty one":
        assert os.listdir("run") == []
    if what == "checkpoints a link":
        assert sorted(os.listdir("elsewhere")) == ["best.npz", "last.npz"]


def test_a_config_that_is_only_touched_ends_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert nntrain.fit(CONFIG, run_dir="run", observer=At(lambda: os.utime("run/config.yaml", (1, 1)))).status == "done"
