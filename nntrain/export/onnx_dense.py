"""Fully connected layers as ONNX operators."""

from __future__ import annotations

from nntrain.export.onnx_graph import Graph, Write
from nntrain.export.placed import Placed


def dense(placed: Placed) -> Write:
    """Z = W X + b, at each step."""

    def add(graph: Graph, x: str) -> str:
        W = graph.parameter(placed, "W")
        b = [graph.parameter(placed, "b")] if "b" in placed.saved else []
        if len(placed.shape) == 1:
            return graph.node("Gemm", x, W, *b, transB=1)
        Z = graph.node("MatMul", x, graph.transpose(W, 1, 0))
        return graph.node("Add", Z, *b) if b else Z

    return add


def bias(placed: Placed) -> Write:
    """Z = X + b."""
    return lambda graph, x: graph.node("Add", x, graph.parameter(placed, "b"))


def tied(placed: Placed) -> Write:
    """Z = Wᵀ X at each step, by the W of an embedding."""
    return lambda graph, x: graph.node("MatMul", x, graph.parameter(placed, "W"))


def embedding(placed: Placed) -> Write:
    """The column of W that belongs to each symbol."""
    return lambda graph, x: graph.node("Gather", graph.transpose(graph.parameter(placed, "W"), 1, 0), x, axis=0)
