"""flatten and reshape: row-major, and free."""

import numpy as np
import pytest
from layers.run import Run

from nntrain.layers import Flatten, Reshape, ShapeError


def test_flatten_is_row_major_and_copies_nothing():
    X = np.arange(2 * 3 * 4 * 5.0).reshape(2, 3, 4, 5)
    run = Run(Flatten(), (2, 3, 4))
    Y = run.forward(X)
    assert run.out == (24,)
    for i in range(5):
        assert np.array_equal(Y[:, i], X[..., i].ravel())
    assert np.shares_memory(X, Y)
    assert np.array_equal(run.backward(Y), X)


def test_flatten_of_a_vector_is_the_vector():
    assert Flatten().declare((7,))[0] == (7,)


def test_reshape_infers_one_size():
    run = Run(Reshape((4, -1)), (2, 3, 4))
    X = np.arange(2 * 3 * 4 * 5.0).reshape(2, 3, 4, 5)
    assert run.out == (4, 6)
    assert np.array_equal(run.forward(X), X.reshape(4, 6, 5))


@pytest.mark.parametrize("shape", [(5, -1), (5, 5), (23,)])
def test_elements_must_fill_the_shape(shape):
    with pytest.raises(ShapeError, match=r"24 elements of the input \(2, 3, 4\) \(an image\) cannot fill"):
        Reshape(shape).declare((2, 3, 4))


@pytest.mark.parametrize("shape", [(-1, -1), (0, 3), ()])
def test_a_shape_that_means_nothing_is_refused(shape):
    with pytest.raises(ValueError, match="shape: sizes are at least 1"):
        Reshape(shape)
