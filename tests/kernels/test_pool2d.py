import sys
from pathlib import Path

import numpy as np
import pytest

from nntrain.kernels import pool2d
from nntrain.kernels.reference import naive_pooling as reference
from nntrain.kernels.windows import Window, window
from nntrain.runtime import threads

sys.path.insert(0, str(Path(__file__).parent))
import cases

HALVING = Window((2, 2), (2, 2))


def by_loops(X, dY, w):
    size = X.shape[1], X.shape[2]
    largest = reference.max_pool_forward(X, w), reference.max_pool_backward(dY, X, w)
    return *largest, reference.average_pool_forward(X, w), reference.average_pool_backward(dY, w, size)


def passes(X, dY, w):
    size = X.shape[1], X.shape[2]
    Y, cache = pool2d.max_pool_forward(X, w)
    means = pool2d.avg_pool_forward(X, w)
    return Y, pool2d.max_pool_backward(dY, cache, w, size), means, pool2d.avg_pool_backward(dY, w, size)


@pytest.mark.parametrize("case", cases.draw(30, 13, pooling=True), ids=str)
def test_pooling_equals_the_loops_of_the_textbook(case):
    (X,) = case.arrays(case.image)
    (dY,) = case.arrays((case.channels, *case.window.output_size(case.size), case.m))
    for found, right in zip(passes(X, dY, case.window), by_loops(X, dY, case.window), strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(("H", "W", "m"), [(2, 2, 1), (4, 6, 3), (8, 8, 64), (5, 6, 4), (6, 7, 4)])
def test_halving_equals_the_loops_whether_or_not_the_image_is_even(H, W, m):
    random = np.random.default_rng(1)
    X = random.standard_normal((3, H, W, m))
    dY = random.standard_normal((3, H // 2, W // 2, m))
    for found, right in zip(passes(X, dY, HALVING), by_loops(X, dY, HALVING), strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("w", [HALVING, Window((2, 2), (2, 2), ((0, 1), (0, 1)))])
def test_the_gradient_of_a_tie_goes_to_one_pixel_the_first_by_column_then_row(w):
    X = np.zeros((1, 2, 2, 3))
    X[0, :, :, 1] = [[1, 2], [2, 1]]
    X[0, :, :, 2] = [[1, 2], [1, 2]]
    Y, cache = pool2d.max_pool_forward(X, w)
    dX = pool2d.max_pool_backward(np.full_like(Y, 5.0), cache, w, (2, 2))
    np.testing.assert_array_equal(dX[0, :, :, 0], [[5, 0], [0, 0]])
    np.testing.assert_array_equal(dX[0, :, :, 1], [[0, 0], [5, 0]])
    np.testing.assert_array_equal(dX[0, :, :, 2], [[0, 5], [0, 0]])
    np.testing.assert_array_equal(dX, reference.max_pool_backward(np.full_like(Y, 5.0), X, w))


def test_padding_never_wins_even_over_negative_pixels():
    X = -np.ones((1, 2, 2, 1))
    assert (pool2d.max_pool_forward(X, window((2, 2), 2, 1, 1))[0] == -1).all()


def test_padding_as_large_as_the_window_is_an_error():
    with pytest.raises(ValueError, match="padding 2 leaves windows of size 2 empty"):
        pool2d.max_pool_forward(np.zeros((1, 4, 4, 1)), window((4, 4), 2, 2, 2))


@pytest.mark.parametrize("w", [HALVING, window((32, 32), 3, 2, "same")])
def test_bits_do_not_depend_on_the_number_of_threads(w):
    random = np.random.default_rng(0)
    X = random.standard_normal((40, 32, 32, 16)).astype(np.float32)
    dY = random.standard_normal((40, 16, 16, 16)).astype(np.float32)
    results = []
    for count in (1, 2, 3):
        threads.set_threads(count)
        results.append([a.tobytes() for a in passes(X, dY, w)])
    assert results[0] == results[1] == results[2]
