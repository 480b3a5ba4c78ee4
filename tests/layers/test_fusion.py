"""Computed in another order, or over each other's memory, layers give the bits that they give one by one."""

import tracemalloc

import numpy as np
import pytest
from layers.run import Run

from nntrain.diagnosis.gradient_check import check_layer
from nntrain.kernels.scratch import release_scratch
from nntrain.layers import (
    BatchNorm,
    Context,
    Conv2d,
    Dense,
    Dropout,
    Flatten,
    GlobalAvgPool,
    MaxPool2d,
    ReLU,
    Residual,
    Sequential,
    Tanh,
)
from nntrain.layers.fusion import fuse
from nntrain.model.network import Network
from nntrain.runtime import threads
from nntrain.runtime.streams import stream


def conv(filters, stride=1):
    return Conv2d(filters, 3, stride, padding="same", bias=False)


BLOCK = Residual((conv(4, 2), BatchNorm(), ReLU(), conv(4), BatchNorm()), shortcut=(Conv2d(4, 1, 2), BatchNorm()))
CHAINS = {
    "conv, relu, pool": (conv(4), ReLU(), MaxPool2d(2)),
    "conv, batch_norm, relu, pool": (conv(4), BatchNorm(), ReLU(), MaxPool2d(3, stride=2, padding="same")),
    "batch_norm, relu, conv": (BatchNorm(), ReLU(), conv(4)),
    "residual, relu": (conv(4), Residual((conv(4), BatchNorm())), ReLU(), BLOCK, ReLU(), GlobalAvgPool(), Dense(2)),
    "pool, relu": (MaxPool2d(3, stride=2, padding="same"), ReLU()),
    "relu first": (ReLU(), MaxPool2d(2), ReLU()),
    "dropout, relu": (Tanh(), Dropout(0.3), ReLU(), Flatten(), Dense(3), ReLU()),
    "residual of relu": (Residual((ReLU(),)), Residual((Tanh(), ReLU())), ReLU()),
}


def one_by_one(run, X, dY):
    """Forward and backward through the layers as the chain names them."""
    caches, g = [], run.layout.views(gradient := np.zeros_like(run.dtheta))
    for layer, p in zip(run.layer.chain, run.p.children, strict=True):
        X, cache = layer.forward(p, X, Context(training=True))
        caches.append(cache)
    for i in reversed(range(len(caches))):
        dY = run.layer.chain[i].backward(run.p.children[i], g.children[i], dY, caches[i])
    return X, dY, gradient


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("m", [1, 40])
def test_outputs_and_gradients_are_the_bits_of_the_layers_one_by_one(name, m):
    shape = (3, 9, 8)
    fused, plain = (Run(Sequential(CHAINS[name]), shape, "float32") for _ in range(2))
    X = np.rint(stream(1, 0).normal((*shape, m), "float32"))  # zeros, and windows with several maxima
    Y = fused.forward(X.copy())
    dY = stream(2, 0).normal(Y.shape, "float32")
    expected = one_by_one(plain, X, dY)
    for found, right in zip((Y, fused.backward(dY), fused.dtheta), expected, strict=True):
        assert np.array_equal(found, right)
    assert np.array_equal(fused.theta, plain.theta)  # running means too


@pytest.mark.parametrize("name", CHAINS)
def test_the_derivative_is_that_of_forward(name):
    assert check_layer(Sequential(CHAINS[name]), (3, 9, 8), 5).ok


@pytest.mark.parametrize("name", CHAINS)
def test_evaluation_gives_the_bits_of_the_layers_one_by_one(name):
    run = Run(Sequential(CHAINS[name]), (3, 9, 8), "float32")
    X = stream(1, 0).normal((3, 9, 8, 7), "float32")
    run.forward(X)  # running means that are not 0 and 1
    expected = X
    for layer, p in zip(run.layer.chain, run.p.children, strict=True):
        expected = layer.apply(p, expected, Context(training=False))
    assert np.array_equal(run.evaluate(X), expected)


def test_what_is_fused():
    def types(*layers):
        return [(place, type(step).__name__) for place, step in fuse(layers)]

    assert types(conv(4), ReLU(), MaxPool2d(2)) == [(0, "Conv2d"), (2, "MaxPool2dReLU")]
    assert types(ReLU(), MaxPool2d(2), ReLU()) == [(1, "MaxPool2dReLU"), (2, "ReLU")]
    assert types(conv(4), BatchNorm(), ReLU()) == [(0, "Conv2d"), (1, "BatchNormReLU")]
    assert types(Dense(4), ReLU()) == [(0, "Dense"), (1, "OverwritingReLU")]
    assert types(Tanh(), ReLU()) == [(0, "Tanh"), (1, "ReLU")]  # tanh keeps its output


def test_a_window_without_a_positive_pixel_passes_no_gradient():
    run = Run(Sequential((ReLU(), MaxPool2d(2))), (1, 2, 2))
    assert not run.forward(-np.ones((1, 2, 2, 1))).any()
    assert not run.backward(np.ones((1, 1, 1, 1))).any()


VGG = [
    layer
    for filters in (16, 32)
    for layer in (*(conv(filters), BatchNorm(), ReLU()) * 2, MaxPool2d(2))
] + [Flatten(), Dense(10)]  # fmt: skip


def network(layers):
    net = Network(Sequential(layers), (3, 32, 32))
    net.allocate("float32")
    net.draw(0)
    return net


def step(net, X):
    Y, caches = net.forward(X, Context(training=True))
    net.accumulate(np.ones_like(Y), caches)


@pytest.mark.parametrize(
    "layers", [VGG, [conv(16), ReLU(), *[Residual((conv(16), BatchNorm(), ReLU(), conv(16)))] * 3]]
)
def test_a_training_step_takes_less_than_2_5_times_the_memory_of_its_activations(layers):
    net, X = network(layers), stream(0, 0).normal((3, 32, 32, 64), "float32")
    activations = 0
    for layer in leaves(layers):
        activations += layer[1]
    release_scratch()
    tracemalloc.start()
    step(net, X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    release_scratch()
    assert X.nbytes + peak < 2.5 * (X.nbytes + activations)


def leaves(layers, shape=(3, 32, 32)):
    """Each layer with the bytes of its output for 64 examples; a residual's own layers, and its sum."""
    for layer in layers:
        if isinstance(layer, Residual):
            yield from leaves(layer.layers, shape)
        shape = layer.declare(shape)[0]
        yield layer, 4 * 64 * int(np.prod(shape))


def test_bits_of_a_step_do_not_depend_on_the_number_of_threads():
    X = stream(0, 0).normal((3, 32, 32, 64), "float32")
    results = []
    for count in (1, 2, 3):
        threads.set_threads(count)
        net = network(VGG)
        step(net, X)
        results.append((net.dtheta.tobytes(), net.theta.tobytes()))
    assert results[0] == results[1] == results[2]
