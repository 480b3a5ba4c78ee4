"""Four spellings of a component, everywhere one may stand; and what each type of argument takes."""

from pathlib import Path

import pytest

from nntrain.components import find
from nntrain.model.initializers import Constant

Dense, Relu, Sequential = (find("layer")[name] for name in ("dense", "relu", "sequential"))

SPELLINGS = ["{type: dense, units: 3}", "{dense: {units: 3}}", "{dense: 3}"]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_spellings_of_a_layer_mean_the_same(files, spelling):
    assert files.config(files.MLP.replace("- relu", f"- {spelling}")).architecture[2] == Dense(units=3)
    assert files.probe(f"inner: {spelling}").inner == Dense(units=3)
    assert files.probe(f"layers: [{spelling}, relu]").layers == (Dense(units=3), Relu())


@pytest.mark.parametrize("spelling", ["adam", "{adam: }", "{adam: {}}", "{type: adam}", "{adam: {lr: 0.001}}"])
def test_spellings_of_an_optimizer_mean_the_same(files, spelling):
    config = files.config(files.MLP.replace("{type: sgd, lr: 0.1, momentum: 0.9}", spelling))
    assert config.as_dict()["optimizer"]["type"] == "adam"
    assert config.optimizer.lr == 0.001


@pytest.mark.parametrize("spelling", ["{constant: 0.5}", "{type: constant, value: 0.5}", "{constant: {value: 0.5}}"])
def test_spellings_of_an_initializer_mean_the_same(files, spelling):
    assert files.probe(f"init: {spelling}").init == Constant(0.5)


def test_a_list_where_one_layer_stands_is_a_sequential(files):
    assert files.probe("inner: [relu, {dense: 3}]").inner == Sequential((Relu(), Dense(units=3)))
    assert files.probe("layers: [[relu]]").layers == (Sequential((Relu(),)),)
    config = files.config(files.MLP.replace("- relu", "- [relu, [relu]]"))
    assert config.architecture[2] == Sequential((Relu(), Sequential((Relu(),))))


def test_defaults_stand_for_what_is_left_out(files):
    config = files.config("dataset: digits\narchitecture: [flatten]\nloss: mse\noptimizer: sgd\ntraining: {steps: 1}\n")
    assert (config.name, config.seed, config.dtype, config.metrics) == ("mlp", 0, "float32", ())
    assert config.schedule.type == "constant"
    assert config.training.loop.type == "supervised"
    assert (config.training.evaluate.epochs, config.training.evaluate.steps) == (1, None)
    assert (config.training.checkpoint.seconds, config.training.checkpoint.steps) == (10.0, None)
    assert (config.training.l1, config.training.l2, config.training.monitor) == (0.0, 0.0, None)
    empty = "schedule:\nmetrics:\n"
    again = "dataset: digits\narchitecture: [flatten]\nloss: mse\noptimizer: sgd\ntraining: {steps: 1, checkpoint: }\n"
    assert files.config(again + empty) == config


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("whole: 012", 12),
        ("number: 1", 1.0),
        ("number: 1e-3", 0.001),
        ("flag: true", True),
        ("text: no", "no"),
        ("text: $$dataset.classes", "$dataset.classes"),
        ("where: null", None),
        ("size: 3", 3),
        ("size: [3, 4]", (3, 4)),
        ("padding: same", "same"),
        ("padding: 2", 2),
        ("weights: {0: 1, 01: 2, cat: 0.5}", {0: 1.0, 1: 2.0, "cat": 0.5}),
        ("share: 0.25", 0.25),
        ("share: 0", 0.0),
    ],
)
def test_arguments_take_what_their_type_says(files, written, value):
    name = written.partition(":")[0]
    found = getattr(files.probe(written), name)
    assert found == value
    assert type(found) is type(value)


def test_paths_are_absolute_and_start_at_the_file_that_holds_them(files, monkeypatch):
    monkeypatch.setenv("HOME", "/home/ada")
    text = files.MLP.replace("- relu", "- probe: {where: ../data/a.csv, share: b/c.csv}")
    files.write(text, "configs/deep/mlp.yaml")
    from nntrain import config

    probe = config.read("configs/deep/mlp.yaml").resolve(files.DIGITS).architecture[2]
    assert probe.where == files.folder / "configs" / "data" / "a.csv"
    assert probe.share == files.folder / "configs" / "deep" / "b" / "c.csv"
    assert files.probe("where: ~/x").where == Path("/home/ada/x")
    assert files.probe("where: /tmp/../x").where == Path("/x")
    overridden = config.read("configs/deep/mlp.yaml", ["architecture.2.where=z.csv"]).resolve(files.DIGITS)
    assert overridden.architecture[2].where == files.folder / "z.csv"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("whole: 2.0", "whole: expected a whole number >= 0, got 2.0; write 2"),
        ("whole: 2.5", "whole: expected a whole number >= 0, got 2.5"),
        ("whole: -1", "whole: expected a whole number >= 0, got -1"),
        ("whole: true", "whole: expected a whole number >= 0, got true"),
        ("whole: 1_000", "whole: expected a whole number >= 0, got '1_000'; write 1000"),
        ("whole: many", "whole: expected a whole number >= 0, got 'many'"),
        ("whole: null", "whole: expected a whole number >= 0, got nothing"),
        ("whole: [1]", "whole: expected a whole number >= 0, got a list of 1"),
        ("whole: {a: 1}", "whole: expected a whole number >= 0, got a mapping"),
        ("whole: 99999999999999999999", "got 99999999999999999999, which is beyond 2^63"),
        ("number: 0", "number: expected a number > 0 and <= 1, got 0"),
        ("number: 1.5", "number: expected a number > 0 and <= 1, got 1.5"),
        ("number: .nan", "number: expected a number > 0 and <= 1, got .nan, which is not finite"),
        ("number: .inf", "got .inf, which is not finite"),
        ("number: 1e400", "got 1e400, which is not finite"),
        ("number: nan", "number: expected a number > 0 and <= 1, got 'nan'"),
        ("flag: no", "flag: expected true or false, got 'no'; write false"),
        ("flag: On", "flag: expected true or false, got 'On'; write true"),
        ("flag: 1", "flag: expected true or false, got 1"),
        ("text: true", "text: expected a text, got true; put it in quotes"),
        ("text: null", "text: expected a text, got nothing"),
        ("text: [a]", "text: expected a text, got a list of 1"),
        ('where: ""', "where: expected a path, got ''"),
        ('where: "a\\0b"', "where: expected a path, got 'a\\x00b'"),
        ("where: true", "where: expected a path, got true"),
        ("size: 0", "size: expected a whole number >= 1, got 0"),
        ("size: [1, 0]", "size.1: expected a whole number >= 1, got 0"),
        ("size: [1, 2, 3]", "got a list of 3"),
        ("size: big", "size: expected a whole number >= 1 or a list of 2 values, each a whole number >= 1, got 'big'"),
        ("padding: smae", "padding: expected valid, same or a whole number >= 0, got 'smae'; did you mean 'same'?"),
        ("weights: {a: 1, b: x}", "weights.b: expected a number, got 'x'"),
        ("weights: 3", "weights: expected a mapping, got 3"),
        ("init: he_norml", "init: no initializer 'he_norml'; did you mean 'he_normal'?"),
        ("init: relu", "init: 'relu' is a layer, not an initializer"),
        ("init: 3", "init: expected an initializer, got 3"),
        ("layers: relu", "layers: expected a list of layers, got 'relu'"),
        ("share: 1", "share: expected a number >= 0 and < 1, got 1"),
        ("name: a.b", "name: expected letters, digits, _ and -, not digits alone, got 'a.b'"),
        ("name: 12", "name: expected letters, digits, _ and -, not digits alone, got '12'"),
        ("hole: 1", "architecture.2: probe has no 'hole'; did you mean 'whole'?"),
    ],
)
def test_a_wrong_argument_says_what_was_expected_and_what_stood_there(files, written, said):
    line = files.probe_problem(written)
    assert line.startswith("mlp.yaml:7:")
    assert said in line


def test_each_network_of_a_loop_has_its_architecture_and_optimizer(files):
    config = files.config(files.GAN)
    assert list(config.architecture) == list(config.optimizer) == ["generator", "discriminator"]
    assert config.architecture["discriminator"] == (Dense(units=1),)
    assert (config.optimizer["generator"].lr, config.optimizer["discriminator"].lr) == (0.0002, 0.001)
    assert config.training.loop.latent == 7


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("discriminator: [", "discriminater: [", "has no 'discriminater'"),
        ("discriminator: [", "discriminater: [", "needs 'discriminator'"),
        ("  discriminator: adam\n", "", "7:3: error: optimizer: needs 'discriminator'"),
        ("{type: duel, latent: 7}", "supervised", "architecture: expected a list of layers, got a mapping"),
        ("{type: duel, latent: 7}", "supervised", "optimizer: expected an optimizer, got a mapping"),
    ],
)
def test_networks_must_be_those_of_the_loop(files, old, new, said):
    said = said.replace("has no 'discriminater'", "unknown key 'discriminater'; did you mean 'discriminator'?")
    assert any(said in line for line in files.problems(files.GAN.replace(old, new)))


def test_one_network_where_the_loop_trains_two_is_said(files):
    lines = files.problems(files.MLP.replace("training: {", "training: {loop: duel, "))
    assert [line.partition("error: ")[2] for line in lines] == [
        "architecture: expected a mapping of generator and discriminator: the loop needs a list of layers for each",
        "optimizer: expected a mapping of generator and discriminator: the loop needs an optimizer for each",
    ]
