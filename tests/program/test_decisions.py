"""Metrics, predictions and reports decide by one rule, however close to each other the outputs are."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from nntrain.report.findings import find
from nntrain.runtime.streams import stream

N, T = 300, 5


def close_outputs(*shape):
    """float32 numbers many of which are equal, or next to each other, to 0 or to ½."""
    Z = np.array([0.0, 0.5, 1.0, 30.0], np.float32)[stream(0, 0).integers(4, shape)]
    moved = stream(0, 1).integers(3, shape) - 1
    return np.where(moved == 0, Z, np.nextafter(Z, np.float32(100) * moved.astype(np.float32)))


CASES = {
    "classes": ("cross_entropy", close_outputs(N, 3), stream(0, 2).integers(3, (N,))),
    "a label a step": ("cross_entropy", close_outputs(N, T, 3), stream(0, 2).integers(3, (N, T))),
    "two classes by a logit": ("binary_cross_entropy", close_outputs(N, 1), stream(0, 2).integers(2, (N,))),
    "a label a step by a logit": ("binary_cross_entropy", close_outputs(N, T, 1), stream(0, 2).integers(2, (N, T))),
}


@pytest.mark.parametrize(("loss", "x", "y"), CASES.values(), ids=CASES)
def test_accuracy_predictions_and_the_report_tell_the_same_classes(loss, x, y, nntrain):
    np.savez("outputs.npz", x=x, y=y)
    config = {
        "dataset": {"type": "npz", "path": "outputs.npz", "validation": 0},
        "architecture": ["identity"],
        "loss": loss,
        "optimizer": {"type": "sgd", "lr": 0.0},
        "metrics": ["accuracy", "confusion"],
        "training": {"steps": 1},
    }
    Path("config.yaml").write_text(json.dumps(config))
    run = Path(nntrain("fit", "-q", "config.yaml").stdout.strip())
    measured = json.loads(nntrain("eval", run, "--json").stdout)
    rows = list(csv.reader(io.StringIO(nntrain("predict", run, "outputs.npz").stdout)))[1:]
    guess = np.array(rows, int).reshape(y.shape)
    assert measured["accuracy"] == np.mean(guess == y)
    confusion = np.zeros_like(measured["confusion"])
    np.add.at(confusion, (y, guess), 1)
    assert measured["confusion"] == confusion.tolist()
    if y.ndim == 1:  # the report shows what one answer an example confuses
        assert find(run).confusion.tolist() == confusion.tolist()


def test_both_probabilities_of_a_logit_keep_their_digits(nntrain):
    z = np.array([-60.0, -20, -1, 0, 1, 20, 60], np.float32)
    np.savez("outputs.npz", x=z[:, None], y=np.arange(7) % 2)
    config = {
        "dataset": {"type": "npz", "path": "outputs.npz", "validation": 0},
        "architecture": ["identity"],
        "loss": "binary_cross_entropy",
        "optimizer": {"type": "sgd", "lr": 0.0},
        "training": {"steps": 1},
    }
    Path("config.yaml").write_text(json.dumps(config))
    run = nntrain("fit", "-q", "config.yaml").stdout.strip()
    told = np.loadtxt(
        io.StringIO(nntrain("predict", run, "outputs.npz", "--probabilities").stdout), delimiter=",", skiprows=1
    )
    sigma = 1 / (1 + np.exp(-z.astype(float)))
    np.testing.assert_allclose(told, np.stack([sigma[::-1], sigma], axis=1), rtol=1e-6)
