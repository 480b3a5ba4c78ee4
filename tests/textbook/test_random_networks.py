"""Of random networks each printed shape is that of the array.  `pytest -s` says how many were compared."""

import re

import numpy as np
import pytest

from nntrain.layers import (
    GRU,
    LSTM,
    RNN,
    Attention,
    BatchNorm,
    Conv2d,
    Dense,
    Dropout,
    Flatten,
    LayerNorm,
    Linear,
    MaxPool2d,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    Tanh,
)
from nntrain.model.layer import Context
from nntrain.model.network import Network
from nntrain.textbook.equations import network_steps
from nntrain.textbook.notation import text


def images(draw):
    """(C, H, W): convolutions, then dense layers."""
    shape = (int(draw.integers(1, 4)), *(int(n) for n in draw.integers(6, 10, 2)))
    layers = []
    for _ in range(draw.integers(1, 3)):
        layers.append(Conv2d(int(draw.integers(2, 6)), 3, padding=str(draw.choice(["same", "valid"]))))
        layers += draw.choice([ReLU(), Tanh(), BatchNorm()], draw.integers(0, 3), replace=False).tolist()
    if draw.random() < 0.5:
        layers.append(MaxPool2d(2))
    return shape, [*layers, Flatten(), *vectors(draw)[1]]


def vectors(draw):
    """(n,): dense layers of any width, some of them residual."""
    layers = []
    for _ in range(draw.integers(1, 4)):
        units = int(draw.integers(2, 9))
        layers.append(Dense(units) if draw.random() < 0.8 else Linear(units))
        layers += draw.choice([ReLU(), Sigmoid(), BatchNorm(), Dropout(0.3), LayerNorm()], draw.integers(0, 3)).tolist()
        if draw.random() < 0.3:
            layers.append(Residual((Dense(units), Tanh())))
    return (int(draw.integers(2, 9)),), layers


def sequences(draw):
    """(T, n): recurrent layers and attention."""
    layers = []
    for _ in range(draw.integers(1, 4)):
        units = 2 * int(draw.integers(1, 5))
        layers.append(draw.choice([RNN(units), LSTM(units), GRU(units), Dense(units)]))
        if draw.random() < 0.5:
            layers.append(Residual((LayerNorm(), Attention(2, units=units))))
    return (int(draw.integers(2, 6)), int(draw.integers(2, 7))), layers


def output_of(layers, shape, m):
    network = Network(Sequential(tuple(layers)), shape)
    network.allocate("float64")
    network.draw(0)
    X = np.random.default_rng(0).normal(size=(*shape, m))
    return network.forward(X, Context(training=False))[0], network


def compared_shapes(seed):
    """How many shapes that explain prints were compared with arrays of one random network."""
    draw, m = np.random.default_rng(seed), 3
    shape, layers = [images, vectors, sequences][seed % 3](draw)
    _, network = output_of(layers, shape, m)
    steps = network_steps(network)
    top = [step for step in steps if step.depth == 0]
    assert len(top) == len(layers)
    count = 0
    for number, step in enumerate(top, 1):
        Y, _ = output_of(layers[:number], shape, m)
        assert tuple(m if n == "m" else n for n in step.output) == Y.shape, step.path
        count += 1
    for step in steps:
        for parameter, printed in step.parameters.items():
            (name,) = [n for n in network.layout.names if re.fullmatch(rf"{step.path}(\.forward)?\.{parameter}", n)]
            array = network.layout.names[name].shape
            assert printed == array
            shown = [t.shape for line in step.forward for t in line if f"{t.text}_{t.sub}".rstrip("_") == parameter]
            assert all(tuple(one) == array or one == (*array, 1) for one in shown if one), (step.path, parameter, shown)
            line = " ".join(text(equation) for equation in step.forward)
            assert f"({', '.join(map(str, printed))}" in line, (line, printed)
            count += 1
    return count


@pytest.mark.parametrize("count", [12, pytest.param(200, marks=pytest.mark.slow)])
def test_every_printed_shape_of_random_networks_is_that_of_the_array(count):
    shapes = sum(compared_shapes(seed) for seed in range(count))
    print(f"\n{shapes} printed shapes of {count} random networks are those of the arrays")
    assert shapes > 4 * count
