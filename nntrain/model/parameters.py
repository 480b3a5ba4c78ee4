"""All parameters of a network in one flat vector θ, all gradients in one flat vector dθ.

Layers declare what they need, the Layout gives each parameter its place once all shapes are known, and layers then
read and write through named views.  Order: [decayed | other trainable | buffers], so that weight decay, the global
norm and an optimizer are whole-vector operations on a slice from 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, Union

import numpy as np
from numpy.typing import DTypeLike

from nntrain.model.initializers import Fans, Initializer, fans
from nntrain.model.shapes import Array, Shape
from nntrain.runtime import streams


@dataclass(frozen=True)
class Param:
    """One array that a layer declares.

    decay      weight decay and the L1 and L2 terms of the cost apply (weights, not biases)
    trainable  has a gradient; otherwise a buffer, such as the running mean of batch_norm
    blocks     rows are drawn in so many independent blocks: the gates of an LSTM
    fans       of a weight whose shape does not tell them; default: `fans` of the shape of a block
    """

    shape: Shape
    init: Initializer
    decay: bool = False
    trainable: bool = True
    blocks: int = 1
    fans: Fans | None = None


Tree = Mapping[str, Union[Param, "Tree"]]


class Views:
    """Named views into a flat vector: `p.W` is an array; of a container, `p.children` are its layers' views in order.

    A view is written into (`p.W[...] = …`, `g.W += …`), never replaced: assigning another array is an error, as it
    would silently leave the flat vector behind.  `path` is the place in saved names: `residual_1.dense_1`; `empty`
    says that neither here nor in the children there is any array; `zero` that everything is 0 now, so that a product
    may be written into a gradient instead of being added to it (see Network.clear_gradient).
    """

    path: str
    empty: bool
    zero: bool
    children: tuple[Views, ...]

    def __init__(self, path: str, entries: dict[str, Any]):
        children = tuple(v for v in entries.values() if isinstance(v, Views))
        arrays = {k: v for k, v in entries.items() if not isinstance(v, Views)}
        empty = not arrays and all(child.empty for child in children)
        self.__dict__.update(arrays, path=path, children=children, empty=empty, zero=False)

    def __getattr__(self, name: str) -> Array:
        raise AttributeError(f"{self.path or 'the network'} has no parameter {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        if self.__dict__.get(name) is not value:
            raise AttributeError(f"{self.path}.{name} is a view: write into it with [...] = or +=")

    def say_zero(self, zero: bool) -> None:
        """Set `zero` here and in the children."""
        self.__dict__["zero"] = zero
        for child in self.children:
            child.say_zero(zero)


class Layout:
    """The place of every parameter of a tree in one vector.

    names       saved name -> Param, in the order of declaration
    trainable   number of elements with a gradient: θ[:trainable]
    decayed     number of elements under weight decay: θ[:decayed]
    """

    def __init__(self, tree: Tree, prefix: str = ""):
        self._tree = tree
        self._prefix = prefix
        self.names: dict[str, Param] = dict(_leaves(tree, prefix))
        ordered = sorted(self.names.items(), key=lambda item: (not item[1].trainable, not item[1].decay))
        self._slices: dict[str, slice] = {}
        end = 0
        for name, param in ordered:
            self._slices[name] = slice(end, end := end + prod(param.shape))
        self.size = end
        self.trainable = sum(prod(p.shape) for p in self.names.values() if p.trainable)
        self.decayed = sum(prod(p.shape) for p in self.names.values() if p.trainable and p.decay)

    def draw(self, theta: Array, seed: int) -> None:
        """Fill θ with initial values, each parameter from a stream keyed by its saved name."""
        for name, param in self.names.items():
            stream = streams.stream(seed, streams.INITIALIZE, streams.key(name))
            block = (param.shape[0] // param.blocks, *param.shape[1:])
            counted = param.fans or fans(block)
            values = [param.init.draw(stream, block, counted) for _ in range(param.blocks)]
            self.array(theta, name)[...] = np.concatenate(values) if param.blocks > 1 else values[0]

    def array(self, flat: Array, name: str) -> Array:
        """The view of one parameter by its saved name."""
        return flat[self._slices[name]].reshape(self.names[name].shape)

    def arrays(self, flat: Array) -> dict[str, Array]:
        """Views by saved name of all that lie within `flat`: dθ and optimizer state end before the buffers."""
        return {name: self.array(flat, name) for name in self.names if self._slices[name].stop <= flat.size}

    def views(self, flat: Array) -> Views:
        """The tree again, with views of `flat` for its leaves."""

        def build(tree: Tree, path: str) -> Views:
            entries: dict[str, Any] = {}
            for name, node in tree.items():
                full = _join(path, name)
                if not isinstance(node, Param):
                    entries[name] = build(node, full)
                elif self._slices[full].stop <= flat.size:
                    entries[name] = self.array(flat, full)
            return Views(path, entries)

        return build(self._tree, self._prefix)


def allocate(size: int, dtype: DTypeLike) -> Array:
    """Zeros that start on a cache line, so that no result depends on where malloc put them."""
    item = np.dtype(dtype).itemsize
    raw = np.zeros(size * item + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + size * item].view(dtype)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _leaves(tree: Tree, path: str) -> Iterator[tuple[str, Param]]:
    for name, node in tree.items():
        if isinstance(node, Param):
            yield _join(path, name), node
        else:
            yield from _leaves(node, _join(path, name))
