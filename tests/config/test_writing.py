"""A resolved config is complete, plain, and gives itself when read again."""

import json
from pathlib import Path

import pytest

from nntrain import config
from nntrain.config import Config
from nntrain.errors import ConfigError
from nntrain.layers import Sequential

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))


def test_the_resolved_yaml_repeats_the_config(files):
    for text in (files.MLP, files.GAN):
        made = files.config(text)
        again = files.config(made.to_yaml())
        assert again == made
        assert again.to_yaml() == made.to_yaml()
        assert Config.from_dict(json.loads(json.dumps(made.as_dict()))) == made


def test_a_config_whose_network_was_declared_is_still_the_one_that_it_writes(files):
    made = files.config(
        files.MLP.replace("  - relu\n", "  - repeat: {times: 2, layers: [{dense: 5}, {residual: [relu]}]}\n")
    )
    Sequential(made.architecture).declare((1, 8, 8))
    assert Config.from_dict(made.as_dict()) == made


def test_the_resolved_config_is_plain_complete_and_canonical(files):
    made = files.config(files.MLP).as_dict()
    assert json.loads(json.dumps(made)) == made
    assert list(made) == [
        *("name", "seed", "dtype", "dataset", "architecture"),
        *("loss", "optimizer", "schedule", "metrics", "training"),
    ]
    assert made["optimizer"] == {"type": "sgd", "lr": 0.1, "momentum": 0.9, "nesterov": False, "weight_decay": 0.0}
    assert made["architecture"][0] == {"type": "flatten"}
    assert made["architecture"][1] == {"type": "dense", "units": 64, "bias": True, "init": {"type": "he_normal"}}
    assert made["architecture"][3]["units"] == 10
    assert made["training"]["early_stopping"] == {"patience": 5, "min_delta": 0.0}
    assert made["training"]["checkpoint"] == {"seconds": 10.0, "epochs": None, "steps": None}


def test_the_resolved_yaml_is_readable(files):
    lines = files.config(files.MLP).to_yaml().splitlines()
    assert lines[:3] == ["name: digits-mlp", "seed: 0", "dtype: float32"]
    assert "  - {type: dense, units: 64, bias: true, init: he_normal}" in lines
    assert "optimizer: {type: sgd, lr: 0.1, momentum: 0.9, nesterov: false, weight_decay: 0.0}" in lines
    assert max(map(len, lines)) <= 120


@pytest.mark.parametrize(
    "text",
    [
        *(
            "$dataset.classes",
            "$$x",
            "$",
            "no",
            "1e-3",
            "012",
            "true",
            "null",
            "",
            " a ",
            "a: b",
            "a #b",
            "- a",
            "'",
            '"',
        ),
        *("*a", "&a", "!a", "{a}", "[a", "a,b", "%a", "@a", "`a", "?", "|", ">", "é", "😀", "\t", "\n", "\x07", "\x85"),
        *("\u2028", "~", "<<", "1:30", ".inf", "=", "a" * 300, "\ufeff", "---", "...", "\\"),
    ],
)
def test_any_text_survives_writing_and_reading(files, text):
    made = config.read({**config.read(files.write(files.GAN)).resolve(None).as_dict(), "name": "x"}).resolve(None)
    saved = made.as_dict()
    escaped = f"${text}" if text.startswith("$") else text
    saved["architecture"]["generator"] = [{"type": "probe", "text": escaped, "weights": {text: 1.5}}]
    probe = Config.from_dict(saved)
    assert probe.architecture["generator"][0].text == text
    assert files.config(probe.to_yaml()) == probe


def test_layers_within_layers_survive(files):
    inner = "{residual: [{dense: 64}, {probe: {inner: [relu, {dense: {units: 3, name: x}}], size: [2, 3]}}]}"
    made = files.config(files.MLP.replace("- relu", f"- {inner}"))
    assert files.config(made.to_yaml()) == made


def test_differences_name_every_key_with_both_values(files):
    before = files.config(files.MLP).as_dict()
    assert config.differences(before, before) == []
    overrides = ["optimizer=adagrad", "architecture.1.units=5", "training.early_stopping=", "metrics=[accuracy, r2]"]
    found = dict(config.differences(before, files.config(files.MLP, *overrides).as_dict()))
    assert found["architecture.1.units"] == "architecture.1.units: was 64, is 5"
    assert found["optimizer.type"] == "optimizer.type: was sgd, is adagrad"
    assert found["optimizer.momentum"] == "optimizer.momentum: was 0.9, is nothing"
    assert found["optimizer.epsilon"] == "optimizer.epsilon: was nothing, is 1.0e-10"
    assert found["training.early_stopping"] == "training.early_stopping: was {patience: 5, min_delta: 0.0}, is null"
    assert found["metrics.1.type"] == "metrics.1.type: was nothing, is r2"
    assert "seed" not in found


def test_a_section_that_was_not_there_is_one_difference():
    before, now = {"t": {"stop": None}}, {"t": {"stop": {"patience": 3, "min_delta": 0.0}}}
    line = "t.stop: was null, is {patience: 3, min_delta: 0.0}"
    assert config.differences(before, now) == [("t.stop", line)]
    assert config.differences({"a": []}, {"a": [{}]}) == [("a", "a: was [], is [{}]")]


def test_true_differs_from_one():
    assert config.differences({"a": True}, {"a": 1}) == [("a", "a: was true, is 1")]
    assert config.differences({"a": 1}, {"a": 1.0}) == []


def test_paths_are_known_as_paths(files):
    text = files.MLP.replace("- relu", "- probe: {where: a.csv, share: b.csv, text: c.csv}")
    saved = files.config(text).as_dict()
    assert config.is_path(saved, "architecture.2.where")
    assert config.is_path(saved, "architecture.2.share")
    for other in ("architecture.2.text", "architecture.9.where", "name", "dataset.x", "optimizer.lr", "seed.x"):
        assert not config.is_path(saved, other)
    gan = files.config(files.GAN.replace("sigmoid", "probe: {where: a.csv}")).as_dict()
    assert config.is_path(gan, "architecture.generator.1.where")


@pytest.mark.parametrize(
    "damage",
    [
        {"optimizer": None},
        {"architecture": "dense"},
        {"dtype": "object"},
        {"seed": float("nan")},
        {"training": {"epochs": -1}},
        {"extra": 1},
        {"dataset": {"type": "digits", "hole": 1}},
        {"loss": {"type": "__init__"}},
    ],
)
def test_a_damaged_manifest_is_a_config_error(files, damage):
    saved = files.config(files.MLP).as_dict() | damage
    with pytest.raises(ConfigError):
        Config.from_dict(saved)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_the_configs_that_ship_are_right(path):
    draft = config.read(path)
    assert draft.dataset.kind == "dataset"
