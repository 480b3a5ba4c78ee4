"""The layer contract.  A layer is one step of the computing graph: it knows its equation and its derivative."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from math import inf, prod
from typing import Any, ClassVar, NamedTuple

import numpy as np

from nntrain.components import Component, arg, component_base, item_names
from nntrain.model.calls import Calls
from nntrain.model.context import Context, Past, Reader, Source, State
from nntrain.model.parameters import Tree
from nntrain.model.shapes import Array, Shape, Symbols, show_shape, source_of, with_source
from nntrain.model.views import Views
from nntrain.runtime.memory import physical_memory

__all__ = [
    "Bounds",
    "Cache",
    "Calls",
    "Context",
    "Layer",
    "Past",
    "Reader",
    "ShapeError",
    "Source",
    "Stage",
    "State",
    "Tree",
    "Views",
    "common_lengths",
    "declared",
    "layer_names",
    "named",
    "stages",
]

Bounds = tuple[float, float]
Cache = Any  # what a layer's forward keeps for its own backward; nobody else looks into it


class ShapeError(ValueError):
    """A layer cannot take the shape that comes in.  The innermost layer (or other component) concerned is `layer`."""

    def __init__(self, message: str, layer: Component | None = None):
        super().__init__(message)
        self.layer = layer


@component_base(kw_only=True)
class Layer(Component):
    """Base of all layers: hyperparameters only.

    What backward needs travels in the cache that forward returns, so one layer can be applied twice before a
    backward pass.  The batch axis m is the last of every array; shapes in `declare` leave it out.
    """

    kind: ClassVar[str] = "layer"
    # forward and backward return new arrays that nobody keeps: what takes them may write over them
    overwritable: ClassVar[bool] = False
    # relu before this layer gives what relu behind it does, where it has less to do
    commutes_with_relu: ClassVar[bool] = False
    uses_past: ClassVar[bool] = False  # whether the output at a step depends on those before, by `Context.past`
    takes_symbols: ClassVar[bool] = False  # whether X may be integers, of a shape that is Symbols
    # what the elements of the output lie between, 0 included; None: what those of the input do
    bounds: ClassVar[Bounds | None] = (-inf, inf)
    name: str | None = arg(
        "name in saved parameters; default: the type and its count, dense_1", default=None, kw_only=True, listed=False
    )

    def bounded(self, bounds: Bounds) -> Bounds:
        """What the elements of the output lie between, where those of the input lie between `bounds`."""
        return bounds if self.bounds is None else self.bounds

    @property
    def last(self) -> Layer:
        """The layer that gives the output: of layers one after another the last one's, else this one."""
        return self

    @property
    def inner(self) -> tuple[Layer, ...]:
        """The layers that this one is made of, in the order of the children of its views; of most layers none."""
        return ()

    @property
    def paths(self) -> tuple[tuple[str, tuple[Layer, ...]], ...]:
        """The lists of layers that X goes through side by side, each with what stands before their names in saved
        parameters; of most layers none."""
        return ()

    @property
    def adds_to_cost(self) -> bool:
        """Whether a forward pass adds a term to the cost, in evaluation too: `Context.cost`."""
        return any(layer.adds_to_cost for layer in self.inner)

    @property
    def counts_steps(self) -> bool:
        """Whether a sequence must have as many steps as were declared: `Network` fills up shorter ones."""
        return any(layer.counts_steps for layer in self.inner)

    @property
    def reads_source(self) -> bool:
        """Whether it reads the encoder's output: `Context.source`."""
        return any(layer.reads_source for layer in self.inner)

    def declare(self, shape: Shape) -> tuple[Shape, Tree]:
        """Output shape and parameters for an input shape.  Raises ShapeError with what was expected and what came."""
        return shape, {}

    def behind(self, stages: Sequence[Stage]) -> Layer:
        """This layer with what it takes from those before it in one list, such as a shared parameter; most take none.

        Raises ShapeError where it is not there.
        """
        return self

    def flops(self, shape: Shape) -> int:
        """Floating-point operations of the forward pass on one example of this input shape; a multiply-add is two."""
        return prod(self.declare(shape)[0])

    def forward(self, p: Views, X: Array, context: Context) -> tuple[Array, Cache]:
        """Output and the cache for backward.  Never writes into X."""
        raise NotImplementedError

    def backward(self, p: Views, g: Views, dY: Array, cache: Cache) -> Array:
        """Add ∂J/∂parameters to `g`; return dX = ∂J/∂X.  Never writes into dY."""
        raise NotImplementedError

    def output_lengths(self, lengths: Array) -> Array | None:
        """Valid steps (m,) of the output, for those of X; None where the output has no steps, or all of them count."""
        return lengths

    def apply(self, p: Views, X: Array, context: Context) -> Array:
        """Output alone, for evaluation: containers drop each cache as soon as its layer is done."""
        return self.forward(p, X, context)[0]

    def reader(self, p: Views) -> Reader | None:
        """What `apply` makes of a single step of one example, with all prepared that does not depend on it: a text that
        is written goes through thousands of steps, whose arrays are so small that most of their time is not arithmetic.

        The parameters stay as they are as long as it is used.  None: this layer has nothing but `apply`.
        """
        return None

    def calls(self, p: Views, g: Views, X: Array) -> Calls | None:
        """Training passes on this array X, into which every batch is written, with all decided that its shape decides.

        They give the bits of `forward` and `backward`.  None: the layer has nothing else, draws, or X is large.
        """
        return None

    def accumulate(self, p: Views, g: Views, dY: Array, cache: Cache) -> None:
        """Add ∂J/∂parameters to `g`, without dX: all that a network's first layer has to do."""
        self.backward(p, g, dY, cache)

    def fused_with_relu(self) -> Layer | None:
        """The fused equivalent of this layer and the relu after it, or None."""
        return None


def declared(layer: Layer, shape: Shape) -> tuple[Shape, Tree]:
    """`layer.declare(shape)`, where symbols meet no layer that would take them for numbers and the output has room."""
    if isinstance(shape, Symbols) and not layer.takes_symbols:
        raise ShapeError(f"expected numbers, got {show_shape(shape)}; put `embedding` before it", layer)
    out, tree = layer.declare(shape)
    if (needed := 4 * prod(out)) > (available := physical_memory()):
        raise ShapeError(
            f"an output of {show_shape(out)} takes {needed / 2**30:,.0f} GiB for each example; "
            f"this machine has {available / 2**30:,.0f} GiB",
            layer,
        )
    return with_source(out, source_of(shape)), tree


def layer_names(layers: Sequence[Layer]) -> list[str]:
    """The layers' names in their container."""
    return item_names((layer.type, layer.name) for layer in layers)


def named(layers: Sequence[Layer]) -> list[tuple[str, Layer]]:
    """The layers with their names, which are parts of the names of saved parameters."""
    pairs = list(zip(layer_names(layers), layers, strict=True))
    seen: set[str] = set()
    for name, layer in pairs:
        if not re.fullmatch(r"[\w-]+", name):
            raise ShapeError(f"expected a name of letters, digits, _ and -, got {name!r}", layer)
        if name in seen:
            raise ShapeError(f"another layer beside it is called {name!r} too; give one of them another name", layer)
        seen.add(name)
    return pairs


class Stage(NamedTuple):
    """A layer where it stands in a list: its name, what comes in, what comes out, and the parameters it declares."""

    name: str
    layer: Layer
    shape: Shape
    output: Shape
    tree: Tree


def stages(layers: Sequence[Layer], shape: Shape) -> list[Stage]:
    """The layers one after another, from an input of this shape on.  Raises ShapeError."""
    walked: list[Stage] = []
    for name, layer in named(layers):
        behind = layer.behind(walked)
        try:
            output, tree = declared(behind, shape)
        except ShapeError as error:
            if error.layer is behind:
                error.layer = layer  # as it stands in the config
            raise
        walked.append(Stage(name, behind, shape, output, tree))
        shape = output
    return walked


def common_lengths(lengths: Iterable[Array | None]) -> Array | None:
    """Where branches meet, those steps count that count in each of them; None where all do."""
    padded = [each for each in lengths if each is not None]
    return np.minimum.reduce(padded) if padded else None
