"""encoder_decoder: teacher forcing, the gradient through both networks, what a decoder must not see."""

import hashlib

import numpy as np
import pytest

import nntrain
from nntrain import config
from nntrain.builder import build
from nntrain.errors import ConfigError, Interrupted
from nntrain.files import checkpoint
from nntrain.inference.evaluation import evaluate
from nntrain.inference.evaluator import output
from nntrain.inference.load import load
from nntrain.runtime import threads

ENCODER = [
    {"embedding": 8},
    {"residual": ["layer_norm", {"attention": {"heads": 2, "positions": "rope", "dropout": 0.1}}]},
]
DECODER = [
    {"embedding": 4},
    {"repeat": {"times": 2, "layers": [
        {"residual": ["layer_norm", {"attention": {"heads": 2, "causal": True}}]},
        {"residual": ["layer_norm", {"cross_attention": {"heads": 2, "dropout": 0.1}}]},
    ]}},
    {"dense": "$dataset.classes"},
]  # fmt: skip
OF_LSTM = {
    "encoder": [{"embedding": 5}, {"lstm": {"units": 3, "bidirectional": True}}],
    "decoder": [{"embedding": 4}, {"lstm": 6}, {"residual": [{"cross_attention": 1}]}, {"dense": "$dataset.classes"}],
}
WITHOUT_ATTENTION = {  # the last state of the encoder goes into every step of the decoder (Cho et al. 2014)
    "encoder": [{"embedding": 5}, {"gru": {"units": 6, "output": "last"}}, {"reshape": [1, 6]}],
    "decoder": [{"embedding": 6}, {"residual": [{"cross_attention": 1}]}, {"gru": 7}, {"dense": "$dataset.classes"}],
}


def declared(architecture=None, **changes):
    return {
        "name": "sums",
        "dataset": {"type": "additions", "examples": 100, "validation": 0.2, "batch_size": 20},
        "architecture": architecture or {"encoder": ENCODER, "decoder": DECODER},
        "loss": "cross_entropy",
        "optimizer": {"type": "adam", "lr": 0.01},
        "metrics": ["accuracy", "exact_match"],
        "training": {"epochs": 2},
        "dtype": "float64",
        **changes,
    }


def trainer(*arguments, **changes):
    made = ready(declared(*arguments, **changes))
    return made, made.built.data.parts["train"].batch(np.arange(7))


def ready(given):
    built = build(config.read(given))
    return built.loop.trainer(built)


def shifted(batch, k):
    """The same examples with other padding behind the ends."""
    for values, lengths in ((batch.X, batch.lengths), (batch.Y, batch.target_lengths)):
        behind = np.arange(len(values))[:, None] >= lengths
        values[behind] = (values[behind] + k) % 10
    return batch


@pytest.mark.parametrize("architecture", [None, OF_LSTM, WITHOUT_ATTENTION])
def test_the_gradient_goes_through_both_networks(architecture):
    made, batch = trainer(architecture)
    made.gradient(batch, 3)
    random = np.random.default_rng(0)
    directions = {name: random.standard_normal(network.dtheta.size) for name, network in made.networks.items()}
    slope = sum(float(made.networks[name].dtheta @ v) for name, v in directions.items())
    assert all(np.abs(network.dtheta).max() > 0 for network in made.networks.values())
    losses = []
    for sign in (1, -2, 1):
        for name, v in directions.items():
            made.networks[name].trainable[...] += sign * 1e-6 * v
        losses.append(made.gradient(batch, 3)[0])
    assert (losses[0] - losses[1]) / 2e-6 == pytest.approx(slope, rel=1e-6)


def test_a_step_reads_the_true_symbol_before_it_and_the_start_mark_first():
    made, batch = trainer()
    start = made.facts.target_texts.vocabulary.symbols.index("<start>")
    assert (batch.previous[0] == start).all()
    assert np.array_equal(batch.previous[1:], batch.Y[:-1])
    assert output(made.built, batch).Z.shape == (len(batch.Y), made.facts.classes, 7)


def test_what_stands_behind_the_ends_changes_neither_loss_nor_gradient():
    losses, gradients = [], []
    for k in (0, 3):
        made, batch = trainer()
        losses.append(made.gradient(shifted(batch, k), 0)[0])
        gradients.append(np.concatenate([network.dtheta for network in made.networks.values()]))
    assert losses[0] == losses[1]
    np.testing.assert_array_equal(*gradients)


def test_the_loss_is_the_mean_over_the_steps_that_count():
    made, batch = trainer()
    Z = output(made.built, batch).Z
    log_p = Z - np.log(np.exp(Z).sum(axis=1, keepdims=True))
    by_hand = [-log_p[t, batch.Y[t, j], j] for j in range(7) for t in range(batch.target_lengths[j])]
    part = made.built.data.parts["train"]
    part.sources.lengths, part.sources.starts = part.sources.lengths[:7], part.sources.starts[:7]
    part.size = 7
    assert made.evaluate(part)["loss"] == pytest.approx(np.mean(by_hand))


@pytest.mark.parametrize("frozen", [["decoder.*"], ["decoder.repeat_1.*", "decoder.embedding_1.*"], ["encoder.*"]])
def test_what_is_frozen_stays_and_passes_its_gradient_on(frozen):
    free, batch = trainer()
    made, _ = trainer(freeze=frozen)
    free.gradient(batch, 0)
    made.gradient(batch, 0)
    for name, network in made.networks.items():
        gradients = network.layout.arrays(network.dtheta)
        expected = free.networks[name].layout.arrays(free.networks[name].dtheta)
        assert all(np.allclose(gradient, expected[key], rtol=1e-12) for key, gradient in gradients.items())


def test_the_loop_follows_from_the_names_of_the_networks():
    assert build(config.read(declared())).config.training.loop.type == "encoder_decoder"
    said = declared(training={"epochs": 1, "loop": "encoder_decoder"})
    assert build(config.read(said)).config.as_dict()["training"]["loop"] == {"type": "encoder_decoder"}
    with pytest.raises(ConfigError, match="architecture"):
        config.read(declared({"encoder": ENCODER}))


def test_saved_names_say_the_network(tmp_path):
    run = nntrain.fit(declared(), run_dir=tmp_path / "run")
    names = list(checkpoint.read(run.run_dir / "checkpoints" / "last.npz").arrays)
    assert names[0] == "encoder.embedding_1.W"
    assert "decoder.repeat_1.residual_2.cross_attention_1.W_k" in names
    loaded = load(run.run_dir / "checkpoints" / "last.npz")
    measured = evaluate(loaded, [], "validation")
    assert measured["loss"] == run.summary["final"]["validation"]["loss"]
    assert set(measured) == {"split", "examples", "loss", "accuracy", "exact_match"}


@pytest.mark.parametrize(
    ("decoder", "dataset", "words"),
    [
        ([DECODER[0], DECODER[2]], {}, "no layer of the decoder reads what the encoder gives"),
        (
            [DECODER[0], {"residual": [{"attention": 2}]}, {"cross_attention": 1}, DECODER[2]],
            {},
            r"architecture\.decoder\.3: error: .*a step of the decoder sees those behind it.*causal: true",
        ),
        ([*DECODER[:2], "last", DECODER[2]], {}, r"gives outputs for each example, the data targets for each step"),
        ([*DECODER[:2], {"dense": 3}], {}, r"cross_entropy wants 14 outputs, one a class"),
        (
            [{"embedding": 4}, {"cross_attention": 3}, DECODER[2]],
            {},
            r"decoder\.1: error: cross_attention: expected",
        ),
        (DECODER, {"type": "moons", "examples": 50}, "needs pairs of texts"),
    ],
)
def test_what_does_not_fit_is_said(decoder, dataset, words):
    given = declared({"encoder": ENCODER, "decoder": decoder})
    given["dataset"] = dataset or given["dataset"]
    if dataset:
        given["architecture"]["encoder"] = [{"dense": 3}]
    with pytest.raises(ConfigError, match=words):
        ready(given)


def test_a_run_is_cut_and_resumed_to_the_same_bytes_on_any_number_of_threads(tmp_path):
    given, found = declared(dtype="float32"), set()
    for count in (1, 2, 3):
        threads.set_threads(count)
        run = nntrain.fit(given, run_dir=tmp_path / f"whole-{count}")
        found.add(hashlib.sha256((run.run_dir / "checkpoints" / "last.npz").read_bytes()).hexdigest())
    asked = 0

    def stop():
        nonlocal asked
        asked += 1
        return 15 if asked == 6 else None

    with pytest.raises(Interrupted):
        nntrain.fit(given, run_dir=tmp_path / "cut", stop=stop)
    resumed = nntrain.resume(tmp_path / "cut")
    found.add(hashlib.sha256((resumed.run_dir / "checkpoints" / "last.npz").read_bytes()).hexdigest())
    assert len(found) == 1
