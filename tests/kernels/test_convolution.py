import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from nntrain.kernels import correlation as conv
from nntrain.kernels import direct, scratch, winograd
from nntrain.kernels.reference.naive_convolution import (
    convolution_backward,
    convolution_forward,
    transposed_convolution_backward,
    transposed_convolution_forward,
)
from nntrain.kernels.windows import Window, window
from nntrain.runtime import threads

sys.path.insert(0, str(Path(__file__).parent))
import cases


def close(found, expected, tolerance=1e-12):
    assert found.shape == expected.shape
    scale = max(np.abs(expected).max(), 1e-300)
    assert np.abs(found - expected).max() <= tolerance * scale


@pytest.mark.parametrize("case", cases.draw(60, 11), ids=str)
def test_all_passes_equal_the_loops_of_the_textbook(case):
    X, W, b = case.arrays(case.image, case.weights, (case.filters, 1))
    Z = convolution_forward(X, W, b, case.window, case.groups)
    (dZ,) = case.arrays(Z.shape)
    dX, dW, db = convolution_backward(dZ, X, W, case.window, case.groups)
    close(conv.conv2d_forward(X, W, b, case.window, case.groups), Z)
    close(conv.conv2d_backward_input(dZ, W, case.window, case.size, case.groups), dX)
    close(conv.conv2d_backward_weights(X, dZ, case.window, case.groups), dW)
    close(conv.bias_gradient(dZ), db)


@pytest.mark.parametrize("case", cases.draw(20, 12), ids=str)
def test_all_passes_of_transposed_convolution_equal_the_loops(case):
    """Case by case from the convolution that it transposes: its input has the shape of that one's output."""
    slid, groups = case.window, case.groups
    W, b, dZ = case.arrays(case.weights, (case.channels, 1), case.image)
    (X,) = case.arrays((case.filters, *slid.output_size(case.size), case.m))
    dX, dW, _ = transposed_convolution_backward(dZ, X, W, slid, groups)
    expected = transposed_convolution_forward(X, W, b, slid, case.size, groups)
    close(conv.conv_transpose2d_forward(X, W, b, slid, case.size, groups), expected)
    close(conv.conv_transpose2d_backward_input(dZ, W, slid, groups), dX)
    close(conv.conv_transpose2d_backward_weights(X, dZ, slid, groups), dW)


@pytest.mark.parametrize("m", [1, 16, 150])
@pytest.mark.parametrize(("channels", "filters"), [(1, 3), (3, 32), (40, 16), (150, 60)])
def test_wide_layers_and_batches_equal_the_loops(channels, filters, m):
    w = Window((3, 3), (1, 1), ((1, 1), (1, 1)))
    case = cases.Case(5, w, (5, 3), channels, filters, 1, m)
    X, W, b = case.arrays(case.image, case.weights, (filters, 1))
    Z = convolution_forward(X, W, b, w)
    dX, dW, _ = convolution_backward(Z, X, W, w)
    close(conv.conv2d_forward(X, W, b, w), Z)
    close(conv.conv2d_backward_input(Z, W, w, (5, 3)), dX)
    close(conv.conv2d_backward_weights(X, Z, w), dW)


@pytest.mark.parametrize("multiplier", [1, 2])
@pytest.mark.parametrize("stride", [(2, 1), (1, 3)])
@pytest.mark.parametrize(("width", "dilation"), [(9, 1), (9, 2), (70, 1)])
def test_depthwise_equals_the_loops_in_narrow_wide_and_dilated_images(width, dilation, stride, multiplier):
    w = window((6, width), (3, 4), stride, (3, 2), dilation)
    case = cases.Case(8, w, (6, width), 3, 3 * multiplier, 3, 5)
    X, W, b = case.arrays(case.image, case.weights, (3 * multiplier, 1))
    Z = convolution_forward(X, W, b, w, 3)
    dX, dW, _ = convolution_backward(Z, X, W, w, 3)
    close(conv.conv2d_forward(X, W, b, w, 3), Z)
    close(conv.conv2d_backward_input(Z, W, w, (6, width), 3), dX)
    close(conv.conv2d_backward_weights(X, Z, w, 3), dW)


def test_groups_of_many_channels_equal_the_loops(monkeypatch):
    monkeypatch.setattr(winograd, "WORK_OF_A_TILE", 0)  # taken for little work too
    w = Window((3, 3), (1, 1), ((1, 1), (1, 1)))
    case = cases.Case(9, w, (5, 6), 32, 48, 2, 17)
    X, W, b = case.arrays(case.image, case.weights, (48, 1), dtype=np.float32)
    assert chosen(32, 48, 2, size=(5, 6), m=17) == "winograd"
    Z = convolution_forward(X, W, b, w, 2)
    dX, dW, _ = convolution_backward(Z, X, W, w, 2)
    close(conv.conv2d_forward(X, W, b, w, 2), Z, 1e-5)
    close(conv.conv2d_backward_input(Z, W, w, (5, 6), 2), dX, 1e-5)
    close(conv.conv2d_backward_weights(X, Z, w, 2), dW, 1e-5)


WINOGRAD = [
    (32, 32, (8, 8), 16),
    (33, 47, (7, 5), 16),
    (64, 32, (16, 12), 64),
    (48, 96, (4, 9), 17),
    (32, 64, (6, 6), 300),
    (16, 32, (3, 70), 32),
]


@pytest.mark.parametrize(("channels", "filters", "size", "m"), WINOGRAD)
@pytest.mark.parametrize("padding", [((1, 1), (1, 1)), ((0, 0), (0, 0)), ((2, 0), (0, 2)), ((3, 3), (4, 2))])
def test_winograd_in_float32_stays_within_1e_5_of_the_largest_value(channels, filters, size, m, padding, monkeypatch):
    monkeypatch.setattr(winograd, "WORK_OF_A_TILE", 0)  # taken for little work too
    w = Window((3, 3), (1, 1), padding)
    case = cases.Case(7, w, size, channels, filters, 1, m)
    X, W, b = case.arrays(case.image, case.weights, (filters, 1))
    Z = conv.conv2d_forward(X, W, b, w)
    (dZ,) = case.arrays(Z.shape)
    single = [a.astype(np.float32) for a in (X, W, b, dZ)]
    assert conv.choose(channels, filters, 1, (3, 3), (1, 1), (1, 1), size, m, np.dtype(np.float32)) == "winograd"
    close(conv.conv2d_forward(*single[:3], w), Z, 1e-5)
    close(conv.conv2d_backward_input(single[3], single[1], w, size), conv.conv2d_backward_input(dZ, W, w, size), 1e-5)
    close(conv.conv2d_backward_weights(single[0], single[3], w), conv.conv2d_backward_weights(X, dZ, w), 1e-5)


def test_winograd_writes_between_the_pixels_of_a_strided_gradient():
    """With stride 2 a 5×5 kernel's dX is four correlations, one of them 3×3, each for every other pixel."""
    w = window((13, 15), 5, 2, "same")
    case = cases.Case(4, w, (13, 15), 32, 48, 1, 50)
    assert chosen(48, 32, size=(6, 7), m=50) == "winograd"
    W, dZ = case.arrays(case.weights, (48, 7, 8, 50))
    dX = conv.conv2d_backward_input(dZ, W, w, (13, 15))
    single = conv.conv2d_backward_input(dZ.astype(np.float32), W.astype(np.float32), w, (13, 15))
    close(single, dX, 1e-5)


def anyhow(A, k):
    """The same numbers in memory of another layout."""
    if k == 0:
        return np.asfortranarray(A)
    wider = np.zeros((*A.shape[:2], A.shape[2] + 2, 2 * A.shape[3]), A.dtype)
    part = wider[:, :, 1:-1, ::2] if k == 1 else wider[:, ::-1, 2:, 3 : 3 + A.shape[3]]
    part[...] = A
    return part


@pytest.mark.parametrize("layout", [0, 1, 2])
@pytest.mark.parametrize(
    ("channels", "filters", "groups", "kernel", "stride", "dilation", "dtype"),
    [
        (32, 48, 1, 3, 1, 1, np.float32),  # Winograd
        (64, 96, 2, 3, 1, 1, np.float32),
        (5, 7, 1, 3, 1, 1, np.float64),
        (5, 7, 1, (3, 1), (2, 3), 2, np.float64),
        (6, 4, 2, 3, 2, 1, np.float64),
        (5, 10, 5, 3, 1, 1, np.float64),  # depthwise
        (5, 7, 1, 1, 1, 1, np.float64),
    ],
)
def test_results_do_not_depend_on_the_layout_of_memory(
    channels, filters, groups, kernel, stride, dilation, dtype, layout
):
    w = window((13, 11), kernel, stride, "same", dilation)
    case = cases.Case(10, w, (13, 11), channels, filters, groups, 20)
    X, W = case.arrays(case.image, case.weights, dtype=dtype)
    Z = conv.conv2d_forward(X, W, None, w, groups)
    x, z = anyhow(X, layout), anyhow(Z, layout)
    tolerance = 1e-5 if dtype == np.float32 else 1e-12
    close(conv.conv2d_forward(x, W, None, w, groups), Z, tolerance)
    for found, expected in (
        (conv.conv2d_backward_weights(x, z, w, groups), conv.conv2d_backward_weights(X, Z, w, groups)),
        (
            conv.conv2d_backward_input(z, W, w, (13, 11), groups),
            conv.conv2d_backward_input(Z, W, w, (13, 11), groups),
        ),
    ):
        close(found, expected, tolerance)


@pytest.mark.parametrize("dilation", [4, 8])
def test_widely_dilated_patches_equal_the_loops_in_small_blocks(dilation, monkeypatch):
    monkeypatch.setattr(direct, "BLOCK_BYTES", 3000)
    w = window((10, 12), 3, 1, "same", dilation)
    case = cases.Case(12, w, (10, 12), 4, 3, 1, 2)
    X, W, b = case.arrays(case.image, case.weights, (3, 1))
    Z = convolution_forward(X, W, b, w)
    dX, dW, _ = convolution_backward(Z, X, W, w)
    close(conv.conv2d_forward(X, W, b, w), Z)
    close(conv.conv2d_backward_input(Z, W, w, (10, 12)), dX)
    close(conv.conv2d_backward_weights(X, Z, w), dW)


@pytest.mark.parametrize(
    ("channels", "filters", "groups", "kernel", "stride", "algorithm"),
    [
        (3, 32, 1, 3, 1, "auto"),
        (64, 64, 1, 3, 1, "auto"),  # Winograd
        (64, 64, 1, 3, 1, "direct"),
        (64, 64, 1, 1, 1, "auto"),
        (32, 48, 1, 5, 2, "auto"),
        (64, 64, 64, 3, 1, "auto"),
        (64, 64, 2, 3, 1, "auto"),
        (32, 32, 2, 3, 2, "auto"),
    ],
)
def test_bits_do_not_depend_on_the_number_of_threads(channels, filters, groups, kernel, stride, algorithm):
    w = window((16, 14), kernel, stride, "same")
    case = cases.Case(3, w, (16, 14), channels, filters, groups, 48)
    X, W, b = case.arrays(case.image, case.weights, (filters, 1), dtype=np.float32)
    results = []
    for count in (1, 2, 3):
        threads.set_threads(count)
        Z = conv.conv2d_forward(X, W, b, w, groups, algorithm)
        dX = conv.conv2d_backward_input(Z, W, w, (16, 14), groups, algorithm)
        dW = conv.conv2d_backward_weights(X, Z, w, groups, algorithm)
        results.append([a.tobytes() for a in (Z, dX, dW, conv.bias_gradient(Z))])
    assert results[0] == results[1] == results[2]


def chosen(
    channels=64, filters=64, groups=1, kernel=(3, 3), stride=(1, 1), dilation=(1, 1), size=(16, 16), m=64, dtype="f4"
):
    return conv.choose(channels, filters, groups, kernel, stride, dilation, size, m, np.dtype(dtype))


def test_winograd_is_chosen_for_3x3_stride_1_and_many_channels_in_float32_alone():
    assert chosen() == "winograd"
    assert chosen(dtype="f8") == "direct"
    assert chosen(channels=3) == "direct"
    assert chosen(filters=8) == "direct"
    assert chosen(kernel=(5, 5)) == "direct"
    assert chosen(kernel=(3, 1)) == "direct"
    assert chosen(stride=(2, 2)) == "direct"
    assert chosen(dilation=(1, 2)) == "direct"
    assert chosen(groups=2) == "winograd"
    assert chosen(groups=8) == "direct"
    assert chosen(m=15) == "direct"
    assert chosen(m=1025) == "direct"
    assert chosen(size=(2, 16)) == "direct"
    assert chosen(size=(16, 3)) == "direct"
    assert chosen(size=(16, 16), channels=16, filters=16, m=47) == "direct"
    assert chosen(size=(16, 16), channels=16, filters=16, m=48) == "winograd"
    assert chosen(size=(3, 4), channels=64, filters=64, m=64) == "winograd"


def test_depthwise_is_chosen_where_each_group_has_one_channel():
    assert chosen(groups=64) == "depthwise"
    assert chosen(groups=64, filters=128, kernel=(5, 5), stride=(2, 2), dtype="f8") == "depthwise"
    assert chosen(channels=1, filters=1, groups=1) == "direct"


def test_algorithm_direct_never_uses_winograd():
    case = cases.Case(9, window((12, 12), 3, 1, "same"), (12, 12), 64, 64, 1, 32)
    X, W = case.arrays(case.image, case.weights)
    exact = conv.conv2d_forward(X, W, None, case.window)
    x, w = X.astype(np.float32), W.astype(np.float32)
    error = {
        algorithm: np.abs(conv.conv2d_forward(x, w, None, case.window, 1, algorithm) - exact).max()
        for algorithm in ("auto", "direct")
    }
    assert error["direct"] <= 2e-6 * np.abs(exact).max()
    assert error["direct"] < error["auto"]


def test_an_unknown_algorithm_is_named():
    X, W = np.zeros((1, 3, 3, 1)), np.zeros((1, 1, 1, 1))
    with pytest.raises(ValueError, match="'auto' or 'direct', not 'fft'"):
        conv.conv2d_forward(X, W, None, Window((1, 1)), 1, "fft")
    with pytest.raises(ValueError, match="'auto' or 'direct', not 'fft'"):
        conv.conv2d_backward_weights(X, X, Window((1, 1)), 1, "fft")


@pytest.mark.parametrize(
    ("filters", "kernel", "size", "dilation", "algorithm"),
    [
        (32, 3, 32, 1, "auto"),  # Winograd
        (64, 3, 16, 1, "auto"),  # Winograd
        (64, 3, 16, 1, "direct"),
        (32, 5, 17, 1, "auto"),
        (32, 7, 16, 1, "auto"),
        (128, 1, 8, 1, "auto"),
        (64, 3, 20, 4, "auto"),
        (128, 3, 16, 8, "auto"),
    ],
)
@pytest.mark.parametrize("count", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_a_training_step_takes_less_than_2_5_times_the_memory_of_its_activations(
    filters, kernel, size, dilation, algorithm, count
):
    threads.set_threads(count)
    w = window((size, size), kernel, 1, "same", dilation)
    case = cases.Case(6, w, (size, size), filters, filters, 1, 64 if dilation == 1 else 16)
    X, W = case.arrays(case.image, case.weights, dtype=np.float32)
    scratch.release_scratch()
    tracemalloc.start()
    activations = [X]
    for _ in range(3):
        activations.append(conv.conv2d_forward(activations[-1], W, None, w, 1, algorithm))
    d = activations[-1]
    for A in reversed(activations[:-1]):
        conv.conv2d_backward_weights(A, d, w, 1, algorithm)
        d = conv.conv2d_backward_input(d, W, w, (size, size), 1, algorithm)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert X.nbytes + peak < 2.5 * sum(A.nbytes for A in activations)


@pytest.mark.parametrize(("kernel", "times"), [(3, 5), (5, 3)])
def test_the_gradient_of_many_weights_takes_a_few_times_their_memory(kernel, times):
    """A sum for each tile would take 16 times."""
    w = window((8, 8), kernel, 1, "same")
    case = cases.Case(13, w, (8, 8), 256, 256, 1, 16)
    (X,) = case.arrays(case.image, dtype=np.float32)
    scratch.release_scratch()
    tracemalloc.start()
    dW = conv.conv2d_backward_weights(X, X, w)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < times * dW.nbytes + 2 * direct.BLOCK_BYTES


def test_inputs_are_left_as_they_were():
    case = cases.Case(1, window((9, 9), 3, 1, "same"), (9, 9), 32, 32, 1, 16)
    X, W, b = case.arrays(case.image, case.weights, (32, 1), dtype=np.float32)
    before = [a.copy() for a in (X, W, b)]
    Z = conv.conv2d_forward(X, W, b, case.window)
    conv.conv2d_backward_input(Z, W, case.window, (9, 9))
    conv.conv2d_backward_weights(X, Z, case.window)
    assert all((a == c).all() for a, c in zip((X, W, b), before, strict=True))
