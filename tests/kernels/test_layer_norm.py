"""Normalisation of each example: the reference's numbers in every shape, whatever the tiles and the threads."""

import numpy as np
import pytest

from nntrain.kernels import layer_norm
from nntrain.kernels.columns import sequence
from nntrain.kernels.reference import naive_normalization as naive
from nntrain.runtime import threads

EPSILON = 1e-5


def example(shape, dtype=np.float64, mean=3.0):
    random = np.random.default_rng(4)
    n = shape[1] if len(shape) == 3 else shape[0]
    X = (mean + 2 * random.standard_normal(shape)).astype(dtype)
    dZ = random.standard_normal(shape).astype(dtype)
    gamma, beta = random.standard_normal((2, n, 1)).astype(dtype)
    return X, dZ, gamma, beta


def as_matrix(X):
    """A column an example, or a step of it; of images all channels and pixels below each other."""
    return X.transpose(1, 0, 2).reshape(X.shape[1], -1) if X.ndim == 3 else X.reshape(-1, X.shape[-1])


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("centred", [True, False])
@pytest.mark.parametrize("shape", [(5, 7), (4, 5, 3), (3, 4, 2, 6), (2, 1), (700, 500)])
def test_both_passes_equal_the_reference(shape, centred):
    X, dZ, gamma, beta = example(shape)
    rows = as_matrix(X)
    by_row = [np.repeat(values, len(rows) // len(gamma), axis=0) for values in (gamma, beta)]
    Z, Xhat, r = layer_norm.forward(X, gamma, beta if centred else None, EPSILON, centred)
    d_gamma, d_beta = np.ones_like(gamma), np.ones_like(beta) if centred else None
    dX = layer_norm.backward(dZ, Xhat, r, gamma, d_gamma, d_beta, centred)
    if centred:
        close(as_matrix(Z), naive.layer_norm_forward(rows, *by_row, EPSILON))
        expected = naive.layer_norm_backward(as_matrix(dZ), rows, by_row[0], EPSILON)
        close(d_beta - 1, expected[2].reshape(len(beta), -1).sum(axis=1, keepdims=True))
    else:
        close(as_matrix(Z), naive.rms_norm_forward(rows, by_row[0], EPSILON))
        expected = naive.rms_norm_backward(as_matrix(dZ), rows, by_row[0], EPSILON)
    close(as_matrix(dX), expected[0])
    close(d_gamma - 1, expected[1].reshape(len(gamma), -1).sum(axis=1, keepdims=True))


def test_a_large_mean_does_not_spoil_the_variance_in_float32():
    X, _, gamma, beta = example((64, 5), np.float32, mean=1000.0)
    Z = layer_norm.forward(X, gamma, beta, EPSILON, True)[0]
    np.testing.assert_allclose(Z, naive.layer_norm_forward(X.astype(np.float64), gamma, beta, EPSILON), atol=1e-3)


@pytest.mark.parametrize("in_columns", [False, True])
def test_bits_do_not_depend_on_the_number_of_threads(in_columns):
    X, dZ, gamma, beta = example((40, 60, 500), np.float32)
    if in_columns:
        X, dZ = (sequence(np.ascontiguousarray(as_matrix(A)), 40) for A in (X, dZ))
    results = []
    for count in (1, 2, 3):
        threads.set_threads(count)
        Z, Xhat, r = layer_norm.forward(X, gamma, beta, EPSILON, True)
        d_gamma, d_beta = np.zeros_like(gamma), np.zeros_like(beta)
        dX = layer_norm.backward(dZ, Xhat, r, gamma, d_gamma, d_beta, True)
        results.append([A.tobytes() for A in (Z, dX, d_gamma, d_beta)])
    assert results[0] == results[1] == results[2]
