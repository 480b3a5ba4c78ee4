"""Named views into a flat vector: how layers see θ and dθ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nntrain.model.shapes import Array


class Views:
    """Named views into a flat vector: `p.W` is an array; of a container, `p.children` are its layers' views in order.

    A view is written into (`p.W[...] = …`, `g.W += …`), never replaced: assigning another array is an error, as it
    would silently leave the flat vector behind.  `path` is the place in saved names: `residual_1.dense_1`; `empty`
    says that neither here nor in the children there is any array; `zero` that everything is 0 now, so that a product
    may be written into a gradient instead of being added to it (see Network.clear_gradient).  With `shared` arrays,
    which another layer adds to, it never says so.
    """

    path: str
    empty: bool
    zero: bool
    shared: bool
    frozen: frozenset[str]
    children: tuple[Views, ...]

    def __init__(self, path: str, entries: dict[str, Any], shared: bool = False, frozen: frozenset[str] = frozenset()):
        children = tuple(v for v in entries.values() if isinstance(v, Views))
        arrays = {k: v for k, v in entries.items() if not isinstance(v, Views)}
        empty = not arrays.keys() - frozen and all(child.empty for child in children)
        known = {"path": path, "children": children, "empty": empty, "zero": False, "shared": shared, "frozen": frozen}
        self.__dict__.update(arrays, **known)

    def __getattr__(self, name: str) -> Array:
        place = self.__dict__.get("path") or "the network"  # of a copy that is being made there is no path yet
        raise AttributeError(f"{place} has no parameter {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        if self.__dict__.get(name) is not value:
            raise AttributeError(f"{self.path}.{name} is a view: write into it with [...] = or +=")

    def own(self) -> Iterator[dict[str, Any]]:
        """The attributes of these views and of all below that no other layer adds to."""
        if not self.shared:
            yield self.__dict__
        for child in self.children:
            yield from child.own()


class Zeros:
    """Says of a gradient's views whether they are 0: twice a step, hence from a list and not through the tree."""

    def __init__(self, views: Views):
        self._views = list(views.own())
        self.marked = False

    def mark(self, zero: bool) -> None:
        """Set `zero` of all views whose arrays are their own."""
        if zero is self.marked:
            return
        self.marked = zero
        for attributes in self._views:
            attributes["zero"] = zero
