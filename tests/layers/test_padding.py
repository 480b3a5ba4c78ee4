"""Of a batch of sequences each example gives what it gives alone: neither what stands behind its end nor its neighbours
change it, forward and backward."""

import numpy as np
import pytest
from layers.cases import CASES

from nntrain.components import find
from nntrain.layers import (
    GRU,
    LSTM,
    BatchNorm,
    Concatenate,
    Context,
    Conv1d,
    Dense,
    Flatten,
    GlobalAvgPool,
    GlobalMaxPool,
    Last,
    Layer,
    LayerNorm,
    MeanOverTime,
    ReLU,
    Repeat,
    Reshape,
    Residual,
    Sequential,
    ShapeError,
    Symbols,
    Tanh,
)
from nntrain.model.parameters import Layout, allocate

T = 7
LENGTHS = np.array([7, 1, 4, 6, 2, 5, 3])
# the layers give 2 steps of 6, the shortcut 3: of 7 both give 3
UNEVEN = Sequential((Residual((Conv1d(3, 3, stride=2),), shortcut=(Conv1d(3, 2, stride=2),)), Conv1d(2, 2), Last()))
NETWORKS = [
    Sequential((Conv1d(3, 3), Conv1d(4, 2, stride=2, padding="same"), Tanh(), Last())),
    Sequential((Conv1d(3, 3, stride=2, padding="same"), LSTM(2, bidirectional=True), MeanOverTime())),
    Sequential((Conv1d(3, 2, padding=1), BatchNorm(), ReLU(), GlobalMaxPool())),
    Sequential((Conv1d(3, 2), GRU(2, "last", bidirectional=True), Dense(3))),
    Sequential((GRU(6, "last"), Reshape((3, 2)), LSTM(3), GlobalAvgPool())),
    Sequential((Residual((Conv1d(5, 3, padding="same"), LayerNorm(), Tanh())), Conv1d(2, 3), GlobalAvgPool())),
    UNEVEN,
    Sequential((Concatenate((Conv1d(2, 3), (Conv1d(3, 1), Conv1d(2, 3)))), GRU(3, bidirectional=True), Last())),
    Sequential((Repeat(2, (Conv1d(5, 3, padding="same"), ReLU())), MeanOverTime())),
]


def on_sequences():
    """Every layer of the cases that takes a sequence (7, 5), and networks of them."""
    found = [case.layer for cases in CASES.values() for case in cases if not isinstance(case.shape, Symbols)]
    found = [layer for layer in found if takes(layer, (T, 5))]
    return [*{repr(layer): layer for layer in [*found, *NETWORKS]}.values()]


def takes(layer: Layer, shape):
    try:
        layer.declare(shape)
    except ShapeError:
        return False
    return True


LAYERS = on_sequences()
ALONE = [layer for layer in LAYERS if layer is not UNEVEN and layer.type != "reshape" and "Flatten" not in repr(layer)]


class Passes:
    """Forward and backward passes with parameters that stay."""

    def __init__(self, layer, training=False):
        tree = layer.declare((T, 5))[1]
        self.layer, self.training, self.layout = layer, training, Layout(tree)
        self.theta = allocate(self.layout.size, "float64")
        self.layout.draw(self.theta, 0)

    def forward(self, X, lengths):
        """Y, its valid steps, and the gradients that backward gives for dY of 1, 2, 3, … at them."""
        layer, context = self.layer, Context(training=self.training)
        context.lengths = lengths
        p = self.layout.views(self.theta.copy())
        Y, cache = layer.forward(p, X, context)
        assert context.lengths is lengths
        after = layer.output_lengths(lengths)
        dY = np.cos(np.arange(Y[..., 0].size)).reshape(Y.shape[:-1])[..., None] * np.ones(Y.shape)
        if after is not None:
            assert after.min() >= 1
            assert after.max() <= len(Y)
            counts = np.arange(len(Y))[:, None, None] < after
            Y, dY = np.where(counts, Y, 0), np.where(counts, dY, 0)
        if not self.training:
            return Y, after
        gradient = np.zeros(self.layout.trainable)
        dX = layer.backward(p, self.layout.views(gradient), dY, cache)
        return Y, after, dX, gradient


def sequences():
    X = np.random.default_rng(0).standard_normal((T, 5, len(LENGTHS)))
    return X, np.arange(T)[:, None, None] < LENGTHS


def test_every_layer_that_takes_sequences_is_tested_here():
    taking = {name for name, cases in CASES.items() if any(takes(case.layer, (4, 5)) for case in cases)}
    assert {layer.type for layer in LAYERS} >= taking - {"reshape"}
    assert set(CASES) == set(find("layer"))


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(
    "layer", [*LAYERS, Flatten(), Reshape((5, 7)), Reshape((1, 7, 5))], ids=lambda layer: layer.type
)
def test_what_stands_behind_an_end_changes_nothing(layer, training):
    X, counts = sequences()
    passes = Passes(layer, training)
    zeros, other = (passes.forward(np.where(counts, X, value), LENGTHS) for value in (0.0, 1e3))
    for found, expected in zip(other, zeros, strict=True):
        np.testing.assert_array_equal(found, expected)
    if training:
        assert not np.where(counts, 0, other[2]).any()


@pytest.mark.parametrize("layer", ALONE, ids=lambda layer: layer.type)
def test_an_example_gives_in_a_batch_what_it_gives_alone(layer):
    X, _ = sequences()
    passes = Passes(layer)
    Y, after = passes.forward(X, LENGTHS)
    for j, length in enumerate(LENGTHS):
        alone, steps = passes.forward(X[:length, :, j : j + 1], LENGTHS[j : j + 1])
        if after is None:
            assert steps is None
            np.testing.assert_allclose(Y[..., j], alone[..., 0], rtol=1e-10, atol=1e-12)
        else:
            assert after[j] == steps[0]
            np.testing.assert_allclose(Y[: after[j], ..., j], alone[: after[j], ..., 0], rtol=1e-10, atol=1e-12)
