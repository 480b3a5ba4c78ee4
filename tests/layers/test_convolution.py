"""Convolutional and pooling layers: shapes, names, what is refused.  (Derivatives: test_gradients.)"""

import numpy as np
import pytest
from layers.run import Run

from nntrain.kernels import correlation as kernel
from nntrain.layers import (
    AvgPool2d,
    Context,
    Conv1d,
    Conv2d,
    ConvTranspose2d,
    GlobalAvgPool,
    GlobalMaxPool,
    MaxPool2d,
    Pad2d,
    Sequential,
    ShapeError,
    Upsample2d,
)
from nntrain.runtime.streams import stream


def numbers(*shape):
    return stream(0, 0).normal(shape)


def test_parameters_have_the_shapes_of_the_contract():
    def shapes(layer, shape):
        return {name: param.shape for name, param in layer.declare(shape)[1].items()}

    assert shapes(Conv2d(6, (3, 5), groups=2), (4, 8, 9)) == {"W": (6, 2, 3, 5), "b": (6, 1)}
    assert shapes(Conv1d(6, 5), (9, 4)) == {"W": (6, 4, 5), "b": (6, 1)}
    assert shapes(ConvTranspose2d(6, 3, groups=2), (4, 8, 9)) == {"W": (4, 3, 3, 3), "b": (6, 1)}
    assert shapes(Conv2d(6, 3, bias=False), (4, 8, 9)) == {"W": (6, 4, 3, 3)}


@pytest.mark.parametrize(
    ("layer", "shape", "out"),
    [
        (Conv2d(6, 3), (2, 8, 9), (6, 6, 7)),
        (Conv2d(6, 3, padding="same"), (2, 8, 9), (6, 8, 9)),
        (Conv2d(6, 3, stride=2, padding="same"), (2, 8, 9), (6, 4, 5)),
        (Conv2d(6, 3, stride=(3, 2), padding=1), (2, 8, 9), (6, 3, 5)),
        (Conv2d(6, 3, dilation=2), (2, 8, 9), (6, 4, 5)),
        (Conv1d(6, 3, stride=2, padding=1), (8, 2), (4, 6)),
        (ConvTranspose2d(6, 4, stride=2, padding=1), (2, 7, 5), (6, 14, 10)),
        (ConvTranspose2d(6, 3, stride=2), (2, 7, 5), (6, 15, 11)),
        (ConvTranspose2d(6, 5, stride=3, padding="same"), (2, 7, 5), (6, 21, 15)),
        (MaxPool2d(2), (2, 9, 8), (2, 4, 4)),
        (MaxPool2d(3, stride=2, padding=1), (2, 9, 8), (2, 5, 4)),
        (AvgPool2d(2, padding="same"), (2, 9, 8), (2, 5, 4)),
        (GlobalAvgPool(), (2, 9, 8), (2,)),
        (GlobalMaxPool(), (9, 8), (8,)),
        (Upsample2d((2, 3)), (2, 9, 8), (2, 18, 24)),
        (Pad2d((1, 2, 3, 4)), (2, 9, 8), (2, 12, 15)),
    ],
)
def test_output_sizes(layer, shape, out):
    assert layer.declare(shape)[0] == out
    assert Run(layer, shape).forward(numbers(*shape, 3)).shape == (*out, 3)


@pytest.mark.parametrize(
    ("layer", "shape", "words"),
    [
        (Conv2d(6, 5), (2, 4, 9), r"kernel covers 5 rows, the padded input has only 4: make the kernel smaller or"),
        (Conv2d(6, 3, dilation=3), (2, 9, 6), r"covers 7 columns, the padded input has only 6.*\(2, 9, 6\) \(an image"),
        (Conv2d(6, 3), (20,), r"expected an image \(C, H, W\), got \(20,\) \(a vector\)"),
        (Conv2d(6, 3), (20, 4), r"expected an image \(C, H, W\), got \(20, 4\) \(a sequence\)"),
        (Conv2d(6, 3, groups=4), (6, 9, 9), r"the 6 channels of the input cannot be divided into 4 groups"),
        (Conv2d(6, 3, groups=4), (8, 9, 9), r"the 6 filters cannot be divided into 4 groups"),
        (Conv2d(6, 3, stride=0), (2, 9, 9), r"stride is at least 1, not 0"),
        (Conv2d(6, 0), (2, 9, 9), r"kernel is at least 1, not 0"),
        (Conv2d(6, 3, padding=-1), (2, 9, 9), r"padding is at least 0, not -1"),
        (Conv1d(6, 9), (8, 2), r"kernel covers 9 steps, the padded input has only 8"),
        (Conv1d(6, 3), (2, 9, 9), r"expected a sequence \(T, n\), got"),
        (ConvTranspose2d(6, 3, padding=3), (2, 3, 3), r"output would be -1×-1: less padding or a larger kernel"),
        (MaxPool2d(4), (2, 3, 9), r"kernel covers 4 rows, the padded input has only 3"),
        (AvgPool2d(2, padding=2), (2, 5, 5), r"padding 2 leaves windows of size 2 empty"),
        (GlobalAvgPool(), (20,), r"expected an image \(C, H, W\) or a sequence \(T, n\), got"),
    ],
)
def test_what_cannot_be_is_a_shape_error_of_the_layer(layer, shape, words):
    with pytest.raises(ShapeError, match=words) as caught:
        layer.declare(shape)
    assert caught.value.layer is layer


def test_conv1d_is_the_sum_over_taps_at_every_step():
    run = Run(Conv1d(4, 3, stride=2, padding=1, dilation=2), (9, 5))
    run.p.b[...] = numbers(4, 1)
    X = numbers(9, 5, 6)
    padded = np.pad(X, ((1, 1), (0, 0), (0, 0)))
    expected = [sum(run.p.W[:, :, a] @ padded[2 * t + 2 * a] for a in range(3)) + run.p.b for t in range(4)]
    np.testing.assert_allclose(run.forward(X), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("padding", ["valid", "same", 1])
def test_a_transposed_convolution_is_the_adjoint_of_the_convolution_with_its_arguments(padding):
    arguments = {"stride": 2, "padding": padding, "bias": False}
    up = Run(ConvTranspose2d(3, 4, **arguments), (5, 6, 4))
    down = Run(Conv2d(5, 4, **arguments), up.out)
    down.p.W[...] = up.p.W
    X, Y = numbers(5, 6, 4, 2), numbers(*up.out, 2)
    assert down.out == (5, 6, 4)
    assert np.vdot(up.forward(X), Y) == pytest.approx(np.vdot(X, down.forward(Y)))


@pytest.mark.parametrize(
    ("layer", "shape", "function"),
    [
        (Conv2d(4, 3), (2, 6, 5), "conv2d_backward_input"),
        (Conv1d(4, 3), (6, 5), "conv2d_backward_input"),
        (ConvTranspose2d(4, 3), (2, 6, 5), "conv_transpose2d_backward_input"),
    ],
)
def test_the_first_layer_computes_no_dX(layer, shape, function, monkeypatch):
    run = Run(Sequential((layer,)), shape)
    Z = run.forward(numbers(*shape, 3))
    monkeypatch.setattr(kernel, function, None)
    run.layer.accumulate(run.p, run.g, np.ones_like(Z), run.cache)
    assert run.dtheta.all()


def test_algorithm_direct_reaches_the_kernel():
    X = numbers(32, 12, 12, 32).astype("float32")
    exact, *single = (
        Run(Conv2d(32, 3, padding="same", algorithm=algorithm), (32, 12, 12), dtype)
        for algorithm, dtype in (("direct", "float64"), ("direct", "float32"), ("auto", "float32"))
    )
    exact.theta[...] = single[0].theta
    Z = exact.forward(X.astype("float64"))
    direct, winograd = (np.abs(run.forward(X) - Z).max() / np.abs(Z).max() for run in single)
    assert direct < 2e-6
    assert direct < winograd < 1e-5


def test_global_pools_of_sequences_see_valid_steps_alone():
    X = numbers(5, 3, 2)
    context = Context(training=True)
    context.lengths = np.array([2, 5])
    for layer, function in ((GlobalAvgPool(), np.mean), (GlobalMaxPool(), np.max)):
        Y, _ = layer.forward(Run(layer, (5, 3)).p, X, context)
        expected = np.stack([function(X[:2, :, 0], axis=0), function(X[:, :, 1], axis=0)], axis=-1)
        np.testing.assert_allclose(Y, expected, rtol=1e-12)


def test_upsampling_repeats_pixels():
    X = np.arange(4.0).reshape(1, 2, 2, 1)
    Y = Run(Upsample2d(2), (1, 2, 2)).forward(X)
    assert Y[0, :, :, 0].tolist() == [[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 3, 3], [2, 2, 3, 3]]


def test_operations_count_a_multiply_add_as_two():
    assert Conv2d(4, 3).flops((2, 5, 6)) == 4 * 3 * 4 * (2 * 2 * 9 + 1)
    assert Conv2d(4, 3, groups=2, bias=False).flops((2, 5, 6)) == 4 * 3 * 4 * 2 * 9
    assert Conv1d(4, 3).flops((5, 2)) == 3 * 4 * (2 * 2 * 3 + 1)
    assert ConvTranspose2d(4, 3, bias=False).flops((2, 5, 6)) == 2 * 2 * 5 * 6 * 4 * 9
    assert MaxPool2d(2).flops((3, 4, 6)) == 3 * 2 * 3 * 4
