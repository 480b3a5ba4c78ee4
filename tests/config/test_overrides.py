"""Bare words after the config: `optimizer.lr=1e-2`."""

import itertools

import pytest

from nntrain import config
from nntrain.errors import ConfigError


@pytest.mark.parametrize(
    ("override", "get", "value"),
    [
        ("seed=7", lambda c: c.seed, 7),
        ("name=007", lambda c: c.name, "007"),
        ("optimizer.lr=1e-2", lambda c: c.optimizer.lr, 0.01),
        ("optimizer.nesterov=true", lambda c: c.optimizer.nesterov, True),
        ("optimizer=adam", lambda c: c.optimizer.type, "adam"),
        ("architecture.1.units=128", lambda c: c.architecture[1].units, 128),
        ("architecture.dense_1.units=128", lambda c: c.architecture[1].units, 128),
        ("architecture.logits.units=12", lambda c: c.architecture[3].units, 12),
        ("architecture.3.units=$dataset.batch_size", lambda c: c.architecture[3].units, 32),
        ("architecture.relu_1=sigmoid", lambda c: c.architecture[2].type, "sigmoid"),
        ("architecture.2={dense: 5}", lambda c: c.architecture[2].units, 5),
        ("architecture.2.name=act", lambda c: c.architecture[2].name, "act"),
        ("architecture.1.init.deviation=0.5", lambda c: c.architecture[1].init.deviation, 0.5),
        ("architecture=[{dense: 3}]", lambda c: len(c.architecture), 1),
        ("dataset.test=0", lambda c: c.dataset.test, 0.0),
        ("metrics=[accuracy, f1]", lambda c: [m.type for m in c.metrics], ["accuracy", "f1"]),
        ("schedule=", lambda c: c.schedule.type, "constant"),
        ("training.early_stopping=null", lambda c: c.training.early_stopping, None),
        ("training.early_stopping.min_delta=0.5", lambda c: c.training.early_stopping.min_delta, 0.5),
        ("training.evaluate.steps=5", lambda c: (c.training.evaluate.epochs, c.training.evaluate.steps), (None, 5)),
        ("training.checkpoint={epochs: 2}", lambda c: c.training.checkpoint.epochs, 2),
    ],
)
def test_an_override_is_a_path_and_a_yaml_value(files, override, get, value):
    text = files.MLP.replace("- dense: 64", "- dense: {units: 64, init: normal}")
    assert get(files.config(text, override)) == value


def test_a_new_type_replaces_the_whole_mapping(files):
    for override in ("optimizer=adam", "optimizer.type=adam", "optimizer={adam: }"):
        assert files.config(files.MLP, override).optimizer.lr == 0.001


def test_the_same_type_changes_nothing(files):
    base = files.config(files.MLP)
    assert files.config(files.MLP, "optimizer=sgd", "architecture.1.type=dense") == base


def test_the_order_of_overrides_counts_only_between_equals(files):
    overrides = ["optimizer.lr=0.5", "optimizer=adam", "optimizer.type=adamw", "training.epochs=3"]
    made = {
        files.config(files.MLP, *order).to_yaml() for order in itertools.permutations(overrides[::2] + overrides[3:])
    }
    assert len(made) == 1
    made = {
        files.config(files.MLP, *order).to_yaml() for order in itertools.permutations(overrides[:2] + overrides[3:])
    }
    assert len(made) == 1
    assert files.config(files.MLP, "seed=1", "seed=2").seed == 2


def test_arguments_below_a_default_component_can_be_set(files):
    text = files.MLP.replace("schedule: {type: cosine, warmup: 100}\n", "")
    schedule = files.config(text, "schedule.warmup=7").schedule
    assert (schedule.type, schedule.warmup) == ("constant", 7)
    assert files.config(text, "training.evaluate.epochs=3").training.evaluate.epochs == 3


def test_networks_of_a_gan_are_reached_by_name(files):
    made = files.config(files.GAN, "optimizer.generator.lr=0.5", "architecture.discriminator.0.units=2")
    assert made.optimizer["generator"].lr == 0.5
    assert made.optimizer["discriminator"].lr == 0.001
    assert made.architecture["discriminator"][0].units == 2


def test_overrides_lie_over_what_is_extended(files):
    files.write(files.MLP, "base.yaml")
    made = files.config("extends: base.yaml\noptimizer: {lr: 0.5}\n", "optimizer.lr=0.25")
    assert (made.optimizer.lr, made.optimizer.momentum) == (0.25, 0.9)


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("optimizer.lrr=1", "override optimizer.lrr: error: optimizer: sgd has no 'lrr'; did you mean 'lr'?"),
        ("optimzer.lr=1", "override optimzer.lr: error: unknown key 'optimzer'; did you mean 'optimizer'?"),
        ("optimizer.lr=fast", "override optimizer.lr: error: expected a number >= 0, got 'fast'"),
        ("optimizer.lr=", "override optimizer.lr: error: expected a number >= 0, got nothing"),
        ("optimizer.lr.x=1", "override optimizer.lr.x: error: optimizer.lr: expected a number >= 0, got a mapping"),
        ("optimizer=adm", "override optimizer: error: no optimizer 'adm'; did you mean 'adam'?"),
        ("optimizer.type=adm", "override optimizer.type: error: optimizer: no optimizer 'adm'; did you mean 'adam'?"),
        ("loss=relu", "override loss: error: 'relu' is a layer, not a loss"),
        ("architecture.9.units=1", "override architecture.9.units: error: no item '9'; there are 4, counted from 0"),
        (
            "architecture.logit.units=1",
            "override architecture.logit.units: error: no item 'logit'; did you mean 'logits'?",
        ),
        ("architecture.1.unit=1", "override architecture.1.unit: error: architecture.1: dense has no 'unit'; did you"),
        (
            "architecture.logits.units=0",
            "override architecture.logits.units: error: architecture.3.units: expected a whole",
        ),
        ("training.epochs=0", "override training.epochs: error: expected a whole number >= 1, got 0"),
        # a component's name is no argument of another, although `dropout: 0.5` is a layer
        (
            "architecture.1.dropout=0.5",
            "override architecture.1.dropout: error: architecture.1: dense has no",
        ),
        ("architecture.1.bias=null", "override architecture.1.bias: error: expected true or false, got nothing"),
        ("optimizer.adam=0.1", "override optimizer.adam: error: optimizer: sgd has no 'adam'"),
        ("seed", "override seed: error: expected KEY=VALUE, such as optimizer.lr=0.1"),
        ("=1", "override : error: expected KEY=VALUE"),
        ("a..b=1", "override a..b: error: expected KEY=VALUE"),
        ("extends=x.yaml", "override extends: error: only a file can extend another"),
        ("seed=[1", "override seed: error: not valid YAML: "),
        ("seed=!!int 3", "override seed: error: tag 'tag:yaml.org,2002:int' is not allowed"),
        ("seed={a: 1, a: 2}", "override seed: error: key 'a' stands here a second time"),
        ("x\x1b[31m=1", r"override x\x1b[31m: error: unknown key 'x\x1b[31m'"),
        ("seed=$sede", "override seed: error: $sede: there is no 'sede' in this config; did you mean 'seed'?"),
    ],
)
def test_a_wrong_override_is_named(files, override, said):
    assert any(line.startswith(said) for line in files.problems(files.MLP, override))


def test_the_dataset_of_a_finished_config_can_be_moved(files):
    made = files.config(files.MLP)
    assert config.dataset_with(made, []) is made.dataset
    moved = config.dataset_with(made, ["dataset.batch_size=7"])
    assert (moved.batch_size, moved.test) == (7, made.dataset.test)
    for wrong, said in [("seed=1", "only the dataset can be changed here"), ("dataset.x=1", "digits has no 'x'")]:
        with pytest.raises(ConfigError, match=said):
            config.dataset_with(made, [wrong])
