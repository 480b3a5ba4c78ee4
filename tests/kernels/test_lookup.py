"""The embedding's lookup and the sum of its gradients, word by word."""

import numpy as np
import pytest

from nntrain.kernels import lookup
from nntrain.kernels.reference.naive_dense import lookup_backward, lookup_forward
from nntrain.runtime import threads


@pytest.mark.parametrize(("T", "m", "n", "vocabulary"), [(5, 3, 4, 7), (1, 1, 2, 3), (60, 70, 80, 11)])
def test_both_passes_equal_the_reference(T, m, n, vocabulary):
    random = np.random.default_rng(T)
    W, X = random.standard_normal((n, vocabulary)), random.integers(0, vocabulary, (T, m))
    dA, g_W = random.standard_normal((T, n, m)), np.ones((n, vocabulary))
    np.testing.assert_array_equal(lookup.forward(W, X), lookup_forward(W, X))
    lookup.backward(dA, X, g_W)
    np.testing.assert_allclose(g_W, 1 + lookup_backward(dA, W, X), atol=1e-11)


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
