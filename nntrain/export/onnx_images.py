"""Convolution and pooling as ONNX operators.

onnxruntime has no float64 form of Conv, ConvTranspose and AveragePool: there the pixels under each tap are gathered,
and the sum over taps is a product of matrices.
"""

from __future__ import annotations

from math import prod

import numpy as np

from nntrain.export.onnx_graph import Graph, Sizes, Write
from nntrain.export.placed import Placed
from nntrain.export.torch_images import pool_window
from nntrain.kernels.windows import Pair, Window, pair, window
from nntrain.layers import convolution, pooling
from nntrain.layers.conv1d import Conv1d
from nntrain.layers.transposed import ConvTranspose2d
from nntrain.model.shapes import Array, Ints


def conv2d(placed: Placed) -> Write:
    """Conv with the padding of each side."""
    layer = placed.layer
    assert isinstance(layer, convolution.Conv2d)
    size = placed.shape[1], placed.shape[2]
    slid = window(size, layer.kernel, layer.stride, layer.padding, layer.dilation)

    def add(graph: Graph, x: str) -> str:
        if graph.double:
            places = _places(size, (placed.output[1], placed.output[2]), slid)
            return _by_taps(graph, placed, x, placed.arrays["W"], places, layer.groups)
        sizes: Sizes = {"strides": slid.stride, "dilations": slid.dilation, "group": layer.groups}
        return graph.node("Conv", x, *_parameters(graph, placed), pads=_pads(slid), **sizes)

    return add


def conv1d(placed: Placed) -> Write:
    """The same along the steps of a sequence; where steps do not count, each example is padded by its own length."""
    layer = placed.layer
    assert isinstance(layer, Conv1d)
    T = placed.shape[0]
    padding = (0, layer.padding) if isinstance(layer.padding, int) else layer.padding
    slid = window((1, T), (1, layer.kernel), (1, layer.stride), padding, (1, layer.dilation))

    def add(graph: Graph, x: str) -> str:
        pads, size = slid.padding[1], (1, T)
        if graph.lengths is not None:
            lengths, x = graph.lengths, graph.zeroed(x)
            graph.lengths = _output_lengths(graph, layer, lengths)
            if layer.padding == "same" and layer.stride > 1:
                x, pads, size = _placed_by_length(graph, layer, x, lengths, slid), (0, 0), (1, T + sum(pads))
        x = graph.transpose(x, 0, 2, 1)
        if graph.double:
            along = Window(slid.kernel, slid.stride, ((0, 0), pads), slid.dilation)
            places = _places(size, (1, placed.output[0]), along)
            W = placed.arrays["W"][:, :, None]
            y = graph.reshape(_by_taps(graph, placed, x, W, places, layer.groups), 0, 0, placed.output[0])
        else:
            sizes: Sizes = {"strides": [layer.stride], "dilations": [layer.dilation], "group": layer.groups}
            y = graph.node("Conv", x, *_parameters(graph, placed), pads=pads, **sizes)
        return graph.transpose(y, 0, 2, 1)

    return add


def _output_lengths(graph: Graph, layer: Conv1d, lengths: str) -> str:
    """As Conv1d.output_lengths."""
    stride, one = graph.ints(layer.stride), graph.ints(1)
    if layer.padding == "same":
        up = graph.node("Add", lengths, graph.ints(layer.stride - 1))
        return graph.node("Div", up, stride)
    around = 0 if layer.padding == "valid" else 2 * layer.padding
    room = graph.node("Add", lengths, graph.ints(around - layer.dilation * (layer.kernel - 1) - 1 + layer.stride))
    return graph.node("Max", graph.node("Div", graph.node("Max", room, graph.ints(0)), stride), one)


def _placed_by_length(graph: Graph, layer: Conv1d, x: str, lengths: str, slid: Window) -> str:
    """x (m, T, n) with the zeros before each example that `same` gives one of its length: (m, T + padding, n)."""
    extent = layer.dilation * (layer.kernel - 1) + 1
    outputs = graph.node("Sub", _output_lengths(graph, layer, lengths), graph.ints(1))
    span = graph.node("Add", graph.node("Mul", outputs, graph.ints(layer.stride)), graph.ints(extent))
    missing = graph.node("Max", graph.node("Sub", span, lengths), graph.ints(0))
    before = graph.node("Div", missing, graph.ints(2))
    wide = graph.node("Pad", x, graph.ints(0, 0, 0, 0, sum(slid.padding[1]), 0))
    t = graph.node("Sub", graph.unsqueeze(graph.steps(wide), 0, 2), graph.unsqueeze(before, 1, 2))
    inside = graph.node("GreaterOrEqual", t, graph.constant(np.asarray(0)))
    at = graph.node("Expand", graph.node("Max", t, graph.ints(0)), graph.node("Shape", wide))
    return graph.node("Where", inside, graph.node("GatherElements", wide, at, axis=1), graph.number(0))


def conv_transpose2d(placed: Placed) -> Write:
    """ConvTranspose with what is cut off at each side, and what is added behind."""
    layer = placed.layer
    assert isinstance(layer, ConvTranspose2d)
    slid, size = layer.window((placed.shape[1], placed.shape[2]))
    out = placed.shape[1], placed.shape[2]
    more = [
        n - ((k - 1) * s + d * (taps - 1) + 1 - sum(p))
        for n, k, s, d, taps, p in zip(size, out, slid.stride, slid.dilation, slid.kernel, slid.padding, strict=True)
    ]

    def add(graph: Graph, x: str) -> str:
        if graph.double:
            W = placed.arrays["W"]
            G = layer.groups
            swapped = W.reshape(G, len(W) // G, *W.shape[1:]).swapaxes(1, 2).reshape(-1, len(W) // G, *W.shape[2:])
            return _by_taps(graph, placed, x, swapped, _transposed(_places(size, out, slid), prod(size)), G)
        sizes: Sizes = {"strides": slid.stride, "dilations": slid.dilation, "pads": _pads(slid)}
        sizes |= {"group": layer.groups, "output_padding": more}
        return graph.node("ConvTranspose", x, *_parameters(graph, placed), **sizes)

    return add


def max_pool2d(placed: Placed) -> Write:
    """MaxPool with the padding of each side."""
    slid = pool_window(placed)
    sizes: Sizes = {"kernel_shape": slid.kernel, "strides": slid.stride, "pads": _pads(slid)}
    return lambda graph, x: graph.node("MaxPool", x, **sizes)


def avg_pool2d(placed: Placed) -> Write:
    """AveragePool, padding counted."""
    slid = pool_window(placed)
    size, out = (placed.shape[1], placed.shape[2]), (placed.output[1], placed.output[2])

    def add(graph: Graph, x: str) -> str:
        if graph.double:
            seen = _gathered(graph, x, placed.shape[0], _places(size, out, slid))
            mean = graph.node("ReduceMean", seen, graph.ints(2), keepdims=0)
            return graph.reshape(mean, 0, *placed.output)
        sizes: Sizes = {"kernel_shape": slid.kernel, "strides": slid.stride, "pads": _pads(slid)}
        return graph.node("AveragePool", x, count_include_pad=1, **sizes)

    return add


def global_avg_pool(placed: Placed) -> Write:
    """The mean over pixels, or over the steps that count."""

    def add(graph: Graph, x: str) -> str:
        if len(placed.shape) == 3 or graph.lengths is None:
            axes = graph.ints(2, 3) if len(placed.shape) == 3 else graph.ints(1)
            return graph.node("ReduceMean", x, axes, keepdims=0)
        total = graph.node("ReduceSum", graph.zeroed(x), graph.ints(1), keepdims=0)
        count = graph.node("CastLike", graph.unsqueeze(graph.lengths, 1), total)
        graph.lengths = None
        return graph.node("Div", total, count)

    return add


def global_max_pool(placed: Placed) -> Write:
    """The maximum over pixels, or over the steps that count."""

    def add(graph: Graph, x: str) -> str:
        if len(placed.shape) == 3:
            return graph.node("ReduceMax", x, graph.ints(2, 3), keepdims=0)
        valid = graph.valid(x)
        graph.lengths = None
        seen = x if valid is None else graph.node("Where", valid, x, graph.number(-np.inf))
        return graph.node("ReduceMax", seen, graph.ints(1), keepdims=0)

    return add


def upsample2d(placed: Placed) -> Write:
    """Every pixel as a block."""
    assert isinstance(placed.layer, pooling.Upsample2d)
    down, across = pair(placed.layer.factor)
    C, H, W = placed.shape

    def add(graph: Graph, x: str) -> str:
        blocks = graph.node("Expand", graph.reshape(x, 0, C, H, 1, W, 1), graph.ints(1, C, H, down, W, across))
        return graph.reshape(blocks, 0, *placed.output)

    return add


def pad2d(placed: Placed) -> Write:
    """Pad with zeros."""
    assert isinstance(placed.layer, pooling.Pad2d)
    top, bottom, left, right = placed.layer.sides
    return lambda graph, x: graph.node("Pad", x, graph.ints(0, 0, top, left, 0, 0, bottom, right))


def _parameters(graph: Graph, placed: Placed) -> list[str]:
    return [graph.parameter(placed, name) for name in ("W", "b") if name in placed.saved]


def _pads(slid: Window) -> tuple[int, int, int, int]:
    (top, bottom), (left, right) = slid.padding
    return top, left, bottom, right


def _places(size: Pair, out: Pair, slid: Window) -> Ints:
    """(taps, output pixels): the number of the pixel that each tap of each output sees, H·W where it sees none."""
    (kh, kw), (sh, sw), (dh, dw), (oh, ow) = slid.kernel, slid.stride, slid.dilation, slid.origin
    rows = np.arange(kh)[:, None] * dh + np.arange(out[0]) * sh + oh  # (kh, H')
    columns = np.arange(kw)[:, None] * dw + np.arange(out[1]) * sw + ow  # (kw, W')
    r, c = rows[:, None, :, None], columns[None, :, None, :]
    inside = (r >= 0) & (r < size[0]) & (c >= 0) & (c < size[1])
    return np.where(inside, r * size[1] + c, prod(size)).reshape(kh * kw, -1)


def _transposed(places: Ints, pixels: int) -> Ints:
    """(taps, pixels of the image): the output that sees the pixel by each tap, or the number of outputs."""
    taps, outputs = places.shape
    back = np.full((taps, pixels + 1), outputs)
    for tap in range(taps):
        back[tap, places[tap]] = np.arange(outputs)
    return back[:, :pixels]


def _gathered(graph: Graph, x: str, channels: int, places: Ints) -> str:
    """x (m, C, …) as (m, C, taps, output pixels), zeros where a tap sees no pixel."""
    flat = graph.node("Pad", graph.reshape(x, 0, channels, -1), graph.ints(0, 0, 0, 0, 0, 1))
    return graph.node("Gather", flat, graph.constant(places), axis=2)


def _by_taps(graph: Graph, placed: Placed, x: str, W: Array, places: Ints, groups: int) -> str:
    """Σ over channels and taps of W (filters, C/groups, kh, kw) times the pixels that they see."""
    F, C = len(W), W.shape[1] * groups
    seen = graph.reshape(_gathered(graph, x, C, places), 0, groups, prod(W.shape[1:]), places.shape[1])
    weights = graph.constant(W.reshape(groups, F // groups, -1), placed.saved["W"])
    y = graph.reshape(graph.node("MatMul", weights, seen), 0, F, placed.output[-2], -1)
    if "b" not in placed.saved:
        return y
    return graph.node("Add", y, graph.constant(placed.arrays["b"][:, :, None], placed.saved["b"]))
