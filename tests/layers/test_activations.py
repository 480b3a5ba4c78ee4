"""Activations: their values, and that no input is too large for them.  (Derivatives: test_gradients.)"""

import math

import numpy as np
import pytest
from layers.run import Run

from nntrain.kernels.reference.naive_functions import (
    activation_backward,
    activation_forward,
    softmax_backward,
    softmax_forward,
)
from nntrain.layers import ELU, GELU, Identity, LeakyReLU, ReLU, Sigmoid, SiLU, Softmax, Softplus, Tanh
from nntrain.runtime import threads
from nntrain.runtime.streams import stream

VALUES = [-30.0, -2.0, -0.5, 0.0, 0.3, 1.7, 25.0]


REFERENCES = [
    (Identity(), "identity"),
    (Sigmoid(), "sigmoid"),
    (Tanh(), "tanh"),
    (ReLU(), "relu"),
    (LeakyReLU(), "leaky_relu"),
    (ELU(), "elu"),
    (SiLU(), "silu"),
    (Softplus(), "softplus"),
    (GELU(), "gelu by tanh"),
    (GELU("none"), "gelu"),
]
CURVED = [*(layer for layer, _ in REFERENCES[1:]), LeakyReLU(0.2), ELU(2.0)]


@pytest.mark.parametrize(("layer", "name"), REFERENCES, ids=lambda x: getattr(x, "type", ""))
def test_values_and_derivatives_are_those_of_the_reference(layer, name):
    Z, run = np.array(VALUES)[:, None], Run(layer, (len(VALUES),))
    dA = stream(0, 1).normal(Z.shape)
    np.testing.assert_allclose(run.forward(Z), activation_forward(name, Z), rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(run.backward(dA), activation_backward(name, dA, Z), rtol=1e-13, atol=1e-13)


def test_slope_and_alpha_scale_the_negative_part():
    Z = np.array([[-2.0], [-0.5], [0.0], [3.0]])
    assert Run(LeakyReLU(0.2), (4,)).forward(Z)[:, 0] == pytest.approx([-0.4, -0.1, 0, 3])
    assert Run(ELU(2.0), (4,)).forward(Z)[:, 0] == pytest.approx([2 * math.expm1(-2), 2 * math.expm1(-0.5), 0, 3])


def test_gelu_stays_close_to_the_product_with_the_normal_distribution():
    z = np.linspace(-6, 6, 241)
    exact = activation_forward("gelu", z)
    assert Run(GELU(), (241,)).forward(z[:, None])[:, 0] == pytest.approx(exact, abs=5e-4)


@pytest.mark.parametrize(("dtype", "accuracy"), [("float32", 3e-7), ("float64", 1e-15)])
def test_the_normal_distribution_of_exact_gelu_is_accurate(dtype, accuracy):
    z = np.concatenate([np.linspace(-9, 9, 3001), [-1e4, -40, -14.1, 14.1, 40, 1e4]]).astype(dtype)
    run = Run(GELU("none"), (len(z),), dtype)
    A, slope = run.forward(z[:, None])[:, 0], run.backward(np.ones((len(z), 1), dtype))[:, 0]
    Phi = np.array([math.erfc(-x / math.sqrt(2)) / 2 for x in z.tolist()])
    phi = np.array([math.exp(-x * x / 2) / math.sqrt(2 * math.pi) for x in z.tolist()])
    assert (np.abs(A - z * Phi) <= accuracy * np.maximum(1, np.abs(z))).all()
    assert np.abs(slope - (Phi + z * phi)).max() <= accuracy
    assert run.evaluate(z[:, None])[:, 0] == pytest.approx(A, abs=0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("layer", [*CURVED, Softmax()], ids=lambda layer: layer.type)
def test_no_input_overflows(layer, dtype):
    Z = np.array([[-1e4, -200.0, 0.0, 200.0, 1e4]], dtype).T
    run = Run(layer, (5,), dtype)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        A = run.forward(Z)
        dZ = run.backward(np.ones_like(A))
    assert np.isfinite(A).all()
    assert np.isfinite(dZ).all()


def test_softmax_of_vectors_is_the_reference():
    Z, dA, run = stream(0, 0).normal((5, 3)), stream(0, 1).normal((5, 3)), Run(Softmax(), (5,))
    assert run.forward(Z) == pytest.approx(softmax_forward(Z))
    assert run.backward(dA) == pytest.approx(softmax_backward(dA, Z))


@pytest.mark.parametrize(("shape", "axis"), [((5,), 0), ((4, 5), 1), ((5, 2, 3), 0)])
def test_softmax_sums_to_one_over_the_features(shape, axis):
    Z = stream(0, 0).normal((*shape, 3))
    A = Run(Softmax(), shape).forward(Z)
    assert pytest.approx(np.exp(Z) / np.exp(Z).sum(axis=axis, keepdims=True)) == A


@pytest.mark.parametrize("layer", CURVED, ids=lambda layer: layer.type)
def test_large_arrays_in_tiles_have_the_values_of_small_ones_for_any_number_of_threads(layer):
    shape, m = (700, 9), 100  # more than two tiles
    Z, dA = stream(0, 0).normal((*shape, m), "float32"), stream(1, 0).normal((*shape, m), "float32")
    small = Run(layer, shape, "float32")
    values = [(small.forward(Z[i : i + 7]), small.backward(dA[i : i + 7])) for i in range(0, 700, 7)]
    expected = [np.concatenate(parts) for parts in zip(*values, strict=True)]
    for count in (1, 2):
        threads.set_threads(count)
        run = Run(layer, shape, "float32")
        assert np.allclose(run.forward(Z), expected[0], rtol=1e-6, atol=1e-7)
        assert np.allclose(run.backward(dA), expected[1], rtol=1e-6, atol=1e-7)


def test_relu_passes_nan_on_so_that_divergence_is_seen():
    assert np.isnan(Run(ReLU(), (1,)).forward(np.array([[np.nan]]))).all()
