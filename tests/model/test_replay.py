"""Small networks are replayed: the bits of forward and backward, from arrays that stay."""

import numpy as np
import pytest

from nntrain.layers import (
    ELU,
    Dense,
    Dropout,
    Flatten,
    LeakyReLU,
    Linear,
    ReLU,
    Sequential,
    Sigmoid,
    SiLU,
    Softplus,
    Tanh,
)
from nntrain.model.layer import Context
from nntrain.model.network import Network

LAYERS = (
    *(Flatten(), Dense(6), ReLU(), Dense(7), Tanh(), Dense(5, bias=False), SiLU(), Linear(5), LeakyReLU()),
    *(Softplus(), ELU(), Dense(4), Sigmoid()),
)


def network(*layers, dtype="float32", shape=(2, 3), **more):
    made = Network(Sequential(layers=layers), shape, **more)
    made.allocate(dtype)
    made.draw(1)
    return made


def passes(net, X, once):
    """Y and ∂J/∂θ of J = ½ Σ Y²."""
    context = Context(training=True)
    Y, caches = (net.forward_once if once else net.forward)(X, context)
    net.clear_gradient()
    net.accumulate(Y, caches)
    return Y, net.dtheta.copy()


def batch(m, seed=0, dtype="float32", shape=(2, 3)):
    return np.random.default_rng(seed).standard_normal((*shape, m)).astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_replay_gives_the_bits_of_forward_and_backward_for_batches_of_all_sizes(dtype):
    net = network(*LAYERS, dtype=dtype)
    for seed, m in enumerate((8, 8, 3, 8, 1)):
        X = batch(m, seed, dtype)
        for found, expected in zip(passes(net, X, once=True), passes(net, X, once=False), strict=True):
            assert found.tobytes() == expected.tobytes()
        assert net.replayed(X)


def test_a_replayed_output_is_a_new_array():
    net = network(*LAYERS)
    Y, _ = net.forward_once(batch(8), Context(training=True))
    before = Y.copy()
    net.forward_once(batch(8, 1), Context(training=True))
    assert np.array_equal(Y, before)


def test_gradients_of_replays_add_up():
    net = network(*LAYERS)
    (_, first), (_, second) = (passes(net, batch(8, seed), once=True) for seed in (0, 1))
    net.clear_gradient()
    for seed in (0, 1):
        Y, caches = net.forward_once(batch(8, seed), Context(training=True))
        net.accumulate(Y, caches)
    assert net.dtheta == pytest.approx(first + second, rel=1e-5, abs=1e-6)


class Doubled(Dense):
    """Twice dense, whose `calls` it inherits."""

    def forward(self, p, X, context):
        Z, cache = super().forward(p, X, context)
        return 2 * Z, cache


class Halved(Dense):
    """Dense that learns half as fast, whose `calls` it inherits."""

    def accumulate(self, p, g, dZ, X):
        super().accumulate(p, g, dZ / 2, X)


@pytest.mark.parametrize(
    ("layers", "more"),
    [
        ((Flatten(), Dense(4), Dropout(0.5), Dense(2)), {}),
        ((Flatten(), Doubled(4)), {}),
        ((Flatten(), Halved(4)), {}),
        ((Flatten(), Dense(4, name="one"), Dense(2)), {"freeze": ["one"]}),
        ((Flatten(), Dense(40_000)), {}),
    ],
    ids=[
        "one that draws",
        "another forward pass than the calls'",
        "another backward pass",
        "one that does not learn",
        "a large one",
    ],
)
def test_networks_with_other_layers_are_not_replayed(layers, more):
    net = network(*layers, **more)
    for found, expected in zip(passes(net, batch(8), once=True), passes(net, batch(8), once=False), strict=True):
        assert np.array_equal(found, expected)
    assert not net.replayed(batch(8))


def test_an_array_that_lies_otherwise_is_not_copied_into_the_replays():
    net = network(*LAYERS)
    assert not net.replayed(np.asfortranarray(batch(8)))
    assert not net.replayed(batch(8, dtype="float64"))


def test_a_network_without_parameters_is_replayed():
    net = network(Flatten(), Tanh())
    assert net.replayed(batch(2))
    assert np.array_equal(passes(net, batch(2), once=True)[0], passes(net, batch(2), once=False)[0])
