"""The one walk over examples in evaluation mode, and what a checkpoint needs for it."""

from pathlib import Path

import numpy as np
import pytest

from nntrain import config
from nntrain.builder import build
from nntrain.data.parts import Batch, Part
from nntrain.inference import evaluation, evaluator
from nntrain.inference.load import load
from nntrain.inference.prediction import predict
from nntrain.model.parameters import Layout
from nntrain.optimizers import Adam
from nntrain.training import Supervised

CHECKPOINT = Path(__file__).parents[1] / "assets" / "format_1" / "checkpoints" / "best.npz"


def model(**changed):
    given = {
        "dataset": {"type": "moons", "examples": 700, "validation": 0.5},
        "architecture": [{"dense": 4}, "tanh", {"dense": 2}],
        "loss": "cross_entropy",
        "optimizer": "adam",
        "metrics": ["accuracy"],
        "training": {"epochs": 1},
    }
    return build(config.read(given | changed))


def test_a_checkpoint_is_measured_and_asked_without_drawn_values_and_without_an_optimizer(monkeypatch, tmp_path):
    def never(*_):
        raise AssertionError("training alone needs this")

    monkeypatch.setattr(Layout, "draw", never)
    monkeypatch.setattr(Adam, "slot_names", never)
    monkeypatch.setattr(Supervised, "trainer", never)
    loaded = load(CHECKPOINT)
    assert evaluation.evaluate(loaded, [], "test")["accuracy"] == pytest.approx(29 / 30)
    np.save(tmp_path / "points.npy", np.zeros((3, 2)))
    assert predict(loaded, tmp_path / "points.npy").values.shape == (3, 1)


def test_a_part_evaluates_to_the_means_over_its_examples_whatever_its_batches(monkeypatch):
    built = model()
    part = built.data.parts["validation"]
    walked = evaluator.evaluate(built, part)
    whole = evaluator.output(built, part.batch(np.arange(part.size)))
    Y = whole.batch.Y
    p = np.exp(whole.Z - whole.Z.max(0)) / np.exp(whole.Z - whole.Z.max(0)).sum(0)
    assert part.size > 256  # so there is more than one batch
    assert walked["loss"] == pytest.approx(-np.log(p[Y, np.arange(len(Y))]).mean(), rel=1e-5)
    assert walked["accuracy"] == (whole.Z.argmax(0) == Y).mean()


class Pieces(Part):
    """Two streams of three pieces each; `resets` at the first."""

    size, streams = 6, 2

    def __init__(self, X, Y):
        self.X, self.Y = X, Y

    def batch(self, indices):
        piece = int(indices[0]) // 2
        cut = slice(4 * piece, 4 * piece + 4)
        return Batch(self.X[cut], self.Y[cut], resets=piece == 0)


def test_recurrent_state_goes_along_a_stream_so_that_pieces_give_what_the_whole_gives():
    built = model(
        dataset={"type": "adding", "length": 12, "examples": 40},
        architecture=[{"gru": 5}, {"dense": 1}, "last"],
        loss="mse",
        metrics=[],
    )
    random = np.random.default_rng(0)
    X = random.standard_normal((12, 2, 2)).astype(np.float32)
    part = Pieces(X, np.zeros((12, 1, 2), np.float32))
    pieces = [out.Z for out in evaluator.outputs(built, part)]
    whole = evaluator.output(built, Batch(X, np.zeros((1, 2), np.float32)))
    np.testing.assert_allclose(pieces[-1], whole.Z, rtol=1e-5)


def test_steps_behind_the_end_of_an_example_do_not_count():
    batch = Batch(np.zeros((4, 2, 3)), np.zeros((4, 3), int), lengths=np.array([1, 4, 2]))
    np.testing.assert_array_equal(
        evaluator.counted(batch, np.zeros((4, 5, 3))), [[1, 1, 1], [0, 1, 1], [0, 1, 0], [0, 1, 0]]
    )
    assert evaluator.counted(batch, np.zeros((5, 3))) is None


def test_targets_of_an_ignored_class_do_not_count():
    labels = np.array([[2, 0, 1], [1, 2, 2], [0, 1, 2], [2, 2, 0]])
    batch = Batch(np.zeros((4, 2, 3)), labels, lengths=np.array([1, 4, 2]))
    np.testing.assert_array_equal(
        evaluator.counted(batch, np.zeros((4, 5, 3)), 2), [[0, 1, 1], [0, 0, 0], [0, 1, 0], [0, 0, 0]]
    )
    np.testing.assert_array_equal(evaluator.counted(Batch(np.zeros((2, 3)), labels[0]), np.zeros((5, 3)), 2), [0, 1, 1])


def test_weights_of_examples_count_in_loss_metrics_and_training():
    built = model(metrics=["accuracy", "roc_auc"], loss={"cross_entropy": {"label_smoothing": 0.1}})
    part = built.data.parts["validation"]

    class Weighted(Part):
        size = 30

        def batch(self, indices):
            batch = part.batch(indices)
            return Batch(batch.X, batch.Y, weights=indices % 3)

    class Repeated(Part):
        size = 30

        def batch(self, indices):
            return part.batch(np.repeat(indices, indices % 3))

    found, expected = (evaluator.evaluate(built, kind()) for kind in (Weighted, Repeated))
    assert found == pytest.approx(expected, rel=1e-6)
    gradients = []
    for kind in (Weighted, Repeated):
        built.loop.trainer(built).gradient(kind().batch(np.arange(30)), 0)
        gradients.append([network.dtheta.copy() for network in built.networks.values()])
    np.testing.assert_allclose(*gradients, rtol=1e-4, atol=1e-7)
