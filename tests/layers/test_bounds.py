"""What a layer says of the numbers it gives holds, whatever comes in; what it cannot say it does not."""

from math import inf

import numpy as np
import pytest
from layers.cases import CASES
from layers.run import Run

from nntrain.layers import (
    AvgPool2d,
    Concatenate,
    Dense,
    Dropout,
    Flatten,
    Pad2d,
    Product,
    ReLU,
    Repeat,
    Residual,
    Sequential,
    Sigmoid,
    Softmax,
    Tanh,
)

ALL = [pytest.param(case, id=f"{name}-{i}") for name, cases in CASES.items() for i, case in enumerate(cases)]
ANY, SHARE, SIGNED = (-inf, inf), (0, 1), (-1, 1)


@pytest.mark.parametrize("case", ALL)
@pytest.mark.parametrize("bounds", [ANY, SHARE, SIGNED])
def test_outputs_lie_between_the_bounds(case, bounds):
    m, random = 6, np.random.default_rng(0)
    run = Run(case.layer, case.shape)
    run.theta += random.standard_normal(run.theta.size) ** 2  # squares, as variances are not negative
    run.context = case.context(m)
    shape = (*case.shape, m)
    if case.X is not None:
        X = case.X(m)
    else:
        X = 50 * random.standard_normal(shape) if bounds == ANY else random.uniform(*bounds, shape)
    Y = run.forward(X)
    if Y.ndim == 3 and run.context.lengths is not None and len(Y) == len(X):
        Y = np.moveaxis(Y, 1, 2)[run.context.valid(len(Y))]  # past an example's end anything may stand
    lower, upper = case.layer.bounded(bounds)
    assert lower <= 0 <= upper
    assert lower <= Y.min()
    assert Y.max() <= upper * (1 + 1e-12)


@pytest.mark.parametrize(
    ("layer", "bounds"),
    [
        (Sequential((Dense(3), Sigmoid())), SHARE),
        (Sequential((Sequential((Dense(3), Softmax())), Flatten())), SHARE),
        (Sequential((Sigmoid(), Pad2d(1), AvgPool2d(2))), SHARE),
        (Sequential((Sigmoid(), Dense(3))), ANY),
        (Sequential((Sigmoid(), Dropout(0.5))), ANY),
        (Repeat(2, (Dense(3), Tanh())), SIGNED),
        (Residual((Sigmoid(),), (Tanh(),)), (-1, 2)),
        (Residual((Sigmoid(),)), ANY),
        (Concatenate((Sigmoid(), (Dense(3), ReLU()), Tanh())), (-1, inf)),
        (Product((Sigmoid(), (Dense(3), Tanh()))), SIGNED),
        (Product((ReLU(), Softmax(), Sigmoid())), (0, inf)),
        (Product((Tanh(), ReLU())), ANY),
    ],
)
def test_bounds_of_layers_made_of_layers(layer, bounds):
    assert layer.bounded(ANY) == bounds


def test_dropout_behind_a_sigmoid_gives_more_than_1():
    A = Run(Dropout(0.5), (50,)).forward(np.full((50, 4), 0.9))
    assert A.max() > 1


def test_the_last_layer_of_a_chain_is_inside_it():
    last = Sigmoid()
    assert Sequential((Dense(3), Repeat(2, (Dense(3), Sequential((Tanh(), last)))))).last is last
    named = Dense(3, name="score")
    assert Repeat(2, (Tanh(), named)).last is named  # as the config has it, not its copy
    summed = Residual((last,))
    assert Sequential((summed,)).last is summed
