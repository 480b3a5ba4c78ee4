import numpy as np
import pytest

from nntrain.kernels import batch_norm
from nntrain.runtime import threads

EPSILON = 1e-5


def example(shape, dtype=np.float64, mean=3.0):
    random = np.random.default_rng(4)
    X = (mean + 2 * random.standard_normal(shape)).astype(dtype)
    dY = random.standard_normal(shape).astype(dtype)
    gamma, beta = random.standard_normal((2, shape[0], 1)).astype(dtype)
    return X, dY, gamma, beta


@pytest.mark.parametrize("shape", [(3, 5, 4, 7), (4, 9), (2, 1, 1, 2)])
def test_forward_is_the_formula(shape):
    X, _, gamma, beta = example(shape)
    Y, mean, variance = batch_norm.forward(X, gamma, beta, EPSILON)
    flat = X.reshape(shape[0], -1)
    expected = gamma * (flat - flat.mean(1, keepdims=True)) / np.sqrt(flat.var(1, keepdims=True) + EPSILON) + beta
    np.testing.assert_allclose(Y.reshape(flat.shape), expected, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(mean, flat.mean(1, keepdims=True), rtol=1e-13)
    np.testing.assert_allclose(variance, flat.var(1, keepdims=True), rtol=1e-12)


@pytest.mark.parametrize("shape", [(3, 2, 4, 3), (2, 5)])
def test_backward_equals_central_differences(shape):
    X, dY, gamma, beta = example(shape)
    _, mean, variance = batch_norm.forward(X, gamma, beta, EPSILON)
    gradients = batch_norm.backward(dY, X, gamma, mean, variance, EPSILON)
    for values, gradient in zip((X, gamma, beta), gradients, strict=True):
        for index in np.ndindex(values.shape):
            kept, costs = values[index], []
            for step in (1e-5, -1e-5):
                values[index] = kept + step
                costs.append((batch_norm.forward(X, gamma, beta, EPSILON)[0] * dY).sum())
            values[index] = kept
            assert gradient[index] == pytest.approx((costs[0] - costs[1]) / 2e-5, rel=1e-6, abs=1e-8)


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
