"""The sigmoid, alone and with its cross-entropy: exact relative to σ(z) itself, over the whole range of z."""

import numpy as np
import pytest

from nntrain.kernels import elementwise, logistic
from nntrain.kernels.reference.naive_functions import logistic_losses

RANGE = {"float32": 87, "float64": 708}  # beyond it σ(−z) is no normal number


@pytest.mark.parametrize("dtype", RANGE)
@pytest.mark.parametrize(
    "sigmoid",
    [elementwise.sigmoid, lambda Z: logistic.losses_and_probabilities(Z, np.zeros_like(Z))[1]],
    ids=["sigmoid", "with its loss"],
)
def test_a_small_probability_has_as_many_digits_as_a_large_one(sigmoid, dtype):
    Z = np.linspace(-RANGE[dtype], RANGE[dtype], 20001, dtype=dtype)
    exact = 1 / (1 + np.exp(-Z.astype(np.longdouble)))
    np.testing.assert_allclose(sigmoid(Z), exact, rtol=8 * np.finfo(dtype).eps)


def test_losses_and_probabilities_are_those_of_the_reference():
    random = np.random.default_rng(0)
    Z, Y = 4 * random.standard_normal((3, 5)), random.random((3, 5))
    found, expected = logistic.losses_and_probabilities(Z, Y), logistic_losses(Z, Y)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("dtype", RANGE)
def test_beyond_all_numbers_it_is_0_and_1_without_a_warning(dtype):
    Z = np.array([-np.inf, -1e4, 0.0, 1e4, np.inf, np.nan], dtype)
    expected = np.array([0, 0, 0.5, 1, 1, np.nan], dtype)
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        np.testing.assert_array_equal(elementwise.sigmoid(Z), expected)
        L, A = logistic.losses_and_probabilities(Z[1:4], np.array([1, 0, 0], dtype))
    np.testing.assert_array_equal(A, expected[1:4])
    np.testing.assert_allclose(L, [1e4, np.log(2), 1e4])


def test_it_may_write_into_what_it_reads():
    Z = np.linspace(-3, 3, 7)
    expected = elementwise.sigmoid(Z.copy())
    assert elementwise.sigmoid(Z, Z) is Z
    np.testing.assert_array_equal(Z, expected)
