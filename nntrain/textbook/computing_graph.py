"""The computing graph: nodes that each do one step, forward with values and back with derivatives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from nntrain.model.shapes import Array
from nntrain.textbook.operations import Operation

Kind = Literal["input", "parameter", "step", "cost"]


@dataclass
class Node:
    """A box of the graph.

    inputs       the nodes whose values go in, in the order in which the operation takes them
    place        the layer that it belongs to, as in saved names; "" of inputs and the cost
    value        what comes out
    derivative   ∂𝓛/∂value, the sum of what comes back on all edges
    back         ∂𝓛/∂input by way of this node alone: what comes back on the edge from each input
    """

    number: int
    kind: Kind
    label: str
    inputs: tuple[int, ...] = ()
    operation: Operation | None = None
    place: str = ""
    value: Array = field(default_factory=lambda: np.zeros(0))
    derivative: Array | None = None
    back: tuple[Array, ...] = ()

    @property
    def shape(self) -> tuple[int | str, ...]:
        """Of a value with an example axis with "m" for it; () of the cost."""
        shape = self.value.shape
        return shape if self.kind == "parameter" or not shape else (*shape[:-1], "m")


@dataclass
class Graph:
    """Nodes in an order in which each stands behind its inputs."""

    nodes: list[Node] = field(default_factory=list)
    has_values: bool = False  # of an example, to be shown; else they only tell the shapes
    source: int | None = None  # within a decoder: the node of the encoder's output
    terms: list[int] = field(default_factory=list)  # nodes of what layers add to the cost

    def leaf(self, kind: Kind, label: str, value: Array, place: str = "") -> int:
        """An input or a parameter; its number."""
        self.nodes.append(Node(len(self.nodes), kind, label, place=place, value=value))
        return len(self.nodes) - 1

    def step(self, operation: Operation, *inputs: int, label: str = "", place: str = "", kind: Kind = "step") -> int:
        """A node that computes its value from those of its inputs; its number."""
        value = np.asarray(operation.forward(*(self.nodes[i].value for i in inputs)))
        node = Node(len(self.nodes), kind, label or operation.label, inputs, operation, place, value)
        self.nodes.append(node)
        return node.number

    def parameter(self, label: str, value: Array, place: str) -> int:
        """A parameter's node, one for each array however often it is used."""
        for node in self.nodes:
            if node.kind == "parameter" and (node.place, node.label) == (place, label):
                return node.number
        return self.leaf("parameter", label, value, place)

    def differentiate(self) -> None:
        """Backward propagation from the last cost: every derivative along the chain rule."""
        for node in self.nodes:
            node.derivative, node.back = None, ()
        costs = [node for node in self.nodes if node.kind == "cost"]
        for cost in costs:
            cost.derivative = np.ones_like(cost.value)
        for node in reversed(self.nodes):
            if node.derivative is None or node.operation is None:
                continue
            inputs = tuple(self.nodes[i].value for i in node.inputs)
            node.back = node.operation.backward(node.derivative, inputs, node.value)
            for i, share in zip(node.inputs, node.back, strict=True):
                before = self.nodes[i].derivative
                self.nodes[i].derivative = share if before is None else before + share

    def edges(self) -> list[tuple[Node, Node, Array | None]]:
        """From, to, and the derivative that comes back on it."""
        return [
            (self.nodes[i], node, node.back[k] if node.back else None)
            for node in self.nodes
            for k, i in enumerate(node.inputs)
        ]
