"""One matrix that two layers use: one array in θ under one name, both gradients added."""

import numpy as np
import pytest
from layers.run import Run

from nntrain.layers import Context, Dense, Embedding, Repeat, Residual, Sequential, ShapeError, Symbols, Tanh, Tied
from nntrain.model.network import Network
from nntrain.model.parameters import count
from nntrain.runtime.streams import stream

SYMBOLS = Symbols((4,), 7)
TEXT = Sequential((Embedding(5, name="symbols"), Tanh(), Tied("symbols")))


def test_scores_are_the_products_with_each_symbols_vector():
    run = Run(TEXT, SYMBOLS)
    X = stream(0, 0).integers(7, (4, 3))
    Z = run.forward(X)
    W = run.p.children[0].W
    assert Z.shape == (4, 7, 3)
    for t, j in np.ndindex(4, 3):
        assert Z[t, :, j] == pytest.approx(W.T @ np.tanh(W[:, X[t, j]]))


def test_there_is_one_array_under_the_name_of_the_layer_that_declares_it():
    run = Run(TEXT, SYMBOLS)
    assert list(run.layout.names) == ["symbols.W"]
    assert run.theta.size == 5 * 7
    assert np.shares_memory(run.p.children[0].W, run.p.children[2].W)
    names = Run(Sequential((Residual((Dense(3, name="code"), Tanh(), Tied("code"))),)), (6,)).layout.names
    assert list(names) == ["residual_1.code.W", "residual_1.code.b"]


def test_both_gradients_are_added():
    """Also where the first of them may be written, as the gradient was cleared before."""
    for layers, shape, X in (
        (TEXT, SYMBOLS, stream(0, 0).integers(7, (4, 3))),
        (
            Sequential((Dense(5, bias=False, name="symbols"), Tanh(), Tied("symbols"))),
            (7,),
            stream(0, 0).normal((7, 3)),
        ),
    ):
        network = Network(layers, shape)
        network.allocate("float64")
        network.draw(0)
        network.dtheta[...] = 99.0
        network.clear_gradient()
        Z, caches = network.forward(X, Context(training=True))
        dZ = stream(1, 0).normal(Z.shape)
        network.accumulate(dZ, caches)
        W = network.p.children[0].W
        apart = [np.zeros_like(W), np.zeros_like(W)]
        for which, gradient in enumerate(apart):  # the derivative by one use alone: the other's array stands still
            for place in np.ndindex(W.shape):
                gradient[place] = derivative(layers, network, X, dZ, which, place)
        assert pytest.approx(apart[0] + apart[1], rel=1e-6, abs=1e-8) == network.g.children[0].W
        assert all(np.abs(gradient).max() > 0.1 for gradient in apart)


def derivative(layers, network, X, dZ, which, place, step=1e-6):
    first, tanh, last = layers.layers
    values = []
    for sign in (1, -1):
        uses = [network.p.children[0].W.copy(), network.p.children[0].W.copy()]
        uses[which][place] += sign * step
        p = [type(network.p)("", {"W": W}) for W in uses]
        A = tanh.apply(p[0], first.apply(p[0], X, Context(training=True)), Context(training=True))
        values.append(np.sum(last.apply(p[1], A, Context(training=True)) * dZ))
    return (values[0] - values[1]) / (2 * step)


def test_a_network_shows_the_parameters_once():
    network = Network(TEXT, SYMBOLS)
    assert [count(stage.tree) for stage in network.stages] == [35, 0, 0]
    assert network.stages[2].layer.flops((4, 5)) == 2 * 4 * 5 * 7


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ((Embedding(5), Tied("embeding_1")), "'embeding_1'; before this one stand embedding_1"),
        ((Embedding(5), Tanh(), Tied("tanh_1")), "a matrix W, got 'tanh_1'; before this one stand embedding_1"),
        ((Embedding(5), Dense(6), Tied("embedding_1")), r"5 features, as embedding_1.W is \(5, 7\), got \(4, 6\)"),
        ((Embedding(5), Repeat(2, (Tied("embedding_1"),))), "no such layer stands before this one"),
    ],
)
def test_what_cannot_be_shared_is_told(layers, words):
    with pytest.raises(ShapeError, match=words) as e:
        Sequential(layers).declare(SYMBOLS)
    assert isinstance(e.value.layer, Tied)
    if not isinstance(layers[-1], Repeat):
        assert e.value.layer is layers[-1]
