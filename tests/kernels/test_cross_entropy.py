"""Softmax with cross-entropy: the reference, and tiles of steps."""

import numpy as np
import pytest

from nntrain.kernels import cross_entropy as kernel
from nntrain.kernels.reference.naive_functions import cross_entropy
from nntrain.runtime import threads

SHAPES = [(4, 3), (7, 1), (5, 4, 3), (1, 2, 1)]


def problem(shape, dtype=np.float64):
    random = np.random.default_rng(shape)
    Z = (3 * random.standard_normal(shape)).astype(dtype)
    Y = random.integers(0, shape[-2], (*shape[:-2], shape[-1]))
    return Z, Y, random.random(Y.shape) < 0.6


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("masked", [False, True])
def test_cost_and_derivative_equal_the_reference(shape, masked):
    Z, Y, mask = problem(shape)
    mask = mask if masked else None
    cost, dZ = kernel.mean_and_derivative(Z, Y, mask)
    expected, derivative = cross_entropy(Z, Y, mask)
    assert cost == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(dZ, derivative, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_mean_of_the_losses_is_the_cost(shape):
    Z, Y, _ = problem(shape)
    assert kernel.losses(Z, Y).mean() == pytest.approx(cross_entropy(Z, Y)[0], rel=1e-12)


@pytest.mark.parametrize("masked", [False, True])
def test_bits_do_not_depend_on_the_number_of_threads(masked):
    Z, Y, mask = problem((50, 90, 100), np.float32)
    found = set()
    for count in (1, 2, 3):
        threads.set_threads(count)
        cost, dZ = kernel.mean_and_derivative(Z, Y, mask if masked else None)
        found.add((cost, dZ.tobytes(), kernel.losses(Z, Y).tobytes()))
    assert len(found) == 1
