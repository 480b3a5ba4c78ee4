"""Dense at every step: one product for each step, its gradients, and threads."""

import numpy as np
import pytest

from nntrain.kernels import affine_steps
from nntrain.runtime import threads


def problem(T, n_x, n, m, dtype=np.float64):
    random = np.random.default_rng(T)
    shapes = (n, n_x), (n, 1), (T, n_x, m), (T, n, m)
    return [random.standard_normal(shape).astype(dtype) for shape in shapes]


@pytest.mark.parametrize("sizes", [(5, 4, 3, 2), (1, 2, 3, 1), (7, 1, 2, 600)])
def test_every_step_is_one_dense_layer_forward_and_back(sizes):
    W, b, A, dZ = problem(*sizes)
    np.testing.assert_allclose(affine_steps.forward(W, b, A), [W @ a + b for a in A], atol=1e-12)
    g_W, g_b = np.ones_like(W), np.ones_like(b)
    dA = affine_steps.backward(dZ, W, A, g_W, g_b)
    np.testing.assert_allclose(dA, [W.T @ d for d in dZ], atol=1e-12)
    np.testing.assert_allclose(g_W - 1, sum(d @ a.T for d, a in zip(dZ, A, strict=True)), atol=1e-11)
    np.testing.assert_allclose(g_b - 1, sum(d.sum(axis=1, keepdims=True) for d in dZ), atol=1e-11)


def test_bias_and_the_way_back_to_the_input_may_be_left_out():
    W, _, A, dZ = problem(5, 4, 3, 2)
    np.testing.assert_allclose(affine_steps.forward(W, None, A), [W @ a for a in A], atol=1e-12)
    g_W = np.zeros_like(W)
    assert affine_steps.backward(dZ, W, A, g_W, None, need_dA=False) is None
    np.testing.assert_allclose(g_W, sum(d @ a.T for d, a in zip(dZ, A, strict=True)), atol=1e-12)


def test_gradients_are_the_central_differences():
    W, b, A, K = problem(3, 4, 2, 5)
    g_W, g_b = np.zeros_like(W), np.zeros_like(b)
    dA = affine_steps.backward(K, W, A, g_W, g_b)
    for array, gradient in ((W, g_W), (b, g_b), (A, dA)):
        values = array.reshape(-1)
        for i in range(values.size):
            before, costs = values[i], []
            for value in (before + 1e-5, before - 1e-5):
                values[i] = value
                costs.append(np.sum(affine_steps.forward(W, b, A) * K))
            values[i] = before
            assert gradient.reshape(-1)[i] == pytest.approx((costs[0] - costs[1]) / 2e-5, rel=1e-6, abs=1e-8)


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
