import numpy as np
import pytest

from nntrain.kernels import batch_norm
from nntrain.kernels.reference.naive_functions import activation_backward, activation_forward
from nntrain.kernels.reference.naive_normalization import batch_norm_backward, batch_norm_forward
from nntrain.runtime import threads

EPSILON = 1e-5


def example(shape, dtype=np.float64, mean=3.0):
    random = np.random.default_rng(4)
    X = (mean + 2 * random.standard_normal(shape)).astype(dtype)
    dY = random.standard_normal(shape).astype(dtype)
    gamma, beta = random.standard_normal((2, shape[0], 1)).astype(dtype)
    return X, dY, gamma, beta


@pytest.mark.parametrize("shape", [(3, 5, 4, 7), (4, 9), (2, 1, 1, 2)])
def test_both_passes_equal_the_reference(shape):
    X, dY, gamma, beta = example(shape)
    found = batch_norm.forward(X, gamma, beta, EPSILON)
    _, mean, variance = found
    for a, b in zip(found, batch_norm_forward(X, gamma, beta, EPSILON), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13)
    gradients = batch_norm.backward(dY, X, gamma, mean, variance, EPSILON)
    for a, b in zip(gradients, batch_norm_backward(dY, X, gamma, EPSILON), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("shape", [(3, 5, 4, 7), (4, 9)])
def test_with_relu_both_passes_equal_the_references_one_after_the_other(shape):
    X, dA, gamma, beta = example(shape)
    Z, mean, variance = batch_norm_forward(X, gamma, beta, EPSILON)
    A, _, _ = batch_norm.forward(X, gamma, beta, EPSILON, relu=True)
    np.testing.assert_allclose(A, activation_forward("relu", Z), rtol=1e-12, atol=1e-13)
    gradients = batch_norm.backward(dA, X, gamma, mean, variance, EPSILON, A)
    expected = batch_norm_backward(activation_backward("relu", dA, Z), X, gamma, EPSILON)
    for a, b in zip(gradients, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def test_a_large_mean_does_not_spoil_the_variance_in_float32():
    X, _, gamma, beta = example((2, 8, 8, 64), np.float32, mean=1000.0)
    variance = batch_norm.forward(X, gamma, beta, EPSILON)[2]
    np.testing.assert_allclose(variance[:, 0], X.reshape(2, -1).astype(np.float64).var(1), rtol=1e-4)


def test_scale_and_shift_takes_a_number_a_channel():
    X, _, gamma, beta = example((3, 2, 4, 5))
    Y = batch_norm.scale_and_shift(X, gamma, beta)
    np.testing.assert_array_equal(Y, X * gamma[:, :, None, None] + beta[:, :, None, None])


def test_bits_do_not_depend_on_the_number_of_threads():
    X, dY, gamma, beta = example((40, 32, 32, 16), np.float32)
    results = []
    for count in (1, 2, 3):
        threads.set_threads(count)
        Y, mean, variance = batch_norm.forward(X, gamma, beta, EPSILON)
        gradients = batch_norm.backward(dY, X, gamma, mean, variance, EPSILON)
        results.append([a.tobytes() for a in (Y, mean, variance, *gradients)])
    assert results[0] == results[1] == results[2]
