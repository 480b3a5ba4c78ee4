"""Recurrent layers as ONNX operators: RNN, GRU and LSTM, which take the steps first.

onnxruntime has no float64 form of them: there a Scan takes one step after another, and what goes backwards is turned
round before and behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from nntrain.export.onnx_graph import Graph, Sizes, Write
from nntrain.export.placed import Placed
from nntrain.layers.recurrent import Recurrent
from nntrain.model.shapes import Array

if TYPE_CHECKING:
    from onnx import GraphProto

Cell = Callable[[Graph, Sequence[str], str, Sequence[str]], Sequence[str]]  # arrays, x_t, states -> states


def rnn(placed: Placed) -> Write:
    """a_t = tanh(W x_t + U a_{t-1} + b)"""
    return _layer(placed, "RNN", (0,), _rnn_step)


def gru(placed: Placed) -> Write:
    """Rows of gates in ONNX's order: update, reset, candidate; the reset after the product with U."""
    return _layer(placed, "GRU", (1, 0, 2), _gru_step)


def lstm(placed: Placed) -> Write:
    """Rows of gates in ONNX's order: update (input), output, forget, candidate."""
    return _layer(placed, "LSTM", (0, 2, 1, 3), _lstm_step)


def _layer(placed: Placed, op: str, order: tuple[int, ...], step: Cell) -> Write:
    layer = placed.layer
    assert isinstance(layer, Recurrent)
    directions = ("forward.", "backward.") if layer.bidirectional else ("",)

    def add(graph: Graph, x: str) -> str:
        x = graph.transpose(x, 1, 0, 2)
        lengths = graph.lengths
        if layer.output == "last":
            graph.lengths = None
        if graph.double:
            parts = [_scanned(graph, placed, x, step, within, lengths, i == 1) for i, within in enumerate(directions)]
            joined = graph.node("Concat", *parts, axis=-1) if len(parts) > 1 else parts[0]
            return joined if layer.output == "last" else graph.transpose(joined, 1, 0, 2)
        counts = "" if lengths is None else graph.node("Cast", lengths, to=6)  # int32
        W, U, B = (_stacked(graph, placed, directions, kind, order) for kind in ("W", "U", "B"))
        sizes: Sizes = {"hidden_size": layer.units}
        sizes |= {"direction": "bidirectional"} if layer.bidirectional else {}
        sizes |= {"linear_before_reset": 1} if op == "GRU" else {}
        names = [graph.new("outputs"), graph.new("ends")]
        Y, ends = graph.outputs(op, [x, W, U, B, counts], names, **sizes)
        n = layer.units * len(directions)
        if layer.output == "last":
            return graph.reshape(graph.transpose(ends, 1, 0, 2), 0, n)
        return graph.reshape(graph.transpose(Y, 2, 0, 1, 3), 0, 0, n)

    return add


def _stacked(graph: Graph, placed: Placed, directions: Sequence[str], kind: str, order: tuple[int, ...]) -> str:
    """W, U, or both biases B of all directions, gates in ONNX's order."""
    made = []
    for within in directions:
        if kind == "B":
            b = placed.arrays[within + "b"]
            b_u = placed.arrays.get(within + "b_u", np.zeros_like(b))
            made.append(np.concatenate([_gates(one, order).reshape(-1) for one in (b, b_u)]))
        else:
            made.append(_gates(placed.arrays[within + kind], order))
    return graph.constant(np.stack(made))


def _gates(array: Array, order: tuple[int, ...]) -> Array:
    rows = np.split(array, len(order))
    return np.concatenate([rows[gate] for gate in order])


def _scanned(graph: Graph, placed: Placed, x: str, step: Cell, within: str, lengths: str | None, reverse: bool) -> str:
    """One direction by Scan: all outputs (T, m, n), 0 where a step does not count, or the states at the ends (m, n)."""
    layer = placed.layer
    assert isinstance(layer, Recurrent)
    m = graph.node("Shape", x, start=1, end=2)
    steps = graph.steps(x, 0)
    counts = lengths or graph.node("Expand", graph.node("Shape", x, start=0, end=1), m)
    valid = graph.node("Less", graph.unsqueeze(steps, 1, 2), graph.unsqueeze(counts, 0, 2))  # (T, m, 1)
    if reverse:
        x = graph.node("ReverseSequence", x, counts, batch_axis=1, time_axis=0)
    shape = graph.node("Concat", m, graph.ints(layer.units), axis=0)
    zeros = graph.node("Expand", graph.number(0), shape)
    names = [name for name in placed.arrays if name.startswith(within)]
    arrays = [graph.constant(placed.arrays[name], placed.saved[name]) for name in names]
    body = _body(graph, arrays, step, layer.states)
    ends = [graph.new("end") for _ in range(layer.states)]
    outputs = graph.new("outputs")
    initial = [zeros] * layer.states
    graph.outputs("Scan", [*initial, x, valid], [*ends, outputs], body=body, num_scan_inputs=2)
    if layer.output == "last":
        return ends[0]
    A = graph.node("Where", valid, outputs, graph.number(0))
    return graph.node("ReverseSequence", A, counts, batch_axis=1, time_axis=0) if reverse else A


def _body(graph: Graph, arrays: Sequence[str], step: Cell, count: int) -> GraphProto:
    """One step as a graph: states and x_t and whether it counts -> states, and a_t."""
    from onnx import helper

    inner = Graph(graph.dtype)
    inner.path = graph.new("step")
    states, x, valid = [f"{inner.path}/state_{i}" for i in range(count)], f"{inner.path}/x", f"{inner.path}/valid"
    after = [
        inner.node("Where", valid, new, old) for new, old in zip(step(inner, arrays, x, states), states, strict=True)
    ]
    a = inner.node("Identity", after[0])
    kinds = [helper.make_tensor_value_info(name, 11, None) for name in [*states, x]]  # double
    kinds.append(helper.make_tensor_value_info(valid, 9, None))  # bool
    results = [helper.make_tensor_value_info(name, 11, None) for name in [*after, a]]
    return helper.make_graph(inner.nodes, inner.path, kinds, results, list(inner.constants.values()))


def _affine(graph: Graph, W: str, x: str, b: str | None) -> str:
    """(W x + b)ᵀ of rows x (m, n)"""
    y = graph.node("MatMul", x, graph.transpose(W, 1, 0))
    return y if b is None else graph.node("Add", y, graph.transpose(b, 1, 0))


def _split(graph: Graph, x: str, parts: int) -> Sequence[str]:
    return graph.outputs("Split", [x], [graph.new("gate") for _ in range(parts)], axis=-1, num_outputs=parts)


def _rnn_step(graph: Graph, arrays: Sequence[str], x: str, states: Sequence[str]) -> Sequence[str]:
    W, U, b = arrays
    z = graph.node("Add", _affine(graph, W, x, b), _affine(graph, U, states[0], None))
    return [graph.node("Tanh", z)]


def _lstm_step(graph: Graph, arrays: Sequence[str], x: str, states: Sequence[str]) -> Sequence[str]:
    W, U, b = arrays
    a, c = states
    gates = _split(graph, graph.node("Add", _affine(graph, W, x, b), _affine(graph, U, a, None)), 4)
    update, forget, output = (graph.node("Sigmoid", gate) for gate in gates[:3])
    new = graph.node("Mul", update, graph.node("Tanh", gates[3]))
    c = graph.node("Add", new, graph.node("Mul", forget, c))
    return [graph.node("Mul", output, graph.node("Tanh", c)), c]


def _gru_step(graph: Graph, arrays: Sequence[str], x: str, states: Sequence[str]) -> Sequence[str]:
    W, U, b, b_u = arrays
    (a,) = states
    of_x, of_a = _split(graph, _affine(graph, W, x, b), 3), _split(graph, _affine(graph, U, a, b_u), 3)
    reset, update = (graph.node("Sigmoid", graph.node("Add", of_x[i], of_a[i])) for i in (0, 1))
    candidate = graph.node("Tanh", graph.node("Add", of_x[2], graph.node("Mul", reset, of_a[2])))
    kept = graph.node("Mul", update, graph.node("Sub", a, candidate))
    return [graph.node("Add", candidate, kept)]
