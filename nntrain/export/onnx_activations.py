"""Activations as ONNX operators; in float64 by those that onnxruntime has."""

from __future__ import annotations

from math import pi, sqrt

from nntrain.export.onnx_graph import Graph, Write
from nntrain.export.placed import Placed
from nntrain.kernels import gelu as gelu_kernel
from nntrain.layers import activations as act
from nntrain.layers.gaussian_units import GELU
from nntrain.model.shapes import feature_axis


def leaky_relu(placed: Placed) -> Write:
    """max(z, slope z), as the slope is at most 1."""
    layer = placed.layer
    assert isinstance(layer, act.LeakyReLU)
    return lambda graph, x: graph.node("Max", x, graph.node("Mul", x, graph.number(layer.slope)))


def elu(placed: Placed) -> Write:
    """z, or alpha (eᶻ − 1)."""
    layer = placed.layer
    assert isinstance(layer, act.ELU)

    def add(graph: Graph, x: str) -> str:
        if not graph.double:
            return graph.node("Elu", x, alpha=layer.alpha)
        e = graph.node("Exp", graph.node("Min", x, graph.number(0)))
        below = graph.node("Mul", graph.node("Sub", e, graph.number(1)), graph.number(layer.alpha))
        return graph.node("Where", graph.node("Greater", x, graph.number(0)), x, below)

    return add


def silu(placed: Placed) -> Write:
    """z σ(z)."""
    return lambda graph, x: graph.node("Mul", x, graph.node("Sigmoid", x))


def softplus(placed: Placed) -> Write:
    """max(z, 0) + log(1 + e^−|z|)."""

    def add(graph: Graph, x: str) -> str:
        e = graph.node("Exp", graph.node("Neg", graph.node("Abs", x)))
        log = graph.node("Log", graph.node("Add", e, graph.number(1)))
        return graph.node("Add", graph.node("Max", x, graph.number(0)), log)

    return add


def gelu(placed: Placed) -> Write:
    """z Φ(z), or by tanh."""
    assert isinstance(placed.layer, GELU)
    form = placed.layer.approximate

    def add(graph: Graph, x: str) -> str:
        if not graph.double:
            return graph.node("Gelu", x, approximate=form)
        if form == "none":
            return graph.node("Mul", x, _normal_share(graph, x))
        cube = graph.node("Mul", graph.node("Mul", x, graph.node("Mul", x, x)), graph.number(0.044715))
        u = graph.node("Mul", graph.node("Add", x, cube), graph.number(sqrt(2 / pi)))
        both = graph.node("Add", graph.node("Tanh", u), graph.number(1))
        return graph.node("Mul", graph.node("Mul", x, both), graph.number(0.5))

    return add


def softmax(placed: Placed) -> Write:
    """Over the features."""
    return lambda graph, x: graph.node("Softmax", x, axis=1 + feature_axis(placed.shape))


def _normal_share(graph: Graph, x: str) -> str:
    """Φ(x) of float64 numbers, as kernels.gelu has it."""
    tail = gelu_kernel.TAIL_64
    t = graph.node("Div", graph.number(2 * tail.k), graph.node("Add", graph.node("Abs", x), graph.number(tail.k)))
    u, P = graph.node("Sub", t, graph.number(1)), graph.number(tail.P[0])
    for c in tail.P[1:]:
        P = graph.node("Add", graph.node("Mul", P, u), graph.number(c))
    e = graph.node("Exp", graph.node("Mul", graph.node("Mul", x, x), graph.number(-0.5)))
    beside = graph.node("Sub", graph.number(0.5), graph.node("Mul", graph.node("Mul", e, t), P))
    return graph.node("Add", graph.node("Mul", graph.node("Sign", x), beside), graph.number(0.5))
