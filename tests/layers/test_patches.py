"""Images as sequences: patches, the step more that stands for the whole, the first step."""

import numpy as np
import pytest
from layers.run import Run

from nntrain.layers import ClassToken, Conv2d, First, Patches, ShapeError
from nntrain.model.initializers import Normal
from nntrain.runtime.streams import stream


def test_a_patch_is_multiplied_pixel_by_pixel():
    run = Run(Patches((2, 3), 4), (2, 4, 9))
    run.theta[...] = stream(1, 0).normal(run.theta.shape)
    X = stream(0, 0).normal((2, 4, 9, 5))
    Z = run.forward(X)
    assert Z.shape == (6, 4, 5)
    for t in range(6):
        down, across = 2 * (t // 3), 3 * (t % 3)
        for j in range(5):
            x = X[:, down : down + 2, across : across + 3, j].reshape(-1)
            assert Z[t, :, j] == pytest.approx(run.p.W @ x + run.p.b[:, 0])


def test_it_is_a_convolution_whose_stride_is_the_patch():
    X = stream(0, 0).normal((3, 8, 8, 5))
    patches, conv = Run(Patches(4, 6), (3, 8, 8)), Run(Conv2d(6, 4, stride=4), (3, 8, 8))
    conv.theta[...] = patches.theta[...] = stream(1, 0).normal(patches.theta.shape)
    Z, as_image = patches.forward(X), conv.forward(X)
    assert pytest.approx(as_image.reshape(6, 4, 5).transpose(1, 0, 2)) == Z
    dZ = stream(2, 0).normal(Z.shape)
    dX = conv.backward(np.ascontiguousarray(dZ.transpose(1, 0, 2)).reshape(as_image.shape))
    assert pytest.approx(dX) == patches.backward(dZ)
    assert pytest.approx(conv.dtheta) == patches.dtheta
    patches.dtheta[...] = 0
    patches.layer.accumulate(patches.p, patches.g, dZ, patches.cache)
    assert pytest.approx(conv.dtheta) == patches.dtheta


def test_an_image_that_patches_do_not_fill_is_told():
    with pytest.raises(ShapeError, match=r"patches of 3 × 3 fill, got \(1, 8, 8\) \(an image\); `pad2d`"):
        Patches(3, 4).declare((1, 8, 8))
    with pytest.raises(ShapeError, match="expected an image"):
        Patches(3, 4).declare((8, 8))


def test_a_class_token_is_one_step_more_for_every_example():
    run = Run(ClassToken(Normal(1.0)), (4, 5))
    X = stream(0, 0).normal((4, 5, 3))
    Y = run.forward(X)
    assert run.out == (5, 5)
    assert (Y[0] == run.p.c).all()
    assert np.array_equal(Y[1:], X)
    dY = stream(0, 1).normal(Y.shape)
    assert np.array_equal(run.backward(dY), dY[1:])
    assert run.g.c[:, 0] == pytest.approx(dY[0].sum(axis=1))
    assert run.layer.output_lengths(np.array([1, 4])).tolist() == [2, 5]


def test_first_takes_the_first_step():
    run = Run(First(), (4, 5))
    X = stream(0, 0).normal((4, 5, 3))
    assert np.array_equal(run.forward(X), X[0])
    dX = run.backward(np.ones((5, 3)))
    assert (dX[0] == 1).all()
    assert (dX[1:] == 0).all()
