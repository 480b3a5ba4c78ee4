"""What newcomers write: the message names the key that was meant, and what it says runs, or fails otherwise."""

import re

import pytest
from click.testing import CliRunner

from nntrain.cli import main

CONFIG = """
dataset: {type: digits, batch_size: 8}
architecture: [flatten, {dense: 10}]
loss: cross_entropy
optimizer: {type: sgd, lr: 0.1}
training: {epochs: 1}
"""


@pytest.fixture
def said(tmp_path):
    """The error about a config with an override, or nothing."""
    (tmp_path / "c.yaml").write_text(CONFIG)

    def said(*overrides):
        done = CliRunner().invoke(main, ["fit", "--dry-run", "-q", str(tmp_path / "c.yaml"), *overrides])
        assert done.exit_code in (0, 2), done.output
        return done.stderr if done.exit_code else ""

    return said


def followed(override, message):
    """The override as the message says."""
    key, _, value = override.partition("=")
    if number := re.search(r"; write (\S+)", message):
        return f"{key}={number[1].rstrip(',')}"
    meant = re.search(r"did you mean '([\w.]+)'", message)[1]
    if "unknown key" not in message and "has no" not in message:
        return f"{key}={meant}"  # the name of a component
    return f"{meant}={value}" if "." in meant else f"{key.rpartition('.')[0]}.{meant}={value}"


@pytest.mark.parametrize(
    ("override", "meant"),
    [
        ("lr=0.1", "optimizer.lr=0.1"),
        ("learning_rate=0.1", "optimizer.lr=0.1"),
        ("epochs=3", "training.epochs=3"),
        ("batch_size=16", "dataset.batch_size=16"),
        ("momentum=0.9", "optimizer.momentum=0.9"),
        ("training.batch_size=16", "dataset.batch_size=16"),
        ("training.learning_rate=0.1", "optimizer.lr=0.1"),
        ("optimizer.learning_rate=0.1", "optimizer.lr=0.1"),
        ("optimizer.epochs=3", "training.epochs=3"),
        ("dataset.normalize=true", "dataset.standardize=true"),
        ("normalize=true", "dataset.standardize=true"),
        ("loss=categorical_crossentropy", "loss=cross_entropy"),
        ("loss=sparse_categorical_crossentropy", "loss=cross_entropy"),
        ("loss=CrossEntropyLoss", "loss=cross_entropy"),
        ("optimizer.lr=0,01", "optimizer.lr=0.01"),
        ("training.epochs=1,234", "training.epochs=1234"),
        ("training.epochs=1_000", "training.epochs=1000"),
        ("training.clip_norm=1,5", "training.clip_norm=1.5"),
    ],
)
def test_what_is_advised_runs(said, override, meant):
    assert followed(override, said(override)) == meant
    assert said(meant) == ""


@pytest.mark.parametrize(("name", "meant"), [("fc", "dense"), ("conv", "conv2d"), ("maxpool", "max_pool2d")])
@pytest.mark.parametrize("form", ["architecture.0={}", "architecture.0={{{}: 3}}", "architecture.0={{type: {}}}"])
def test_layers_by_their_names_elsewhere(said, name, meant, form):
    message = said(form.format(name))
    assert f"no layer '{name}'; did you mean '{meant}'?" in message
    assert "no layer" not in said(form.format(meant))


@pytest.mark.parametrize(
    ("option", "key"),
    [("--epochs", "training.epochs"), ("--lr", "optimizer.lr"), ("--batch-size", "dataset.batch_size")],
)
def test_options_that_are_words(said, option, key):
    assert f"No such option '{option}'; did you mean the word {key}=…, without dashes?" in said(option, "3")
    assert said(f"{key}=3") == ""


def test_a_number_that_can_be_two_is_said_to_be(said):
    assert "write 1234, or 1.234 for a fraction" in said("optimizer.lr=1,234")
