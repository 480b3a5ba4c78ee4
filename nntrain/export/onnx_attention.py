"""Multi-head self-attention, and what stands around it, as ONNX operators."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

import numpy as np

from nntrain.export.onnx_graph import Graph
from nntrain.export.placed import Placed
from nntrain.kernels.rotation import BASE
from nntrain.kernels.windows import pair
from nntrain.layers.patches import Patches
from nntrain.layers.position import sinusoidal_positions
from nntrain.layers.self_attention import Attention


def attention(placed: Placed) -> Callable[[Graph, str], str]:
    """softmax(Q Kᵀ / √d) V of every head, its rows being the queries: examples first."""
    layer = placed.layer
    assert isinstance(layer, Attention)
    h, units = layer.heads, len(placed.arrays["W_q"])
    d = units // h

    def project(graph: Graph, x: str, name: str) -> str:
        W = graph.transpose(graph.parameter(placed, f"W_{name}"), 1, 0)
        y = graph.node("MatMul", x, W)
        return graph.node("Add", y, graph.parameter(placed, f"b_{name}")) if layer.bias else y

    def add(graph: Graph, x: str) -> str:
        parts = (graph.reshape(project(graph, x, name), 0, 0, h, d) for name in "qkv")
        Q, K, V = (graph.transpose(part, 0, 2, 1, 3) for part in parts)  # (m, h, T, d)
        if layer.positions == "rope":
            Q, K = (_rotated(graph, one, placed.shape[0], d) for one in (Q, K))
        Q = graph.node("Mul", Q, graph.number(1 / sqrt(d)))
        S = graph.node("MatMul", Q, graph.transpose(K, 0, 1, 3, 2))
        hidden, steps = graph.number(-np.inf), graph.steps(x)
        if layer.causal:
            seen = graph.node("GreaterOrEqual", graph.unsqueeze(steps, 1), graph.unsqueeze(steps, 0))
            S = graph.node("Where", seen, S, hidden)
        if graph.lengths is not None:
            seen = graph.node("Less", graph.unsqueeze(steps, 0, 1, 2), graph.unsqueeze(graph.lengths, 1, 2, 3))
            S = graph.node("Where", seen, S, hidden)
        O = graph.node("MatMul", graph.node("Softmax", S, axis=-1), V)
        return project(graph, graph.reshape(graph.transpose(O, 0, 2, 1, 3), 0, 0, units), "o")

    return add


def _rotated(graph: Graph, x: str, T: int, d: int) -> str:
    """Rotary positions: features 2i and 2i + 1 of step t turned by the angle t θ_i.   x (m, h, T, d)"""
    angles = np.arange(T)[:, None] * BASE ** (-np.arange(0, d, 2) / d)
    steps = graph.node("Shape", x, start=2, end=3)
    cos, sin = (
        graph.node("Slice", graph.constant(table[:, :, None].astype(graph.dtype)), graph.ints(0), steps, graph.ints(0))
        for table in (np.cos(angles), np.sin(angles))
    )
    pairs = graph.reshape(x, 0, 0, 0, d // 2, 2)
    a, b = graph.outputs("Split", [pairs], [graph.new("even"), graph.new("odd")], axis=-1, num_outputs=2)
    first = graph.node("Sub", graph.node("Mul", a, cos), graph.node("Mul", b, sin))
    second = graph.node("Add", graph.node("Mul", b, cos), graph.node("Mul", a, sin))
    return graph.reshape(graph.node("Concat", first, second, axis=-1), 0, 0, 0, d)


def position(placed: Placed) -> Callable[[Graph, str], str]:
    """x_t + P_t, of as many steps as there are."""

    def add(graph: Graph, x: str) -> str:
        if "P" in placed.saved:
            P = graph.parameter(placed, "P")
        else:
            P = graph.constant(sinusoidal_positions(placed.shape[1], 0, placed.shape[0], graph.dtype))
        steps = graph.node("Shape", x, start=1, end=2)
        return graph.node("Add", x, graph.node("Slice", P, graph.ints(0), steps, graph.ints(0)))

    return add


def patches(placed: Placed) -> Callable[[Graph, str], str]:
    """The pixels of each patch, times W."""
    layer = placed.layer
    assert isinstance(layer, Patches)
    (C, H, W), (down, across) = placed.shape, pair(layer.size)

    def add(graph: Graph, x: str) -> str:
        cut = graph.transpose(graph.reshape(x, 0, C, H // down, down, W // across, across), 0, 2, 4, 1, 3, 5)
        pixels = graph.reshape(cut, 0, placed.output[0], C * down * across)
        Z = graph.node("MatMul", pixels, graph.transpose(graph.parameter(placed, "W"), 1, 0))
        return graph.node("Add", Z, graph.parameter(placed, "b")) if layer.bias else Z

    return add


def class_token(placed: Placed) -> Callable[[Graph, str], str]:
    """A step more, before the others."""

    def add(graph: Graph, x: str) -> str:
        m = graph.node("Shape", x, start=0, end=1)
        shape = graph.node("Concat", m, graph.ints(1, placed.shape[1]), axis=0)
        token = graph.node("Expand", graph.parameter(placed, "c"), shape)
        if graph.lengths is not None:
            graph.lengths = graph.node("Add", graph.lengths, graph.ints(1))
        return graph.node("Concat", token, x, axis=1)

    return add
