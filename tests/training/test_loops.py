"""What a loop of another program can do by the contract alone: here an encoder and a decoder under one loss."""

from typing import ClassVar

import numpy as np
import pytest

import nntrain
from nntrain import config
from nntrain.builder import Plan, build
from nntrain.components import component_base, find
from nntrain.errors import ConfigError, DivergedError, Interrupted
from nntrain.files import checkpoint
from nntrain.inference.evaluation import evaluate
from nntrain.inference.load import load
from nntrain.inference.prediction import predict
from nntrain.layers.containers import Sequential
from nntrain.training.supervised import Supervised

ENCODER = [{"dense": 5}, "batch_norm", "tanh"]
DECODER = [{"dense": 4}, "tanh", {"dense": 2}]


@component_base()
class TwoParts(Supervised):
    """Z = decoder(encoder(X)), one loss, one optimizer."""

    type: ClassVar[str] = "two_parts"
    networks: ClassVar[tuple[str, ...]] = ("encoder", "decoder")
    one_optimizer: ClassVar[bool] = True

    def plan(self, config, facts):
        encoder, decoder = (Sequential(config.architecture[name]) for name in self.networks)
        code = encoder.declare(facts.shape)[0]
        return {"encoder": Plan(encoder, facts.shape, "encoder"), "decoder": Plan(decoder, code, "decoder")}

    def forward(self, networks, batch, context):
        code, encoded = networks["encoder"].forward(batch.X, context)
        Z, decoded = networks["decoder"].forward(code, context)
        return Z, (encoded, decoded)

    def accumulate(self, networks, dZ, caches):
        encoded, decoded = caches
        networks["encoder"].accumulate(networks["decoder"].backward(dZ, decoded), encoded)

    def apply(self, networks, batch, context):
        return networks["decoder"].apply(networks["encoder"].apply(batch.X, context), context)


@pytest.fixture(autouse=True)
def _known(monkeypatch):
    monkeypatch.setitem(find("loop").registered, "two_parts", TwoParts)


def declared(architecture=None, loop="two_parts", **training):
    return {
        "name": "two",
        "dataset": {"type": "moons", "examples": 120, "validation": 0.25, "batch_size": 10},
        "architecture": architecture or {"encoder": ENCODER, "decoder": DECODER},
        "loss": "cross_entropy",
        "optimizer": {"type": "adam", "lr": 0.05},
        "metrics": ["accuracy"],
        "training": {"epochs": 3, "loop": loop, **training},
        "dtype": "float64",
    }


def trainer(*arguments, **training):
    built = build(config.read(declared(*arguments, **training)))
    return built.loop.trainer(built), built.data.parts["train"].batch(np.arange(10))


def vectors(made, what):
    return np.concatenate([layout_order(network, what) for network in made.networks.values()])


def layout_order(network, what):
    arrays = network.layout.arrays(getattr(network, what))
    return np.concatenate([array.ravel() for array in arrays.values()])


@pytest.mark.parametrize("settings", [{}, {"clip_norm": 0.01}, {"clip_value": 0.001}, {"l2": 0.3}])
def test_two_networks_under_one_loss_learn_as_the_one_that_they_make_together(settings):
    """Saved values, gradients and the cost; the norm that is clipped is that of both gradients together."""
    two, batch = trainer(**settings)
    one, _ = trainer(ENCODER + DECODER, "supervised", **settings)
    values = layout_order(one.networks["network"], "theta")
    at = 0
    for network in two.networks.values():
        for array in network.layout.arrays(network.theta).values():
            array[...] = values[at : at + array.size].reshape(array.shape)
            at += array.size
    for step in range(3):
        losses = [made.gradient(batch, step)[0] for made in (one, two)]
        assert losses[0] == pytest.approx(losses[1])
        np.testing.assert_allclose(vectors(two, "dtheta"), vectors(one, "dtheta"), rtol=1e-9, atol=1e-12)
        for made in (one, two):
            made.step(batch, step)
        np.testing.assert_allclose(vectors(two, "theta"), vectors(one, "theta"), rtol=1e-7, atol=1e-10)
    assert one.results() == pytest.approx(two.results())


def test_a_step_that_diverges_leaves_both_networks_as_they_were():
    made, batch = trainer()
    before = {name: array.copy() for name, array in made.arrays().items()}
    batch.X[0, 0] = np.nan
    with pytest.raises(DivergedError, match=r"diverged at step 1: the cost is nan; lower optimizer\.lr"):
        made.step(batch, 0)
    assert all(np.array_equal(array, before[name]) for name, array in made.arrays().items())


def test_a_run_is_saved_resumed_measured_and_asked(tmp_path):
    whole = nntrain.fit(declared(), run_dir=tmp_path / "whole")
    asked = 0

    def stop():
        nonlocal asked
        asked += 1
        return 15 if asked == 14 else None

    with pytest.raises(Interrupted):
        nntrain.fit(declared(), run_dir=tmp_path / "cut", stop=stop)
    nntrain.resume(tmp_path / "cut")
    files = [run / "checkpoints" / "last.npz" for run in (whole.run_dir, tmp_path / "cut")]
    assert files[0].read_bytes() == files[1].read_bytes()
    names = list(checkpoint.read(files[0]).arrays)
    assert names[0] == "encoder.dense_1.W"
    assert "optimizer/velocity/decoder.dense_2.b" in names

    loaded = load(files[0])
    assert evaluate(loaded, [], "validation")["loss"] == whole.summary["final"]["validation"]["loss"]
    np.save(tmp_path / "points.npy", np.zeros((3, 2)))
    assert predict(loaded, tmp_path / "points.npy").values.shape == (3, 1)


def test_what_does_not_fit_is_said_at_its_layer():
    wrong = {"encoder": [{"conv2d": {"filters": 2, "kernel": 3}}], "decoder": DECODER}
    with pytest.raises(ConfigError, match=r"architecture\.encoder\.0: error: conv2d: "):
        build(config.read(declared(wrong)))


def test_each_network_needs_its_layers_and_there_is_one_optimizer():
    with pytest.raises(ConfigError, match="expected a mapping of encoder and decoder"):
        config.read(declared(ENCODER))
    given = declared()
    given["optimizer"] = {"encoder": "adam", "decoder": "adam"}
    with pytest.raises(ConfigError, match="optimizer"):
        config.read(given)
