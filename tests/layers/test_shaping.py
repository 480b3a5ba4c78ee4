"""flatten and reshape: row-major, and free."""

import numpy as np
import pytest
from layers.run import Run

from nntrain.errors import DataError
from nntrain.layers import Context, Dense, Flatten, Reshape, Sequential, ShapeError
from nntrain.model.network import Network
from nntrain.runtime.streams import stream


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


@pytest.mark.parametrize("layer", [Flatten(), Reshape((15,)), Sequential((Reshape((5, 3)), Flatten()))])
def test_a_batch_of_shorter_sequences_is_filled_up_with_zeros(layer):
    network = Network(Sequential((layer, Dense(2))), (5, 3))
    network.allocate("float64")
    network.draw(0)
    X, lengths = stream(0, 0).normal((4, 3, 2)), np.array([4, 2])
    whole = np.zeros((5, 3, 2))
    whole[:4, :, 0], whole[:2, :, 1] = X[:, :, 0], X[:2, :, 1]

    def of(X, lengths):
        context = Context(training=True)
        context.lengths = lengths
        network.clear_gradient()
        Z, caches = network.forward(X, context)
        network.accumulate(Z, caches)
        return Z, network.dtheta.copy()

    for found, expected in zip(of(X, lengths), of(whole, None), strict=True):
        np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(of(X[..., :1], None)[0], of(whole[..., :1], None)[0])


def test_longer_sequences_than_declared_cannot_be_flattened():
    network = Network(Sequential((Flatten(), Dense(2))), (5, 3))
    network.allocate("float64")
    with pytest.raises(DataError, match="sequences of 6 steps, expected 5 or fewer"):
        network.apply(np.zeros((6, 3, 2)), Context(training=False))
