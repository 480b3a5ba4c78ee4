"""A network as a tree of layers with their places, shapes and parameters: what every format is written from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from nntrain.errors import ConfigError
from nntrain.layers.branches import Branches
from nntrain.layers.containers import Chain, Sequential
from nntrain.layers.residual import Residual
from nntrain.model.layer import Layer, Tree, named, stages
from nntrain.model.network import Network
from nntrain.model.parameters import Param, Shared, Stacked
from nntrain.model.shapes import Array, Shape

Written = TypeVar("Written")


@dataclass(frozen=True, eq=False)
class Placed:
    """A layer where it stands.

    path            its place in saved names: residual_1.dense_1
    shape, output   what comes in and out, without the batch axis
    arrays          its parameters by their own names: W, b; of a layer with two directions forward.W, …
    saved           the name under which each of them is saved
    inner           the layers that it is made of, by their names; of `residual` the shortcut is the last, if it has one
    """

    layer: Layer
    path: str
    shape: Shape
    output: Shape
    arrays: Mapping[str, Array]
    saved: Mapping[str, str]
    inner: Mapping[str, Placed]

    @property
    def shown(self) -> str:
        """The layer as messages name it."""
        return f"{self.path} ({self.layer.type})" if self.path else self.layer.type

    @property
    def chain(self) -> list[Placed]:
        """The layers that come one after another, the shortcut of `residual` left out."""
        return [
            one for name, one in self.inner.items() if not (name == "shortcut" and isinstance(self.layer, Residual))
        ]

    @property
    def shortcut(self) -> Placed | None:
        """Of `residual`: the layers beside it, or None where it is the input itself."""
        return self.inner.get("shortcut") if isinstance(self.layer, Residual) else None

    def walk(self) -> Iterator[Placed]:
        """This layer, and all inside it."""
        yield self
        for layer in self.inner.values():
            yield from layer.walk()


def place(network: Network) -> Placed:
    """The network's outermost layer, and so all of them."""
    arrays = network.layout.arrays(network.theta)
    return _place(network.root, network.prefix, "", network.input_shape, arrays)


def written(table: Mapping[type[Layer], Callable[[Placed], Written]], placed: Placed, form: str) -> Written:
    """What the table of a format makes of a layer.  Raises ConfigError for one that is not in it.

    The class has to be the very one: what derives from it computes something else.
    """
    write = table.get(type(placed.layer))
    if write is None:
        raise inexpressible(placed, form)
    return write(placed)


def inexpressible(placed: Placed, form: str, why: str = "") -> ConfigError:
    """The error for a layer that a format cannot say."""
    return ConfigError(f"export: {placed.shown} cannot be written as {form}{f': {why}' if why else ''}")


def _place(layer: Layer, path: str, around: str, shape: Shape, arrays: Mapping[str, Array]) -> Placed:
    output, tree = layer.declare(shape)
    inner = {name: _place(part, _join(path, name), path, size, arrays) for name, part, size in _inside(layer, shape)}
    saved = {} if isinstance(layer, Chain | Branches) else dict(_saved(tree, path, around))
    return Placed(layer, path, shape, output, {own: arrays[name] for own, name in saved.items()}, saved, inner)


def _inside(layer: Layer, shape: Shape) -> Iterator[tuple[str, Layer, Shape]]:
    """Each layer inside: its name, itself, and the shape that comes in."""
    if isinstance(layer, Chain):
        for stage in stages(layer.chain, shape):
            yield stage.name, stage.layer, stage.shape
    if isinstance(layer, Residual) and layer.shortcut:
        yield "shortcut", Sequential(layer.shortcut, name="shortcut"), shape
    if isinstance(layer, Branches):
        for name, branch in named(layer.branches):
            yield name, branch, shape


def _saved(tree: Tree, path: str, around: str, within: str = "") -> Iterator[tuple[str, str]]:
    """A layer's own name of each parameter, and the saved one."""
    for name, node in tree.items():
        if isinstance(node, Param):
            yield within + name, _join(path, within + name)
        elif isinstance(node, Shared):
            yield within + name, _join(around, node.of)
        elif isinstance(node, Stacked):
            yield from _saved(node.parts, path, around, within)
        else:
            yield from _saved(node, path, around, f"{within}{name}.")


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
