"""Activations: their values, and that no input is too large for them.  (Derivatives: test_gradients.)"""

import math

import numpy as np
import pytest
from layers.run import Run

from nntrain.layers import ELU, GELU, Identity, LeakyReLU, ReLU, Sigmoid, SiLU, Softmax, Softplus, Tanh
from nntrain.runtime import threads
from nntrain.runtime.streams import stream

VALUES = [-30.0, -2.0, -0.5, 0.0, 0.3, 1.7, 25.0]


def sigma(z):
    return 1 / (1 + math.exp(-z))


FORMULAS = [
    (Identity(), lambda z: z),
    (Sigmoid(), sigma),
    (Tanh(), math.tanh),
    (ReLU(), lambda z: max(z, 0)),
    (LeakyReLU(), lambda z: z if z > 0 else 0.01 * z),
    (LeakyReLU(0.2), lambda z: z if z > 0 else 0.2 * z),
    (ELU(), lambda z: z if z > 0 else math.expm1(z)),
    (ELU(2.0), lambda z: z if z > 0 else 2 * math.expm1(z)),
    (SiLU(), lambda z: z * sigma(z)),
    (Softplus(), lambda z: math.log1p(math.exp(z))),
]
CURVED = [*(layer for layer, _ in FORMULAS[1:]), GELU()]


@pytest.mark.parametrize(("layer", "formula"), FORMULAS, ids=lambda x: getattr(x, "type", ""))
def test_values_are_those_of_the_formula(layer, formula):
    A = Run(layer, (len(VALUES),)).forward(np.array(VALUES)[:, None])
    assert A[:, 0] == pytest.approx([formula(z) for z in VALUES], abs=1e-15)


def test_gelu_stays_close_to_the_product_with_the_normal_distribution():
    z = np.linspace(-6, 6, 241)
    exact = [0.5 * x * (1 + math.erf(x / math.sqrt(2))) for x in z]
    assert Run(GELU(), (241,)).forward(z[:, None])[:, 0] == pytest.approx(exact, abs=5e-4)


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
