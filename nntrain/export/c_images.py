"""Layers for images, and conv1d, as calls of C functions."""

from __future__ import annotations

from math import prod

import numpy as np

from nntrain.export.c_body import Body, Number, Value
from nntrain.export.c_calls import Write, Writer, bias_of, made, weights_of, whole_of
from nntrain.export.placed import Placed
from nntrain.export.torch_images import pool_window
from nntrain.kernels.windows import Window, pair, window
from nntrain.layers import convolution, pooling
from nntrain.layers.conv1d import Conv1d
from nntrain.layers.transposed import ConvTranspose2d


def _sizes(body: Body, placed: Placed, slid: Window, groups: int) -> str:
    """The table of sizes of a layer for images."""
    top, left = slid.padding[0][0], slid.padding[1][0]
    numbers = (*placed.shape, *placed.output, *slid.kernel, *slid.stride, top, left, *slid.dilation, groups)
    return body.constant(f"{placed.path}.size", np.array(numbers), "int")


def _patch(placed: Placed) -> int:
    """How many numbers a filter sees."""
    return prod(placed.arrays["W"].shape[1:])


def conv2d(placed: Placed) -> Write:
    """Convolution of an image."""
    layer = placed.layer
    assert isinstance(layer, convolution.Conv2d)
    slid = window((placed.shape[1], placed.shape[2]), layer.kernel, layer.stride, layer.padding, layer.dilation)

    def add(body: Body, x: Value) -> Value:
        sizes = _sizes(body, placed, slid, layer.groups)
        function, whole = whole_of(body, placed, "conv2d", prod(placed.shape), _patch(placed))
        arrays = weights_of(body, placed), bias_of(body, placed)
        return made(placed, function, *arrays, "x", "z", sizes, *whole)(body, x)

    return add


def conv1d(placed: Placed) -> Write:
    """The same along the steps of a sequence."""
    layer = placed.layer
    assert isinstance(layer, Conv1d)
    padding = (0, layer.padding) if isinstance(layer.padding, int) else layer.padding
    slid = window((1, placed.shape[0]), (1, layer.kernel), (1, layer.stride), padding, (1, layer.dilation))
    numbers = (placed.shape[1], layer.filters, layer.kernel, layer.stride, layer.dilation, layer.groups)

    def add(body: Body, x: Value) -> Value:
        sizes = body.constant(f"{placed.path}.size", np.array(numbers), "int")
        function, whole = whole_of(body, placed, "conv1d", prod(placed.shape), _patch(placed))
        arrays = weights_of(body, placed), bias_of(body, placed)
        steps: tuple[Number, ...] = (placed.shape[0], placed.output[0], slid.padding[1][0])
        if body.steps is not None:
            steps = body.steps, *_of_lengths(body, layer, body.steps)
            body.steps = str(steps[1])
        return made(placed, function, *arrays, "x", "z", *steps, sizes, *whole)(body, x)

    return add


def _of_lengths(body: Body, layer: Conv1d, steps: str) -> tuple[str, Number]:
    """Of a sequence with a length of its own: how many steps come out, and the zeros before it."""
    extent = layer.dilation * (layer.kernel - 1) + 1
    if layer.padding == "same":
        body.functions["zeros_before"] = None
        after = steps if layer.stride == 1 else f"(({steps} + {layer.stride - 1}) / {layer.stride})"
        return after, f"zeros_before({steps}, {extent}, {layer.stride})"
    body.functions["positions"] = None
    before = 0 if layer.padding == "valid" else layer.padding
    return f"positions({steps}, {2 * before}, {extent}, {layer.stride})", before


def conv_transpose2d(placed: Placed) -> Write:
    """Transposed convolution."""
    layer = placed.layer
    assert isinstance(layer, ConvTranspose2d)
    slid, _ = layer.window((placed.shape[1], placed.shape[2]))

    def add(body: Body, x: Value) -> Value:
        sizes = _sizes(body, placed, slid, layer.groups)
        return made(placed, "conv_transpose2d", weights_of(body, placed), bias_of(body, placed), "x", "z", sizes)(
            body, x
        )

    return add


def pool(mean: int) -> Writer:
    """The maximum, or the mean, of windows."""

    def writer(placed: Placed) -> Write:
        def add(body: Body, x: Value) -> Value:
            return made(placed, "pool2d", "x", "z", _sizes(body, placed, pool_window(placed), 1), mean)(body, x)

        return add

    return writer


def over_all(mean: int) -> Writer:
    """The maximum, or the mean, of all pixels or steps."""

    def writer(placed: Placed) -> Write:
        def add(body: Body, x: Value) -> Value:
            steps, n, pixels = body.around(placed.shape)
            body.steps = None
            size = (n, pixels, pixels, 1) if len(placed.shape) == 3 else (n, steps, 1, n)
            return made(placed, "over_all", "x", "z", *size, mean)(body, x)

        return add

    return writer


def upsample(placed: Placed) -> Write:
    """Pixels as blocks."""
    assert isinstance(placed.layer, pooling.Upsample2d)
    return made(placed, "upsample2d", "x", "z", *placed.shape, *pair(placed.layer.factor))


def pad(placed: Placed) -> Write:
    """Zeros around an image."""
    assert isinstance(placed.layer, pooling.Pad2d)
    top, _, left, _ = placed.layer.sides
    return made(placed, "pad2d", "x", "z", *placed.shape, *placed.output[1:], top, left)
