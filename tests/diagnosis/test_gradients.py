"""Every registered layer and loss has the derivative that its forward pass has, numerically, in float64."""

import numpy as np
import pytest
from layers.cases import CASES
from losses.cases import CASES as LOSS_CASES
from losses.cases import weighted

from nntrain.components import find
from nntrain.diagnosis.finite_differences import TOLERANCE
from nntrain.diagnosis.gradient_check import check_layer, check_layers, check_loss
from nntrain.layers import BatchNorm, Dense, Flatten, ReLU
from nntrain.model.parameters import Layout, allocate
from nntrain.runtime.streams import stream


def test_every_registered_layer_has_a_case_and_nothing_else_has():
    assert set(CASES) == set(find("layer"))
    for name, cases in CASES.items():
        assert cases
        assert all(case.layer.type == name for case in cases)


def test_every_registered_loss_has_a_case_and_nothing_else_has():
    assert set(LOSS_CASES) == set(find("loss"))
    for name, cases in LOSS_CASES.items():
        assert cases
        assert all(case(stream(0, 0))[0].type == name for case in cases)


@pytest.mark.parametrize("m", [6, 1])
@pytest.mark.parametrize(
    "case", [pytest.param(case, id=f"{name}-{i}") for name, cases in CASES.items() for i, case in enumerate(cases)]
)
def test_backward_of_every_layer_is_the_derivative_of_forward(case, m):
    X = case.X(m) if case.X else None
    report = check_layer(case.layer, case.shape, m, X=X, context=lambda: case.context(m))
    assert report.problems == []
    assert report.errors or case.layer.declare(case.shape)[1] == {}
    assert report.worst < TOLERANCE, report.errors


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=f"{name}-{i}") for name, cases in LOSS_CASES.items() for i, case in enumerate(cases)]
)
def test_every_loss_returns_the_derivative_of_its_cost(case):
    for with_or_without_weights in (case, weighted(case)):
        report = check_loss(*with_or_without_weights(stream(0, 0)))
        assert report.problems == []
        assert report.worst < TOLERANCE, report.errors


def test_a_report_names_parameters_and_input():
    report = check_layer(Dense(3), (5,))
    assert list(report.errors) == ["all", "W", "b", "X"]


def test_a_gradient_of_zero_is_no_error():
    """A bias in front of batch_norm moves nothing; rounding must not look like an error there."""
    (name, _, report), *_ = check_layers([Dense(50), BatchNorm()], (40,), m=30)
    assert name == "dense_1"
    assert report.ok


def test_a_kink_on_the_way_is_no_error():
    """Thousands of relus: some lie within ε of 0 along the direction."""

    class Kinked(ReLU):
        def forward(self, p, Z, context):
            return super().forward(p, Z - np.sign(Z) * 0.1, context)  # takes back the distance the check keeps from 0

    assert check_layer(Kinked(), (40, 500), m=7).ok


def test_layers_of_a_network_are_checked_one_by_one_in_the_shape_that_reaches_them():
    reports = list(check_layers([Flatten(), Dense(3), ReLU()], (2, 4, 5)))
    assert [name for name, _, _ in reports] == ["flatten_1", "dense_1", "relu_1"]
    assert all(report.ok for _, _, report in reports)


def test_layers_are_checked_with_the_lengths_that_reach_them():
    """A backward pass that forgets padding is right where nothing is padded."""

    class Forgetful(Flatten):
        def backward(self, p, g, dY, cache):
            return super().backward(p, g, dY, (cache[0], None))

    def right(**lengths):
        return [report.ok for _, _, report in check_layers([ReLU(), Forgetful(), Dense(3)], (4, 5), **lengths)]

    assert right() == [True] * 3
    assert right(lengths=np.array([4, 2, 1])) == [True, False, True]


def test_nan_is_not_a_small_error():
    class NotANumber(ReLU):
        def derive(self, dA, A, dZ):
            dZ[...] = np.nan

    assert check_layer(NotANumber(), (5,)).worst == np.inf
    assert not check_layer(NotANumber(), (5,)).ok


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=f"{name}-{i}") for name, cases in CASES.items() for i, case in enumerate(cases)]
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_layer_stays_in_its_dtype(case, dtype):
    out, tree = case.layer.declare(case.shape)
    layout = Layout(tree)
    theta, gradient = allocate(layout.size, dtype), allocate(layout.trainable, dtype)
    layout.draw(theta, 0)
    p, g = layout.views(theta), layout.views(gradient)
    X = case.X(3) if case.X else stream(1, 0).normal((*case.shape, 3), dtype)

    def context(training):
        context = case.context(3)
        context.training = training
        if context.source is not None:
            context.source.A = context.source.A.astype(dtype)
        return context

    training = context(True)
    Y, cache = case.layer.forward(p, X, training)
    assert Y.shape == (*out, 3)
    assert Y.dtype == dtype
    if not case.X:
        assert case.layer.backward(p, g, np.ones_like(Y), cache).dtype == dtype
    if training.source is not None:
        assert training.source.dA.dtype == dtype
    evaluated = case.layer.apply(p, X, context(False))
    assert evaluated.dtype == dtype
    assert np.isfinite(evaluated).all()
