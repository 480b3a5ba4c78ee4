"""Layers taken apart into single steps, a function a kind of layer: what `nntrain graph --steps` draws.

A layer without an entry stays one box.  Each is tested against the layer itself, values and derivatives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from nntrain.layers.dense import Dense
from nntrain.layers.normalization import BatchNorm
from nntrain.layers.recurrent import Recurrent
from nntrain.model.layer import Layer
from nntrain.model.shapes import Array
from nntrain.model.views import Views
from nntrain.textbook import operations as op
from nntrain.textbook.computing_graph import Graph
from nntrain.textbook.operations import Operation

MOST_STEPS = 6  # of a sequence, each of which is drawn


class Draw(Protocol):
    """Adds a layer's steps to the graph behind node X, and returns the node of its output."""

    def __call__(self, graph: Graph, layer: Layer, p: Views, X: int, place: str) -> int: ...


@dataclass(frozen=True)
class Apart:
    """How a kind of layer is taken apart, and which of its forms can be."""

    draw: Draw
    fits: Callable[[Layer, Graph, int], bool]


def _linear(graph: Graph, layer: Layer, p: Views, X: int, place: str) -> int:
    return graph.step(op.product(), graph.parameter("W", p.W, place), X, place=place)


def _bias(graph: Graph, layer: Layer, p: Views, X: int, place: str) -> int:
    return graph.step(op.add("+ b"), X, graph.parameter("b", p.b, place), place=place)


def _dense(graph: Graph, layer: Layer, p: Views, X: int, place: str) -> int:
    Z = _linear(graph, layer, p, X, place)
    return _bias(graph, layer, p, Z, place) if isinstance(layer, Dense) and layer.bias else Z


def _one(operation: Callable[[], Operation]) -> Draw:
    """A layer that is one step."""

    def draw(graph: Graph, layer: Layer, p: Views, X: int, place: str) -> int:
        return graph.step(operation(), X, place=place)

    return draw


def _relu() -> Operation:
    return op.elementwise(
        "max(0, z)", lambda Z: np.maximum(0, Z), lambda Z, A: (A > 0) * 1.0, "A = max(0, Z),  dZ = dA where A > 0"
    )


def _batch_norm(graph: Graph, layer: Layer, p: Views, X: int, place: str) -> int:
    """In evaluation: with the running mean and variance, which are constants."""
    epsilon = layer.epsilon if isinstance(layer, BatchNorm) else 0.0

    def column(values: Array) -> Array:
        spread: Array = values.reshape(-1, *[1] * (graph.nodes[X].value.ndim - 1))
        return spread if graph.nodes[X].value.ndim != 3 else values

    mean, scale = column(p.mean), 1 / np.sqrt(column(p.variance) + epsilon)
    normalise = op.elementwise(
        "(x − μ) / √(σ² + ε)", lambda Z: (Z - mean) * scale, lambda Z, A: np.broadcast_to(scale, Z.shape),
        "X̂ = (X − μ) / √(σ² + ε) with the running μ and σ²,  dX = dX̂ / √(σ² + ε)",
    )  # fmt: skip
    normal = graph.step(normalise, X, place=place)
    scaled = graph.step(op.multiply("γ ∘"), normal, graph.parameter("gamma", column(p.gamma), place), place=place)
    return graph.step(op.add("+ β"), scaled, graph.parameter("beta", column(p.beta), place), place=place)


class _Cell:
    """The pieces that the recurrent layers have in common: parameters, the step's input, the gates' rows."""

    def __init__(self, graph: Graph, layer: Layer, p: Views, X: int, place: str):
        if not isinstance(layer, Recurrent):
            raise TypeError(layer.type)
        self.graph, self.place, self.n, self.X = graph, place, layer.units, X
        self.T = len(graph.nodes[X].value)
        self.W, self.U, self.b = (graph.parameter(name, getattr(p, name), place) for name in ("W", "U", "b"))
        self.last = layer.output == "last"

    def step(self, operation: Operation, *inputs: int, label: str = "") -> int:
        """A node of this layer."""
        return self.graph.step(operation, *inputs, label=label, place=self.place)

    def zeros(self, label: str) -> int:
        """The state before the first step."""
        return self.graph.leaf("input", label, np.zeros((self.n, 1)), self.place)

    def entering(self, t: int) -> int:
        """W x_t + b."""
        x = self.step(op.pick((t,), f"x_{t + 1}"), self.X)
        return self.step(op.add("+ b"), self.step(op.product(), self.W, x, label=f"W x_{t + 1}"), self.b)

    def rows(self, k: int, of: int, label: str) -> int:
        """The rows of gate k."""
        return self.step(op.pick((slice(k * self.n, (k + 1) * self.n),), label), of)

    def output(self, states: list[int]) -> int:
        """What the layer gives: the last state, or all."""
        return states[-1] if self.last else self.step(op.stack(len(states)), *states)


def _rnn(graph: Graph, layer: Layer, p: Views, X: int, place: str) -> int:
    cell = _Cell(graph, layer, p, X, place)
    a, states = cell.zeros("a_0"), []
    for t in range(cell.T):
        recurrent = cell.step(op.product(), cell.U, a, label=f"U a_{t}")
        a = cell.step(op.tanh(), cell.step(op.add(), cell.entering(t), recurrent), label=f"tanh: a_{t + 1}")
        states.append(a)
    return cell.output(states)


def _lstm(graph: Graph, layer: Layer, p: Views, X: int, place: str) -> int:
    cell = _Cell(graph, layer, p, X, place)
    a, c, states = cell.zeros("a_0"), cell.zeros("c_0"), []
    for t in range(cell.T):
        z = cell.step(op.add(), cell.entering(t), cell.step(op.product(), cell.U, a, label=f"U a_{t}"))
        update, forget, output = (
            cell.step(op.sigmoid(), cell.rows(k, z, f"rows of Γ_{name}"), label=f"σ: Γ_{name}")
            for k, name in enumerate("ufo")
        )
        candidate = cell.step(op.tanh(), cell.rows(3, z, "rows of c̃"), label="tanh: c̃")
        new, kept = (
            cell.step(op.multiply("Γ_u ∘ c̃"), update, candidate),
            cell.step(op.multiply(f"Γ_f ∘ c_{t}"), forget, c),
        )
        c = cell.step(op.add(), new, kept, label=f"+: c_{t + 1}")
        a = cell.step(op.multiply(f"Γ_o ∘ tanh c: a_{t + 1}"), output, cell.step(op.tanh(), c))
        states.append(a)
    return cell.output(states)


def _gru(graph: Graph, layer: Layer, p: Views, X: int, place: str) -> int:
    cell = _Cell(graph, layer, p, X, place)
    b_u = graph.parameter("b_u", p.b_u, place)
    a, states = cell.zeros("a_0"), []
    for t in range(cell.T):
        z = cell.entering(t)
        u = cell.step(op.add("+ b_u"), cell.step(op.product(), cell.U, a, label=f"U a_{t}"), b_u)
        gates = []
        for k, name in enumerate("ru"):
            both = (cell.rows(k, sums, f"rows of Γ_{name}") for sums in (z, u))
            gates.append(cell.step(op.sigmoid(), cell.step(op.add(), *both), label=f"σ: Γ_{name}"))
        reset, update = gates
        inside = cell.step(op.multiply("Γ_r ∘"), reset, cell.rows(2, u, "rows of c̃"))
        candidate = cell.step(op.tanh(), cell.step(op.add(), cell.rows(2, z, "rows of c̃"), inside), label="tanh: c̃")
        new = cell.step(op.multiply("(1 − Γ_u) ∘ c̃"), cell.step(op.one_minus(), update), candidate)
        a = cell.step(op.add(), new, cell.step(op.multiply(f"Γ_u ∘ a_{t}"), update, a), label=f"+: a_{t + 1}")
        states.append(a)
    return cell.output(states)


def _unrollable(layer: Layer, graph: Graph, X: int) -> bool:
    return isinstance(layer, Recurrent) and not layer.bidirectional and len(graph.nodes[X].value) <= MOST_STEPS


def _always(layer: Layer, graph: Graph, X: int) -> bool:
    return True


SUBSTEPS: dict[str, Apart] = {
    "dense": Apart(_dense, _always),
    "linear": Apart(_linear, _always),
    "bias": Apart(_bias, _always),
    "sigmoid": Apart(_one(op.sigmoid), _always),
    "tanh": Apart(_one(op.tanh), _always),
    "relu": Apart(_one(_relu), _always),
    "softmax": Apart(_one(op.softmax), lambda layer, graph, X: graph.nodes[X].value.ndim < 4),
    "batch_norm": Apart(_batch_norm, _always),
    "rnn": Apart(_rnn, _unrollable),
    "lstm": Apart(_lstm, _unrollable),
    "gru": Apart(_gru, _unrollable),
}
