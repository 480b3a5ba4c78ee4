"""The embedding's lookup and the sum of its gradients, word by word."""

import numpy as np
import pytest

from nntrain.kernels import lookup
from nntrain.runtime import threads


@pytest.mark.parametrize(("T", "m", "n", "vocabulary"), [(5, 3, 4, 7), (1, 1, 2, 3), (60, 70, 80, 11)])
def test_lookup_and_gradient_are_those_of_the_loop_over_tokens(T, m, n, vocabulary):
    random = np.random.default_rng(T)
    W, X = random.standard_normal((n, vocabulary)), random.integers(0, vocabulary, (T, m))
    dA, g_W = random.standard_normal((T, n, m)), np.ones((n, vocabulary))
    A, expected = lookup.forward(W, X), np.ones((n, vocabulary))
    lookup.backward(dA, X, g_W)
    for t in range(T):
        for j in range(m):
            np.testing.assert_array_equal(A[t, :, j], W[:, X[t, j]])
            expected[:, X[t, j]] += dA[t, :, j]
    np.testing.assert_allclose(g_W, expected, atol=1e-11)


def test_bits_do_not_depend_on_the_number_of_threads():
    random = np.random.default_rng(0)
    X, dA = random.integers(0, 30, (50, 70)), random.standard_normal((50, 90, 70)).astype(np.float32)
    before, sums = threads.get_threads(), []
    try:
        for count in (1, 2, 3):
            threads.set_threads(count)
            g_W = np.zeros((90, 30), np.float32)
            lookup.backward(dA, X, g_W)
            sums.append(g_W)
    finally:
        threads.set_threads(before)
    np.testing.assert_array_equal(sums[0], sums[1])
    np.testing.assert_array_equal(sums[0], sums[2])
