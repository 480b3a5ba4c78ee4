"""Initial weights of every layer have the variance that their initializer promises.

fan_in, the numbers that enter one output, and fan_out, the outputs that one input reaches, are counted by brute force:
with W = 1, ones go through the layer forward and backward; where a layer is not linear, entries of its Jacobian that
are not 0 are counted.
"""

from dataclasses import replace
from math import prod

import numpy as np
import pytest
from layers.cases import CASES
from layers.run import Run

from nntrain.components import find
from nntrain.layers import (
    GRU,
    LSTM,
    RNN,
    Conv1d,
    Conv2d,
    ConvTranspose2d,
    Dense,
    Embedding,
    Linear,
    Patches,
    Symbols,
)
from nntrain.model import initializers as ini
from nntrain.model.parameters import Param, Shared, Stacked

DRAWS = 40_000  # the standard error of a variance is below 1 %
FAMILIES = {
    "he_normal": lambda fan_in, fan_out: 2 / fan_in,
    "he_uniform": lambda fan_in, fan_out: 2 / fan_in,
    "xavier_normal": lambda fan_in, fan_out: 2 / (fan_in + fan_out),
    "xavier_uniform": lambda fan_in, fan_out: 2 / (fan_in + fan_out),
    "lecun_normal": lambda fan_in, fan_out: 1 / fan_in,
}
LAYERS = [
    (Dense(12), (30,)),
    (Dense(12), (3, 30)),
    (Linear(12), (30,)),
    (Embedding(12), Symbols((4,), 30)),
    (Conv2d(12, 3), (8, 20, 24)),
    (Conv2d(12, (3, 5), padding="same"), (8, 20, 24)),
    (Conv2d(12, 3, stride=2, padding="same"), (8, 40, 40)),
    (Conv2d(12, (2, 5), stride=(3, 2), dilation=(2, 1)), (8, 60, 40)),
    (Conv2d(12, 1, stride=2), (8, 20, 24)),
    (Conv2d(12, 3, groups=4), (8, 20, 24)),
    (Conv2d(8, 3, groups=8, padding=1), (8, 20, 24)),
    (Conv2d(24, 3, groups=8, stride=2), (8, 40, 40)),
    (Conv1d(12, 3), (20, 8)),
    (Conv1d(12, 5, stride=2, padding="same", dilation=2), (40, 8)),
    (Conv1d(12, 4, groups=4, stride=3), (60, 8)),
    (ConvTranspose2d(12, 3), (8, 20, 24)),
    (ConvTranspose2d(12, 4, stride=2, padding=1), (8, 20, 24)),
    (ConvTranspose2d(12, 3, stride=2, padding="same"), (8, 20, 24)),
    (ConvTranspose2d(12, (3, 2), stride=(2, 3), dilation=(3, 1)), (8, 20, 24)),
    (ConvTranspose2d(12, 3, groups=4), (8, 20, 24)),
    (ConvTranspose2d(8, 3, groups=8), (8, 20, 24)),
    (ConvTranspose2d(24, 4, groups=8, stride=2), (8, 20, 24)),
    (Patches(4, 12), (8, 20, 24)),
    (Patches((2, 3), 12), (8, 20, 24)),
    (RNN(12), (1, 30)),
    (GRU(12), (1, 30)),
    (LSTM(12), (1, 30)),
]


def weights(tree):
    """Parameters of a tree under weight decay, which are drawn at random."""
    for node in tree.values():
        if isinstance(node, Stacked):
            yield from weights(node.parts)
        elif not isinstance(node, Param | Shared):
            yield from weights(node)
        elif isinstance(node, Param) and node.decay:
            yield node


def test_every_layer_with_weights_of_its_own_is_tested_here():
    containers = {"sequential", "residual", "concatenate", "product", "repeat"}
    drawn = {name for name, cases in CASES.items() if any(weights(cases[0].layer.declare(cases[0].shape)[1]))}
    declared = {name for name, layer in find("layer").items() if "init" in layer.__dataclass_fields__}
    elsewhere = {"attention", "cross_attention", "position", "class_token"}  # in the tests of each, of test_patches
    assert {layer.type for layer, _ in LAYERS} == drawn - containers - elsewhere
    assert declared <= drawn


def inside(Y, stride):
    """The mean over a whole number of strides in the middle of every axis but the features' and the batch's."""
    across = range(1, Y.ndim - 1) if Y.ndim == 4 else range(Y.ndim - 2)
    for axis, step in zip(across, np.broadcast_to(stride, len(across)), strict=True):
        Y = Y.take(range(first := (Y.shape[axis] - 2 * step) // 2, first + 2 * step), axis)
    return Y.mean()


def counted(layer, shape):
    """fan_in and fan_out by brute force."""
    run = Run(layer, shape)
    if isinstance(layer, Embedding):
        run.p.W[...] = 1
        one_hot = np.stack([run.forward(np.full((shape[0], 1), x))[0, :, 0] for x in range(shape.vocabulary)], axis=1)
        return one_hot.sum(axis=1).mean(), one_hot.sum(axis=0).mean()
    if "U" in run.p.__dict__:
        X = np.zeros((*shape, shape[1] + 1))
        np.fill_diagonal(X[0], 1e-3)  # one input other than 0 in each example, and none in the last
        A = run.forward(X)[0]
        reached = A[:, :-1] != A[:, -1:]
        return reached.sum(axis=1).mean(), reached.sum(axis=0).mean()
    run.p.W[...] = 1
    entering = run.forward(np.ones((*shape, 1)))
    reached = run.backward(np.ones_like(entering))
    stride = getattr(layer, "stride", 1)
    return inside(entering, stride), inside(reached, stride)


def variance(layer, shape):
    """Of initial weights, over as many seeds as it takes to be sure."""
    run = Run(layer, shape)
    squares = []
    for seed in range(1 + DRAWS // run.p.W.size):
        run.layout.draw(run.theta, seed)
        squares.append(np.square(run.p.W).mean())
    return np.mean(squares)


@pytest.mark.parametrize(("layer", "shape"), LAYERS, ids=[layer.type for layer, _ in LAYERS])
def test_the_variance_of_initial_weights_follows_the_numbers_that_enter_and_leave(layer, shape):
    fans = counted(layer, shape)
    if not hasattr(layer, "init"):
        assert variance(layer, shape) == pytest.approx(FAMILIES["xavier_uniform"](*fans), rel=0.04)
        return
    for name, expected in FAMILIES.items():
        layer = replace(layer, init=find("initializer")[name]())
        assert variance(layer, shape) == pytest.approx(expected(*fans), rel=0.04), name


@pytest.mark.parametrize(
    "layer", [Conv2d(64, 3, groups=8, stride=2, bias=False), ConvTranspose2d(64, 4, groups=8, stride=2, bias=False)]
)
def test_lecun_normal_keeps_the_variance_of_what_goes_through(layer):
    shape = (64, 20, 24)
    X = np.random.default_rng(1).standard_normal((*shape, 4))
    Z = Run(replace(layer, init=ini.LecunNormal()), shape).forward(X)
    assert Z[:, 4:-4, 4:-4].var() == pytest.approx(1, rel=0.1)


def test_orthogonal_takes_a_transposed_convolution_for_a_matrix_from_all_its_inputs():
    W = Run(ConvTranspose2d(6, 3, groups=2, init=ini.Orthogonal()), (8, 4, 4)).p.W
    rows = W.swapaxes(0, 1).reshape(3, -1)
    assert rows @ rows.T == pytest.approx(np.eye(3))
    assert prod(W.shape) == 8 * 3 * 9
