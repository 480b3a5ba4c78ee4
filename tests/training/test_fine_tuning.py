"""Frozen parameters stay to the byte, groups have rates of their own, the average is what is evaluated and kept."""

import json
import time

import numpy as np
import pytest

from nntrain import config as configs
from nntrain.builder import build
from nntrain.errors import ConfigError
from nntrain.layers import Context
from nntrain.model.network import Network
from nntrain.training import session

CONFIG = {
    "name": "tuned",
    "dataset": {"type": "blobs", "examples": 60, "classes": 3, "validation": 0.2},
    "architecture": [
        {"dense": 7},
        "batch_norm",
        "relu",
        {"dense": 6},
        "tanh",
        {"dense": {"units": "$dataset.classes", "name": "logits"}},
    ],
    "loss": "cross_entropy",
    "optimizer": {"type": "sgd", "lr": 0.1, "momentum": 0.9, "weight_decay": 0.1},
    "metrics": ["accuracy"],
    "training": {"epochs": 3, "checkpoint": {"steps": 1}},
}


def changed(**keys):
    return {**CONFIG, **keys}


def train(folder, config, name="run", overrides=()):
    run = session.fit(config, overrides, run_dir=folder / name)
    return {which: np.load(run.run_dir / "checkpoints" / f"{which}.npz") for which in ("best", "last")}, run


def initial(config):
    network = build(configs.read(config)).networks["network"]
    return {name: view.copy() for name, view in network.layout.arrays(network.theta).items()}


def test_frozen_parameters_are_the_same_bytes_after_training_and_have_no_state(tmp_path):
    config = changed(freeze=["dense_1", "batch_norm_1", "*.b"])
    before, (saved, _) = initial(config), train(tmp_path, config)
    frozen = {"dense_1.W", "dense_2.b", "logits.b", *(name for name in before if name.startswith("batch_norm_1"))}
    for name in before:
        same = np.array_equal(before[name], saved["last"][name])
        assert same == (name in frozen | {"dense_1.b"}), name
    slots = {name for name in saved["last"].files if name.startswith("optimizer/")}
    assert slots == {"optimizer/velocity/dense_2.W", "optimizer/velocity/logits.W"}


def test_what_is_not_frozen_learns_as_if_all_were_learned(tmp_path):
    """One step: gradients behind the frozen layers are those of the whole network."""
    config = changed(optimizer={"type": "sgd", "lr": 0.1}, training={"steps": 1})
    whole, _ = train(tmp_path, config, "whole")
    for frozen in ("dense_2", "dense_1", "batch_norm_1.gamma", "logits"):
        part, _ = train(tmp_path, {**config, "freeze": [frozen]}, f"without-{frozen}")
        before = initial(config)
        for name in before:
            expected = before if name.startswith(frozen) else whole["last"]
            np.testing.assert_allclose(part["last"][name], expected[name], rtol=1e-6, err_msg=f"{frozen}: {name}")


LAYERS = {
    "dense": ([{"dense": 4}], (5,)),
    "steps": ([{"dense": 4}], (6, 5)),
    "linear": ([{"linear": 4}, "bias"], (5,)),
    "convolution": ([{"conv2d": {"filters": 3, "kernel": 3, "padding": 1}}], (2, 5, 6)),
    "batch_norm": (["batch_norm"], (4,)),
    "recurrent": ([{"lstm": 3}, {"gru": 4}], (6, 5)),
    "attention": ([{"attention": 2}], (6, 4)),
    "norms": (["layer_norm", "rms_norm"], (5,)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_frozen_layer_passes_the_gradient_on_as_ever(name):
    layers, shape = LAYERS[name]
    root = configs.read({**CONFIG, "dataset": "moons", "architecture": layers}).resolve(None)
    from nntrain.layers import Sequential

    seen = {}
    random = np.random.default_rng(0)
    X = random.standard_normal((*shape, 7))
    for freeze in ((), ("*",)):
        network = Network(Sequential(root.architecture), shape, freeze=freeze)
        network.allocate("float64")
        network.draw(0)
        if name == "batch_norm":  # frozen it takes its running statistics: those of this batch
            network.theta[-8:] = np.concatenate([X.mean(1), X.var(1)])
        context = Context(training=True)
        Y, caches = network.forward(X, context)
        network.clear_gradient()
        seen[freeze] = Y, network.backward(np.cos(Y), caches)
        assert network.dtheta.size == (network.layout.parameters if not freeze else 0)
    np.testing.assert_allclose(seen[()][0], seen[("*",)][0], rtol=1e-9)
    if name != "batch_norm":
        np.testing.assert_allclose(seen[()][1], seen[("*",)][1], rtol=1e-9)


@pytest.mark.parametrize("behind", ["relu", "tanh"])
def test_the_gradient_through_frozen_statistics_is_that_of_an_affine_function(behind):
    from nntrain.layers import Sequential

    layers = configs.read(changed(architecture=[{"dense": 4}, "batch_norm", behind, {"dense": 2}])).resolve(None)
    network = Network(Sequential(layers.architecture), (3,), freeze=["*.mean", "*.variance"])
    network.allocate("float64")
    network.draw(1)
    random = np.random.default_rng(2)
    network.theta[:] += 0.3 * np.abs(random.standard_normal(network.theta.shape))
    X, R, buffers = random.standard_normal((3, 5)), random.standard_normal((2, 5)), network.theta[-8:].copy()

    def value():
        return float((network.forward(X, Context(training=True))[0] * R).sum())

    _, caches = network.forward(X, Context(training=True))
    network.clear_gradient()
    network.accumulate(R, caches)
    for i in range(network.layout.trainable):
        kept, step = network.theta[i], 1e-6
        network.theta[i] = kept + step
        above = value()
        network.theta[i] = kept - step
        below = value()
        network.theta[i] = kept
        assert network.dtheta[i] == pytest.approx((above - below) / (2 * step), rel=1e-5, abs=1e-7)
    assert np.array_equal(network.theta[-8:], buffers)


def test_tied_weights_freeze_together():
    config = {
        **CONFIG,
        "dataset": {"type": "names", "path": "names.txt"},
        "architecture": [{"embedding": 4}, {"tied": "embedding_1"}],
    }
    from nntrain.layers import Sequential, Symbols

    layers = configs.read(config).resolve(None).architecture
    network = Network(Sequential(layers), Symbols((5,), 9), freeze=["embedding_1"])
    assert network.layout.trainable == network.layout.parameters - 4 * 9


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"freeze": ["dens_1"]}, "freeze: no parameter is called 'dens_1'; did you mean 'dense_1'?"),
        ({"freeze": ["*"]}, "freeze: nothing is left to learn"),
        (
            {"optimizer": {"type": "sgd", "groups": {"logit": {"lr_factor": 2}}}},
            "groups: no parameter is called 'logit'; did you mean 'logits'?",
        ),
        (
            {"optimizer": {"type": "sgd", "groups": {"logits": {"lr": 2}}}},
            "optimizer.groups.logits: error: unknown key 'lr'; there is lr_factor and weight_decay",
        ),
        ({"training": {"epochs": 1, "average": {"decay": 1}}}, "expected a number > 0 and < 1, got 1"),
    ],
)
def test_a_slip_of_the_pen_is_told(keys, told):
    with pytest.raises(ConfigError) as error:
        build(configs.read(changed(**keys)))
    assert told in str(error.value)


def test_a_group_has_its_own_rate_and_decay(tmp_path):
    """One step of gradient descent from the same parameters: θ − α factor (dθ + λ θ)."""
    plain = changed(optimizer={"type": "sgd", "lr": 0.1}, training={"steps": 1})
    groups = {"logits.W": {"lr_factor": 3, "weight_decay": 0.5}, "dense_*": {"lr_factor": 0}}
    grouped = {**plain, "optimizer": {"type": "sgd", "lr": 0.1, "weight_decay": 0.2, "groups": groups}}
    before, (one, _), (other, _) = initial(plain), train(tmp_path, plain, "a"), train(tmp_path, grouped, "b")
    for name, theta in before.items():
        gradient = (theta - one["last"][name]) / np.float32(0.1)
        factor, decay = (3, 0.5) if name == "logits.W" else (0, 0.2) if name.startswith("dense") else (1, 0)
        expected = one["last"][name] if "batch" in name else theta - 0.1 * factor * (gradient + decay * theta)
        np.testing.assert_allclose(other["last"][name], expected, rtol=1e-4, atol=1e-6, err_msg=name)


def test_groups_that_say_nothing_change_no_bit(tmp_path):
    one, _ = train(tmp_path, CONFIG, "a")
    optimizer = {**CONFIG["optimizer"], "groups": {"*.W": {}, "dense_1": {"lr_factor": 1}}}
    other, _ = train(tmp_path, changed(optimizer=optimizer), "b")
    for name in one["last"].files:
        if name not in ("manifest", "digest"):
            assert np.array_equal(one["last"][name], other["last"][name]), name


def test_the_best_checkpoint_is_the_average_and_the_training_does_not_know_of_it(tmp_path):
    training = {"steps": 6, "evaluate": {"steps": 1}, "checkpoint": {"steps": 1}}
    path = []
    for steps in range(1, 7):  # θ after every step
        saved, _ = train(tmp_path, changed(training={**training, "steps": steps}), f"to-{steps}")
        path.append(saved["last"])
    averaged = changed(training={**training, "average": {"decay": 0.6}})
    saved, run = train(tmp_path, averaged)
    step = run.summary["best"]["step"]
    names = [name for name in path[0].files if "/" not in name and name not in ("manifest", "digest")]
    for name in names:
        assert np.array_equal(saved["last"][name], path[-1][name]), name
        weights = [0.4 * 0.6 ** (step - 1 - i) for i in range(step)]
        mean = sum(w * path[i][name] for i, w in enumerate(weights)) / sum(weights)
        expected = (
            path[step - 1][name] if name.startswith("batch_norm_1.") and name.endswith(("mean", "variance")) else mean
        )
        np.testing.assert_allclose(saved["best"][name], expected, rtol=1e-5, atol=1e-6, err_msg=name)
    from nntrain.inference.evaluation import evaluate
    from nntrain.inference.load import load

    measured = evaluate(load(run.run_dir / "checkpoints" / "best.npz"), (), "validation")
    assert measured["loss"] == run.summary["best"]["validation"]["loss"]
    line = next(line for line in run.history if line["step"] == step)
    assert measured["loss"] == line["validation"]["loss"]


def test_a_signal_during_the_evaluation_of_the_average_saves_what_training_has(tmp_path):
    config = changed(training={"steps": 4, "average": {"decay": 0.6}, "checkpoint": {"steps": 100}})
    train(tmp_path, config, "whole")
    for asked in range(1, 9):
        calls = iter(range(100))
        name = f"cut-{asked}"
        try:
            session.fit(
                config, run_dir=tmp_path / name, stop=lambda calls=calls, n=asked: 15 if next(calls) == n else None
            )
        except Exception:
            session.resume(tmp_path / name)
        files = [(tmp_path / each / "checkpoints" / "last.npz").read_bytes() for each in ("whole", name)]
        assert files[0] == files[1], asked


def test_a_loop_without_a_best_checkpoint_takes_no_average(nntrain, configs):
    told = nntrain("fit", configs / "moons_gan.yaml", "training.average.decay=0.9", code=2).stderr
    assert "has no value that says which network is the best; leave average out" in told


@pytest.mark.slow
def test_a_frozen_body_trains_at_least_one_and_a_half_times_as_fast_a_step():
    config = changed(
        dataset={"type": "digits", "batch_size": 64},
        architecture=[
            "flatten",
            {"dense": 512},
            "relu",
            {"dense": 512},
            "relu",
            {"dense": {"units": 10, "name": "logits"}},
        ],
        optimizer={"type": "sgd", "lr": 0.1, "momentum": 0.9},
    )
    seconds = {}
    for freeze in ([], ["dense_*"]):
        built = build(configs.read({**config, "freeze": freeze}))
        trainer = built.loop.trainer(built)
        batch = built.data.parts["train"].batch(np.arange(64))
        times = []
        for step in range(120):
            begin = time.perf_counter()
            trainer.step(batch, step)
            times.append(time.perf_counter() - begin)
        seconds[bool(freeze)] = float(np.median(times[20:]))
    print(f"{1e3 * seconds[False]:.3f} ms a step, frozen {1e3 * seconds[True]:.3f} ms")
    assert seconds[False] > 1.5 * seconds[True]


def test_the_summary_counts_frozen_parameters_too(tmp_path):
    _, run = train(tmp_path, changed(freeze=["dense_1"], training={"steps": 1}))
    assert run.summary["parameters"] == 2 * 7 + 7 + 14 + 7 * 6 + 6 + 6 * 3 + 3
    assert json.loads((run.run_dir / "summary.json").read_text())["status"] == "done"
