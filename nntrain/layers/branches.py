"""Layers beside each other, which all see the same input."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from nntrain.components import arg, component
from nntrain.kernels import elementwise
from nntrain.layers.containers import Sequential, named
from nntrain.model.layer import Bounds, Context, Layer, ShapeError, Tree, Views, common_lengths, declared
from nntrain.model.shapes import Array, Shape, feature_axis, show_shape


@component("concatenate")
class Concatenate(Layer):
    """Y = [f_1(X); f_2(X); …]: branches beside each other, joined along the features (an image's channels).

    dX is the sum of the branches' dX.  A branch is a layer or a list of layers.  Course 4, week 2 (inception).
    """

    takes_symbols = True
    layers: tuple[Layer | tuple[Layer, ...], ...] = arg("the branches, each a layer or a list of layers")

    @cached_property
    def branches(self) -> tuple[Layer, ...]:
        return tuple(Sequential(branch) if isinstance(branch, tuple) else branch for branch in self.layers)

    @property
    def inner(self) -> tuple[Layer, ...]:
        return self.branches

    def declare(self, shape: Shape) -> tuple[Shape, Tree]:
        parts = named(self.branches)
        if not parts:
            raise ShapeError("expected at least one branch, got none", self)
        outcomes = {name: declared(branch, shape) for name, branch in parts}
        shapes = [out for out, _ in outcomes.values()]
        axis = feature_axis(shapes[0])
        rests = {(*out[:axis], None, *out[axis + 1 :]) for out in shapes}
        if len(rests) > 1:
            given = ", ".join(f"{name} {show_shape(out)}" for name, (out, _) in outcomes.items())
            raise ShapeError(f"expected branches that differ in their features alone, got {given}", self)
        features = sum(out[axis] for out in shapes)
        joined = (*shapes[0][:axis], features, *shapes[0][axis + 1 :])
        return joined, {name: tree for name, (_, tree) in outcomes.items()}

    def bounded(self, bounds: Bounds) -> Bounds:
        lower, upper = zip(*(branch.bounded(bounds) for branch in self.branches), strict=True)
        return min(lower), max(upper)

    def flops(self, shape: Shape) -> int:
        return sum(branch.flops(shape) for branch in self.branches)

    def output_lengths(self, lengths: Array) -> Array | None:
        return common_lengths(branch.output_lengths(lengths) for branch in self.branches)

    def forward(self, p: Views, X: Array, context: Context) -> tuple[Array, Any]:
        done = [branch.forward(q, X, context) for branch, q in zip(self.branches, p.children, strict=True)]
        parts = [Y for Y, _ in done]
        axis = feature_axis(parts[0].shape[:-1])
        ends = np.cumsum([Y.shape[axis] for Y in parts])[:-1]
        return np.concatenate(parts, axis), ([cache for _, cache in done], ends)

    def backward(self, p: Views, g: Views, dY: Array, cache: Any) -> Array:
        dXs = [
            branch.backward(q, r, part, c)
            for branch, q, r, part, c in zip(self.branches, p.children, g.children, *_parts(dY, cache), strict=True)
        ]
        if len(dXs) == 1:
            return dXs[0]
        dX = elementwise.add(dXs[0], dXs[1])
        for other in dXs[2:]:
            elementwise.add(dX, other, out=dX)
        return dX

    def accumulate(self, p: Views, g: Views, dY: Array, cache: Any) -> None:
        for branch, q, r, part, c in zip(self.branches, p.children, g.children, *_parts(dY, cache), strict=True):
            branch.accumulate(q, r, part, c)


def _parts(dY: Array, cache: Any) -> tuple[list[Array], list[Any]]:
    """Each branch's share of dY, and its cache."""
    caches, ends = cache
    return np.split(dY, ends, feature_axis(dY.shape[:-1])), caches
