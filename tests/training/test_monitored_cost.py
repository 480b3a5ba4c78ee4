"""The cost, loss + KL + L1 and L2 terms, is measured in evaluation as in training, and can be watched."""

import json

import numpy as np
import pytest

import nntrain
from nntrain import config
from nntrain.files import checkpoint
from nntrain.files.json_fields import Fields
from nntrain.inference.load import load
from nntrain.training.monitor import Monitor

VAE = {
    "name": "vae",
    "dataset": {"type": "digits", "reconstruct": True, "validation": 0.1, "batch_size": 100},
    "architecture": ["flatten", {"dense": 16}, "relu", {"dense": 6}, {"sample_latent": 0.1}, {"dense": 64}],
    "loss": "binary_cross_entropy",
    "optimizer": {"type": "adam", "lr": 0.01},
    "training": {"epochs": 4},
}
PENALISED = {
    "name": "penalised",
    "dataset": {"type": "moons", "examples": 100, "validation": 0.2},
    "architecture": [{"dense": 8}, "relu", {"dense": 2}],
    "loss": "cross_entropy",
    "optimizer": {"type": "adam", "lr": 0.1},
    "metrics": ["accuracy"],
    "training": {"epochs": 4, "l1": 0.01, "l2": 0.1},
}
PLAIN = {**PENALISED, "name": "plain", "training": {"epochs": 4}}


def fit(source, folder, **training):
    return nntrain.fit({**source, "training": {**source["training"], **training}}, run_dir=folder / source["name"])


def monitored(source, **training):
    draft = config.read({**source, "training": {**source["training"], **training}})
    return draft.resolve(None).monitored(validates=True)


def penalties(run_dir, which):
    """0.01 ‖W‖₁ + 0.05 ‖W‖² of a checkpoint's weights."""
    arrays = checkpoint.read(run_dir / "checkpoints" / f"{which}.npz").arrays
    weights = [array.astype(float) for name, array in arrays.items() if name.endswith(".W") and "optimizer" not in name]
    return sum(0.01 * np.abs(W).sum() + 0.05 * (W**2).sum() for W in weights)


@pytest.mark.parametrize("source", [VAE, PENALISED, PLAIN], ids=lambda source: source["name"])
@pytest.mark.parametrize("name", ["validation.cost", "train.cost", "validation.loss"])
def test_the_best_checkpoint_is_that_of_the_least_watched_value(source, name, tmp_path):
    part, _, value = name.partition(".")
    run = fit(source, tmp_path, monitor=name)
    logged = [line[part][value] for line in run.history]
    assert run.summary["monitor"] == name
    assert run.summary["best"]["epoch"] == 1 + int(np.argmin(logged))
    if part == "validation":
        assert run.summary["best"]["validation"][value] == min(logged)


def test_the_cost_of_validation_is_the_loss_with_the_penalties_of_its_weights(tmp_path):
    run = fit(PENALISED, tmp_path)
    for which in ("best", "final"):
        measured = run.summary[which]["validation"]
        expected = penalties(run.run_dir, "last" if which == "final" else "best")
        assert measured["cost"] - measured["loss"] == pytest.approx(expected, rel=1e-5)


def test_the_cost_of_validation_is_the_loss_with_the_kl_term(tmp_path):
    run = fit(VAE, tmp_path)
    loaded = load(run.run_dir / "checkpoints" / "last.npz")
    network = loaded.networks["network"]
    part = loaded.config.dataset.load(0, np.float32, loaded.facts).parts["validation"]
    code = part.batch(np.arange(part.size)).X.reshape(64, -1)
    first, second = network.p.children[1], network.p.children[3]
    mean, log_variance = np.split(second.W @ np.maximum(first.W @ code + first.b, 0) + second.b, 2)
    KL = 0.5 * (mean**2 + np.exp(log_variance) - log_variance - 1).sum(axis=0).mean()
    measured = run.summary["final"]["validation"]
    assert measured["cost"] - measured["loss"] == pytest.approx(0.1 * KL, rel=1e-4)


def test_a_cost_that_is_the_loss_is_logged_where_it_is_watched_alone(tmp_path):
    assert "cost" not in fit(PLAIN, tmp_path).history[0]["validation"]
    watched = fit({**PLAIN, "name": "watched"}, tmp_path, monitor="validation.cost").history[0]
    assert watched["validation"]["cost"] == watched["validation"]["loss"]


@pytest.mark.parametrize(
    ("layer", "name"),
    [
        ({"sample_latent": 0.1}, "validation.cost"),
        ({"sequential": [{"residual": ["identity"]}, {"sample_latent": 0.1}]}, "validation.cost"),
        ({"sample_latent": 0.0}, "validation.loss"),
        ("identity", "validation.loss"),
    ],
)
def test_the_cost_is_watched_by_default_where_a_layer_adds_to_it(layer, name):
    source = {**VAE, "architecture": ["flatten", {"dense": 6}, layer, {"dense": 64}]}
    assert monitored(source) == name
    assert monitored(source, monitor="train.loss") == "train.loss"


def test_penalties_alone_do_not_change_what_is_watched():
    assert monitored(PENALISED) == "validation.loss"


def test_early_stopping_follows_the_cost(tmp_path):
    """A learning rate of 0: no epoch is better than the first."""
    run = nntrain.fit(
        {**VAE, "optimizer": {"type": "sgd", "lr": 0.0}, "training": {"epochs": 9}},
        ["training.early_stopping={patience: 2, min_delta: 1e-6}"],
        run_dir=tmp_path / "run",
    )
    assert (run.status, run.summary["epochs"], run.summary["monitor"]) == ("stopped early", 3, "validation.cost")


def test_an_infinite_cost_of_validation_is_divergence(tmp_path):
    source = json.loads(json.dumps(VAE))
    source["architecture"][3] = {"dense": {"units": 6, "bias": False, "init": {"constant": 1e4}}}
    source["optimizer"] = {"type": "sgd", "lr": 0.0}
    source["dataset"]["batch_size"] = 10_000
    with pytest.raises(nntrain.errors.DivergedError, match="cost"):
        nntrain.fit(source, run_dir=tmp_path / "run")


def test_a_checkpoint_that_watched_the_loss_leaves_the_best_cost_open():
    """Until the cost could be watched, checkpoints did not name what they watched."""
    then = Monitor("validation.loss", "less")
    then.observe(0.5, epoch=1, step=10)
    state = {key: value for key, value in then.state().items() if key != "name"}
    again, now = Monitor("validation.loss", "less"), Monitor("validation.cost", "less")
    again.restore(Fields(state, "monitor"))
    now.restore(Fields(state, "monitor"))
    assert (again.best, again.best_step) == (0.5, 10)
    assert now.best is None
    now.observe(0.7, epoch=2, step=20)
    later = Monitor("validation.cost", "less")
    later.restore(Fields(json.loads(json.dumps(now.state())), "monitor"))
    assert (later.best, later.best_step) == (0.7, 20)
