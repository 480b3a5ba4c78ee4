"""What a checkpoint says of a training is looked at before it is taken: another program can write good hashes, too."""

import copy
import json
from contextlib import suppress

import numpy as np
import pytest

from nntrain import config
from nntrain.builder import build
from nntrain.errors import CheckpointError
from nntrain.files import checkpoint
from nntrain.files.json_fields import Fields
from nntrain.files.storage import json_bytes
from nntrain.inference import load as loading
from nntrain.training.monitor import Monitor

TEXT = "one quick fox jumps over that lazy dog, and runs! " * 5


def trainer(kind, tmp_path):
    """After one step, with something in everything that it keeps."""
    (tmp_path / "fox.txt").write_text(TEXT)
    given = {
        "text": {
            "dataset": {"type": "text", "path": str(tmp_path / "fox.txt"), "length": 16, "batch_size": 4},
            "architecture": [{"embedding": 5}, {"lstm": 6}, {"dense": "$dataset.vocabulary"}],
            "loss": "cross_entropy",
            "metrics": ["perplexity", "accuracy", "confusion"],
            "schedule": "plateau",
        },
        "gan": {
            "dataset": {"type": "moons", "examples": 40},
            "architecture": {"generator": [{"dense": 2}], "discriminator": [{"dense": 1}]},
            "loss": "gan",
            "optimizer": {"generator": "adam", "discriminator": "adam"},
        },
    }[kind]
    loop = "gan" if kind == "gan" else "supervised"
    built = build(config.read({"optimizer": "adam", "training": {"epochs": 1, "loop": loop}, **given}))
    made = built.loop.trainer(built)
    part = built.data.parts["train"]
    made.step(part.batch(np.arange(part.streams or 8)), 0)
    made.observe(0.5, "less")
    return made


def places(value, path=()):
    """Every path in a JSON value."""
    yield path
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from places(value[key], (*path, key))


def replaced(state, path, value):
    if not path:
        return value
    changed = copy.deepcopy(state)
    at = changed
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return changed


@pytest.mark.parametrize("kind", ["text", "gan"])
def test_a_state_comes_back_and_a_wrong_one_is_a_value_error_whatever_is_wrong(kind, tmp_path):
    made = trainer(kind, tmp_path)
    state = json.loads(json_bytes(made.state()))
    again = trainer(kind, tmp_path)
    again.reset()
    again.restore(Fields(state, "training"))
    assert json_bytes(again.state()) == json_bytes(state)
    assert again.results() == made.results()
    for path in list(places(state))[:200]:
        for value in (None, "x", -1, [], {}, [[{}]], 10**400):
            with suppress(ValueError):  # said of the checkpoint; any other exception would be a mistake of ours
                again.restore(Fields(replaced(state, path, value), "training"))


def test_a_monitor_takes_back_what_it_gave_and_nothing_else():
    monitor = Monitor("validation.loss", "less")
    monitor.observe(0.5, 1, 10)
    state = json.loads(json_bytes(monitor.state()))
    again = Monitor("validation.loss", "less")
    again.restore(Fields(state, "monitor"))
    assert again.state() == monitor.state()
    for key in state:
        for value in ([], {}, *(["x"] if key != "name" else [])):
            with pytest.raises(ValueError, match=rf"monitor\.{key}: expected"):
                again.restore(Fields({**state, key: value}, "monitor"))


def test_a_mistake_of_ours_is_not_called_damage_of_a_file(tmp_path, monkeypatch):
    def wrong(*_):
        raise TypeError("a bug")

    source = loading.Path(__file__).parents[1] / "assets" / "format_1" / "checkpoints" / "last.npz"
    monkeypatch.setattr(loading, "model_of", wrong)
    with pytest.raises(TypeError, match="a bug"):
        loading.load(source)
    monkeypatch.undo()
    saved = checkpoint.read(source)
    for key, value in (("config", "digits.yaml"), ("config", None), ("dataset", [])):
        checkpoint.write(tmp_path / "wrong.npz", saved.arrays, {**saved.manifest, key: value})
        with pytest.raises(CheckpointError, match="not a good checkpoint"):
            loading.load(tmp_path / "wrong.npz")
