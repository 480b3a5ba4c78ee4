"""Arrays from training to prediction: padding, weights and missing labels count for nothing anywhere."""

import csv
import io
import json

import numpy as np
import pytest

RNG = np.random.default_rng(1)
N, T, n, K = 40, 5, 3, 3
LENGTHS = RNG.integers(1, T + 1, N)
PAST = np.arange(T) >= LENGTHS[:, None]
X = RNG.normal(size=(N, T, n)).astype(np.float32)
STEPS = RNG.integers(0, K, (N, T))
VALUES = RNG.normal(size=(N, T, 2)).astype(np.float32)
CONFIG = """\
name: t
dataset: {{type: npz, path: d.npz, validation: 0, batch_size: 8{dataset}}}
architecture: [{layers}]
loss: {loss}
optimizer: {{type: sgd, lr: 0.1}}
metrics: [{metrics}]
training: {{epochs: 2}}
"""
STEP_LABELS = {"layers": "lstm: 4, dense: 3", "loss": "cross_entropy", "metrics": "accuracy"}


@pytest.fixture
def write(tmp_path):
    """Write a config and its arrays."""

    def write(arrays, dataset="", **config):
        np.savez(tmp_path / "d.npz", **arrays)
        (tmp_path / "c.yaml").write_text(CONFIG.format(dataset=dataset, **config))

    return write


def measured(nntrain, *overrides):
    return json.loads(nntrain("eval", "run", *overrides, "--json").stdout)


def outputs(nntrain, source="d.npz", *options):
    rows = list(csv.reader(io.StringIO(nntrain("predict", "run", source, *options).stdout)))
    return rows[1:]


@pytest.mark.parametrize(
    ("y", "config"),
    [
        (STEPS, STEP_LABELS),
        (VALUES, {"layers": "lstm: 4, dense: 2", "loss": "mse", "metrics": "mae, r2"}),
        (
            STEPS[:, 0],
            {"layers": "{lstm: {units: 4, output: last}}, dense: 3", "loss": "cross_entropy", "metrics": "f1"},
        ),
        (STEPS[:, 0], {"layers": "dense: 4, mean_over_time, dense: 3", "loss": "cross_entropy", "metrics": "f1"}),
    ],
    ids=["labels a step", "values a step", "a label, last", "a label, mean"],
)
def test_what_stands_in_the_padding_changes_no_number(write, nntrain, y, config):
    results = []
    for filler, number in ((0, 0), (np.nan, 7)):
        x, targets = X.copy(), y.copy()
        x[PAST] = filler
        if y.ndim > 1:
            targets[PAST] = number
        write({"x": x, "y": targets, "n": LENGTHS}, ", lengths: n", **config)
        nntrain("fit", "c.yaml", "-q", "--run-dir", "run", "--on-exist", "replace")
        results.append((measured(nntrain), outputs(nntrain)))
    assert results[0] == results[1]


def test_the_loss_is_the_mean_over_the_steps_there_are(write, nntrain):
    write({"x": X, "y": STEPS, "n": LENGTHS}, ", lengths: n", **STEP_LABELS)
    nntrain("fit", "c.yaml", "-q", "--run-dir", "run")
    found = measured(nntrain)
    P = np.array([[float(cell or "nan") for cell in row] for row in outputs(nntrain, "d.npz", "--probabilities")])
    P = P.reshape(N, T, K)
    assert np.isnan(P[PAST]).all()
    said = np.take_along_axis(P, STEPS[..., None], -1)[..., 0][~PAST]
    assert found["loss"] == pytest.approx(-np.log(said).mean(), rel=1e-5)
    assert found["accuracy"] == pytest.approx((P.argmax(-1) == STEPS)[~PAST].mean())
    labels = outputs(nntrain)
    assert [[cell == "" for cell in row] for row in labels] == PAST.tolist()


@pytest.mark.parametrize(("suffix", "past"), [(".npy", -1), (".csv", "")])
def test_predictions_past_a_sequences_end_are_marked(write, nntrain, tmp_path, suffix, past):
    write({"x": X, "y": STEPS, "n": LENGTHS}, ", lengths: n", **STEP_LABELS)
    nntrain("fit", "c.yaml", "-q", "--run-dir", "run")
    nntrain("predict", "run", "d.npz", "-o", f"p{suffix}")
    if suffix == ".npy":
        assert (np.load(tmp_path / "p.npy")[PAST] == past).all()
    else:
        rows = list(csv.reader(io.StringIO((tmp_path / "p.csv").read_text())))[1:]
        assert {cell for row, gone in zip(rows, PAST, strict=True) for cell, g in zip(row, gone, strict=True) if g} == {
            past
        }


def test_labels_of_minus_one_count_nowhere(write, nntrain):
    known, x = np.arange(N) % 4 != 0, X[:, 0]
    y = STEPS[:, 0].copy()
    y[~known] = -1
    config = {
        "layers": "dense: 3",
        "loss": "{type: cross_entropy, ignore: -1, class_weights: balanced}",
        "metrics": "f1",
    }
    write({"x": x, "y": y}, **config)
    nntrain("fit", "c.yaml", "-q", "--run-dir", "run")
    found = measured(nntrain)
    np.savez("d.npz", x=x[known], y=y[known])
    only = measured(nntrain)
    assert [found["loss"], found["f1"]] == pytest.approx([only["loss"], only["f1"]], rel=1e-5)
    assert nntrain("data", "c.yaml").stdout
    np.savez("d.npz", x=x, y=y)
    refused = nntrain("fit", "c.yaml", "loss.ignore=null", "--dry-run", code=3).stderr
    assert "d.npz:y[0]: error: label -1, expected 0 or more; if it is none, say ignore: -1 in the loss" in refused
    assert not [line for line in nntrain("report", "run").stderr.splitlines() if "Traceback" in line]


def test_a_report_passes_over_ignored_examples(write, nntrain, tmp_path):
    y = np.where(np.arange(N) % 4 == 0, -1, STEPS[:, 0])
    write({"x": X[:, 0], "y": y}, layers="dense: 3", loss="{type: cross_entropy, ignore: -1}", metrics="accuracy")
    nntrain("fit", "c.yaml", "-q", "--run-dir", "run")
    from nntrain.report.findings import find

    found = find(tmp_path / "run")
    assert found.problem == ""
    assert (found.examples, int(found.confusion.sum())) == (30, 30)
    assert all(wrong.number % 4 for wrong in found.wrong)


def test_weights_count_in_training_and_measuring(write, nntrain):
    """Weights 1 and 2 are the same as an example and an example twice."""
    twice = np.arange(N) % 2 == 0
    config = {"layers": "dense: 3", "loss": "cross_entropy", "metrics": "accuracy"}
    write({"x": X[:, 0], "y": STEPS[:, 0], "w": 1.0 + twice}, ", weights: w", **config)
    nntrain("fit", "c.yaml", "-q", "dataset.batch_size=64", "--run-dir", "run")
    weighted = measured(nntrain)
    order = np.repeat(np.arange(N), 1 + twice)
    np.savez("d.npz", x=X[order, 0], y=STEPS[order, 0], w=np.ones(len(order)))
    nntrain("fit", "c.yaml", "-q", "dataset.batch_size=64", "--run-dir", "run", "--on-exist", "replace")
    repeated = measured(nntrain)
    assert weighted["loss"] == pytest.approx(repeated["loss"], rel=1e-5)
    assert weighted["accuracy"] == pytest.approx(repeated["accuracy"])


def test_without_targets_there_is_nothing_to_learn_but_the_inputs(write, nntrain):
    write({"x": X[:, 0]}, layers="dense: 2, dense: $dataset.features", loss="mse", metrics="mae")
    refused = nntrain("fit", "c.yaml", "--dry-run", code=3).stderr
    assert "d.npz: error: no array 'y' (it has x); reconstruct: true takes the inputs" in refused
    nntrain("fit", "c.yaml", "dataset.reconstruct=true", "-q", "--run-dir", "run")
    assert measured(nntrain)["examples"] == N
    assert "no values" in nntrain("data", "c.yaml").stdout


def test_a_gan_needs_no_targets(write, nntrain, tmp_path):
    write({"x": X[:, 0]}, layers="", loss="", metrics="")
    (tmp_path / "g.yaml").write_text(
        "dataset: {type: npz, path: d.npz, validation: 0}\n"
        "architecture: {generator: [dense: 3], discriminator: [dense: 1]}\n"
        "loss: gan\noptimizer: {generator: adam, discriminator: adam}\n"
        "training: {loop: {type: gan, latent: 2, samples: 0}, epochs: 1}\n"
    )
    nntrain("fit", "g.yaml", "-q", "--run-dir", "run")
    assert measured(nntrain)["examples"] == N
    np.savez("d.npz", x=X[:, 0], y=STEPS[:, 0])
    assert measured(nntrain)["examples"] == N


def test_new_images_are_read_in_the_layout_of_training(write, nntrain, tmp_path):
    x, y = RNG.random((N, 5, 6, 3)), STEPS[:, 0]
    write(
        {"x": x, "y": y},
        layers="{conv2d: {filters: 2, kernel: 3}}, flatten, dense: 3",
        loss="cross_entropy",
        metrics="",
    )
    fit = nntrain("fit", "c.yaml", "-q", "--run-dir", "run").stderr
    assert "warning: " in fit
    assert "(40, 5, 6, 3) is read as images with channels last; layout: channels_first says otherwise" in fit
    one = outputs(nntrain)
    np.save(tmp_path / "x.npy", x)
    assert outputs(nntrain, "x.npy") == one
    assert "channels last" not in nntrain("eval", "run").stderr


def test_several_yes_or_no_targets_have_probabilities(write, nntrain):
    write(
        {"x": X[:, 0], "y": (X[:, 0] > 0).astype(float)}, layers="dense: 3", loss="binary_cross_entropy", metrics="f1"
    )
    nntrain("fit", "c.yaml", "-q", "--run-dir", "run")
    told = nntrain("predict", "run", "d.npz", "--probabilities").stdout
    assert told.splitlines()[0] == "probability_0,probability_1,probability_2"
    P = np.array(outputs(nntrain, "d.npz", "--probabilities"), float)
    assert P.shape == (N, 3)
    assert ((P > 0) & (P < 1)).all()
