"""Products of many columns, which are cut along them."""

import numpy as np
import pytest

from nntrain.kernels import affine
from nntrain.runtime import threads


@pytest.mark.parametrize(("n_y", "n_x", "m"), [(130, 96, 1701), (96, 800, 2050), (400, 120, 1536)])
def test_both_passes_are_right_and_their_bits_those_of_any_number_of_threads(n_y, n_x, m):
    random = np.random.default_rng(m)
    W, X, b, dZ = (random.standard_normal(s).astype(np.float32) for s in ((n_y, n_x), (n_x, m), (n_y, 1), (n_y, m)))
    before, outcomes = threads.get_threads(), []
    try:
        for count in (1, 2, 3):
            threads.set_threads(count)
            dW, db = np.ones_like(W), np.ones_like(b)
            Z, dX = affine.affine(W, X, b), affine.backward(W, dW, db, dZ, X)
            outcomes.append([Z, dX, dW - 1, db - 1])
    finally:
        threads.set_threads(before)
    expected = [W @ X + b, W.T @ dZ, dZ @ X.T, dZ.sum(axis=1, keepdims=True)]
    for found, *others, right in zip(*outcomes, expected, strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-4, atol=1e-3)
        assert all(other.tobytes() == found.tobytes() for other in others)
