"""An ONNX graph as it is written: nodes, constants, and how many steps of each example count."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Union

import numpy as np

from nntrain.export.placed import Placed
from nntrain.model.shapes import Array

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto, TensorProto

FORM = "ONNX"
Attribute = Union[int, float, str, Sequence[int], Sequence[str], "GraphProto"]
Sizes = dict[str, Attribute]


class Graph:
    """Examples are the first axis: (m, n), (m, T, n), (m, C, H, W).

    dtype     of the numbers
    lengths   the name of (m,) int64: steps that count of each example; None where all do
    path      of the layer that is being written, which nodes are named after
    """

    def __init__(self, dtype: np.dtype):
        self.dtype = dtype
        self.lengths: str | None = None
        self.path = ""
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, TensorProto] = {}
        self._count = 0

    @property
    def double(self) -> bool:
        """Whether the network computes in float64, in which onnxruntime lacks some operators."""
        return bool(self.dtype == np.float64)

    def new(self, what: str) -> str:
        """A name that is not taken."""
        self._count += 1
        return f"{self.path or 'network'}/{what}_{self._count}"

    def node(self, op: str, *inputs: str, **attributes: Attribute) -> str:
        """Add an operator with one output, whose name is returned."""
        return self.outputs(op, inputs, [self.new(op)], **attributes)[0]

    def named(self, name: str, op: str, *inputs: str, **attributes: Attribute) -> str:
        """The same, where the output has a name of its own."""
        return self.outputs(op, inputs, [name], **attributes)[0]

    def outputs(self, op: str, inputs: Sequence[str], outputs: Sequence[str], **attributes: Attribute) -> Sequence[str]:
        """Add an operator with the outputs of these names."""
        from onnx import helper

        node = helper.make_node(op, list(inputs), list(outputs))
        node.attribute.extend(helper.make_attribute(name, value) for name, value in attributes.items())
        self.nodes.append(node)
        return outputs

    def constant(self, array: Array, name: str | None = None) -> str:
        """An array of the graph; under a given name it is there once."""
        from onnx import numpy_helper

        name = name or self.new("constant")
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.asarray(array, order="C"), name)
        return name

    def number(self, value: float) -> str:
        """A number of the network's dtype."""
        return self.constant(np.asarray(value, self.dtype))

    def ints(self, *values: int) -> str:
        """Sizes or axes."""
        return self.constant(np.asarray(values, np.int64))

    def parameter(self, placed: Placed, name: str) -> str:
        """A parameter of a layer under its saved name; columns (n, 1) lie flat (n,)."""
        array = placed.arrays[name]
        flat = array.reshape(-1) if array.ndim == 2 and array.shape[1] == 1 and name[:1] != "W" else array
        return self.constant(flat, placed.saved[name])

    def reshape(self, x: str, *shape: int) -> str:
        """0 keeps an axis, -1 is what is left."""
        return self.node("Reshape", x, self.ints(*shape))

    def transpose(self, x: str, *order: int) -> str:
        """The axes in another order."""
        return self.node("Transpose", x, perm=order)

    def unsqueeze(self, x: str, *axes: int) -> str:
        """With axes of length 1."""
        return self.node("Unsqueeze", x, self.ints(*axes))

    def size(self, x: str, axis: int) -> str:
        """The length of an axis, a number."""
        return self.node("Squeeze", self.node("Shape", x, start=axis, end=axis + 1))

    def steps(self, x: str, axis: int = 1) -> str:
        """0 … T − 1 of a sequence x (m, T, …)."""
        zero, one = self.constant(np.asarray(0)), self.constant(np.asarray(1))
        return self.node("Range", zero, self.size(x, axis), one)

    def valid(self, x: str) -> str | None:
        """(m, T, 1) True at the steps that count, or None where all do."""
        if self.lengths is None:
            return None
        return self.node("Less", self.unsqueeze(self.steps(x), 0, 2), self.unsqueeze(self.lengths, 1, 2))

    def zeroed(self, x: str) -> str:
        """A sequence with zeros at the steps that do not count."""
        valid = self.valid(x)
        return x if valid is None else self.node("Where", valid, x, self.number(0))


Write = Callable[[Graph, str], str]  # adds a layer: from the name of its input to that of its output
