"""All parameters of a network in one flat vector θ, all gradients in one flat vector dθ.

Layers declare what they need, the Layout gives each parameter its place once all shapes are known, and layers then
read and write through named views.  Order: [decayed | other trainable | buffers | frozen], so that weight decay, the
global norm and an optimizer are whole-vector operations on a slice from 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from itertools import pairwise
from math import prod
from typing import Any, NamedTuple, Union

import numpy as np
from numpy.typing import DTypeLike

from nntrain.components import frozen
from nntrain.model.initializers import Fans, Initializer, fans
from nntrain.model.shapes import Array, Shape
from nntrain.model.views import Views
from nntrain.runtime import streams


@frozen
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


@frozen
class Shared:
    """An array that another layer declares: two uses of one parameter, whose gradients add up.

    of      its place within the list that both layers stand in: "embedding_1.W"
    param   what stands there.  A tree without it has an array of its own instead, so that the layer can be had alone
    """

    of: str
    param: Param


@frozen
class Stacked:
    """Arrays one below the other, which a layer also reads as one: each is saved by its own name.

    They differ in their rows and initial values alone.
    """

    parts: Mapping[str, Param]

    @property
    def shape(self) -> Shape:
        """The shape of the whole array."""
        shapes = [param.shape for param in self.parts.values()]
        return (sum(shape[0] for shape in shapes), *shapes[0][1:])


Tree = Mapping[str, Union[Param, Shared, Stacked, "Tree"]]


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether a saved name, or the layer before it, is of one of these patterns (fnmatch)."""
    heads = [name, *(name[:i] for i, c in enumerate(name) if c == ".")]
    return any(fnmatchcase(head, pattern) for pattern in patterns for head in heads)


class Layout:
    """The place of every parameter of a tree in one vector.

    names       saved name -> Param, in the order of declaration
    frozen      the names that match `freeze`: they have no gradient and never change, buffers among them
    trainable   number of elements with a gradient: θ[:trainable]
    decayed     number of elements under weight decay: θ[:decayed]
    moving      number of elements that training changes, buffers too: θ[:moving]
    """

    def __init__(self, tree: Tree, prefix: str = "", freeze: Iterable[str] = ()):
        self._tree = tree
        self._prefix = prefix
        leaves = list(_leaves(tree, prefix))
        declared = {leaf.name for leaf in leaves if leaf.of is None}
        self._shared = {leaf.name: leaf.of for leaf in leaves if leaf.of in declared}
        self.names: dict[str, Param] = {leaf.name: leaf.param for leaf in leaves if leaf.name not in self._shared}
        self.frozen = frozenset(name for name in self.names if freeze and matches(name, freeze))
        regions: list[list[str]] = [[], [], [], []]  # decayed, other trainable, buffers, frozen
        for name, param in self.names.items():
            regions[3 if name in self.frozen else 2 if not param.trainable else 1 if not param.decay else 0].append(
                name
            )
        self._slices: dict[str, slice] = {}
        ends, end = [], 0
        for region in regions:
            for name in region:
                self._slices[name] = slice(end, end := end + prod(self.names[name].shape))
            ends.append(end)
        self.decayed, self.trainable, self.moving, self.size = ends

    @property
    def parameters(self) -> int:
        """Number of elements that are no buffers, frozen ones too."""
        return sum(prod(param.shape) for param in self.names.values() if param.trainable)

    def places(self) -> list[tuple[str, slice]]:
        """The learned parameters and their places in θ, first to last."""
        return [(name, place) for name, place in self._slices.items() if place.stop <= self.trainable]

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

    def views(self, flat: Array, spare: Array | None = None) -> Views:
        """The tree again, with views of `flat` for its leaves; of a gradient those of frozen ones lie in `spare`."""

        twice = {*self._shared, *self._shared.values()}

        def build(tree: Tree, path: str) -> Views:
            entries: dict[str, Any] = {}
            shared = False
            frozen = []
            for name, node in tree.items():
                full = _join(path, name)
                own = self._shared.get(full, full)
                if isinstance(node, Stacked):
                    entries.update(self._stacked(flat, spare, path, name, node))
                    shared = shared or any(_join(path, part) in twice for part in node.parts)
                    if any(_join(path, part) in self.frozen for part in node.parts):
                        frozen += [name, *node.parts]
                elif not isinstance(node, Param | Shared):
                    entries[name] = build(node, full)
                elif (array := self._there(own, flat, spare)) is not None:
                    entries[name] = array
                    shared = shared or full in twice
                    frozen += [name] * (own in self.frozen)
            return Views(path, entries, shared, frozenset(frozen))

        return build(self._tree, self._prefix)

    def _there(self, name: str, flat: Array, spare: Array | None) -> Array | None:
        """The view of one parameter, where the vector has it."""
        place = self._slices[name]
        if place.stop <= flat.size:
            return self.array(flat, name)
        if spare is None or name not in self.frozen:
            return None
        return spare[place.start - self.moving : place.stop - self.moving].reshape(self.names[name].shape)

    def _stacked(self, flat: Array, spare: Array | None, path: str, name: str, node: Stacked) -> dict[str, Array]:
        """The views of each part, and of all in one."""
        full = [_join(path, part) for part in node.parts]
        if 0 < len(self.frozen.intersection(full)) < len(full):
            raise ValueError(f"{', '.join(full)} are one array: freeze all of them or none")
        places = [self._slices[part] for part in full]
        assert all(a.stop == b.start for a, b in pairwise(places)), f"{path}.{name} is not one block of the vector"
        vector, start = flat, 0
        if places[-1].stop > flat.size:
            if spare is None or full[0] not in self.frozen:
                return {}
            vector, start = spare, self.moving
        whole = vector[places[0].start - start : places[-1].stop - start].reshape(node.shape)
        parts = {part: self._there(one, flat, spare) for part, one in zip(node.parts, full, strict=True)}
        return {name: whole} | {part: array for part, array in parts.items() if array is not None}


def allocate(size: int, dtype: DTypeLike) -> Array:
    """Zeros that start on a cache line, so that no result depends on where malloc put them."""
    item = np.dtype(dtype).itemsize
    raw = np.zeros(size * item + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + size * item].view(dtype)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


class _Leaf(NamedTuple):
    """A parameter by its full name; `of`: the full name of the one that it shares, if it does."""

    name: str
    param: Param
    of: str | None = None


def _leaves(tree: Tree, path: str, around: str = "") -> Iterator[_Leaf]:
    """All of a layer at `path`, which stands in the list of the layer at `around`."""
    for name, node in tree.items():
        if isinstance(node, Param):
            yield _Leaf(_join(path, name), node)
        elif isinstance(node, Shared):
            yield _Leaf(_join(path, name), node.param, _join(around, node.of))
        elif isinstance(node, Stacked):
            yield from _leaves(node.parts, path, around)
        else:
            yield from _leaves(node, _join(path, name), path)


def count(tree: Tree) -> int:
    """How many numbers a tree's own parameters have."""
    return sum(
        prod(node.shape) if isinstance(node, Param | Stacked) else 0 if isinstance(node, Shared) else count(node)
        for node in tree.values()
    )
