"""Dense at every step: one product for each step, its gradients, and threads."""

import numpy as np
import pytest

from nntrain.kernels import affine_steps
from nntrain.kernels.reference.naive_dense import dense_steps_backward, dense_steps_forward
from nntrain.runtime import threads


def problem(T, n_x, n, m, dtype=np.float64):
    random = np.random.default_rng(T)
    shapes = (n, n_x), (n, 1), (T, n_x, m), (T, n, m)
    return [random.standard_normal(shape).astype(dtype) for shape in shapes]


@pytest.mark.parametrize("sizes", [(5, 4, 3, 2), (1, 2, 3, 1), (7, 1, 2, 600)])
def test_both_passes_equal_the_reference(sizes):
    W, b, A, dZ = problem(*sizes)
    np.testing.assert_allclose(affine_steps.forward(W, b, A), dense_steps_forward(W, b, A), atol=1e-12)
    g_W, g_b = np.ones_like(W), np.ones_like(b)
    dA = affine_steps.backward(dZ, W, A, g_W, g_b)
    expected = dense_steps_backward(dZ, W, A)
    for found, right in zip((dA, g_W - 1, g_b - 1), expected, strict=True):
        np.testing.assert_allclose(found, right, atol=1e-11)


def test_bias_and_the_way_back_to_the_input_may_be_left_out():
    W, _, A, dZ = problem(5, 4, 3, 2)
    np.testing.assert_allclose(affine_steps.forward(W, None, A), [W @ a for a in A], atol=1e-12)
    g_W = np.zeros_like(W)
    assert affine_steps.backward(dZ, None, A, g_W, None) is None
    np.testing.assert_allclose(g_W, sum(d @ a.T for d, a in zip(dZ, A, strict=True)), atol=1e-12)


def test_bits_do_not_depend_on_the_number_of_threads():
    W, b, A, dZ = problem(40, 130, 90, 70, np.float32)
    before, outcomes = threads.get_threads(), []
    try:
        for count in (1, 2, 3):
            threads.set_threads(count)
            g_W, g_b = np.zeros_like(W), np.zeros_like(b)
            outcomes.append([affine_steps.forward(W, b, A), affine_steps.backward(dZ, W, A, g_W, g_b), g_W, g_b])
    finally:
        threads.set_threads(before)
    for other in outcomes[1:]:
        for expected, seen in zip(outcomes[0], other, strict=True):
            np.testing.assert_array_equal(expected, seen)
