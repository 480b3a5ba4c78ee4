"""Layers beside each other, which all see the same input."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from math import prod

import numpy as np

from nntrain.components import arg, component
from nntrain.kernels import elementwise
from nntrain.layers.containers import Sequential
from nntrain.model.layer import (
    Bounds,
    Cache,
    Context,
    Layer,
    Reader,
    ShapeError,
    Tree,
    Views,
    common_lengths,
    declared,
    named,
)
from nntrain.model.shapes import Array, Ints, Shape, feature_axis, show_shape


class Branches(Layer):
    """Base: each branch, a layer or a list of layers, sees the same X; dX is the sum of the branches' dX."""

    takes_symbols = True
    layers: tuple[Layer | tuple[Layer, ...], ...]

    @cached_property
    def branches(self) -> tuple[Layer, ...]:
        """The branches as layers; a list of layers is one `sequential`."""
        return tuple(Sequential(branch) if isinstance(branch, tuple) else branch for branch in self.layers)

    @property
    def inner(self) -> tuple[Layer, ...]:
        return self.branches

    @property
    def paths(self) -> tuple[tuple[str, tuple[Layer, ...]], ...]:
        names = [name for name, _ in named(self.branches)]
        return tuple(
            (name, branch.inner) if isinstance(layer, tuple) else ("", (replace(branch, name=name),))
            for name, branch, layer in zip(names, self.branches, self.layers, strict=True)
        )

    def declare(self, shape: Shape) -> tuple[Shape, Tree]:
        parts = named(self.branches)
        if not parts:
            raise ShapeError("expected at least one branch, got none", self)
        outcomes = {name: declared(branch, shape) for name, branch in parts}
        return self.joined_shape({name: out for name, (out, _) in outcomes.items()}), {
            n: t for n, (_, t) in outcomes.items()
        }

    def joined_shape(self, shapes: dict[str, Shape]) -> Shape:
        """The shape of what is made of the branches' outputs.  Raises ShapeError."""
        raise NotImplementedError

    def flops(self, shape: Shape) -> int:
        return sum(branch.flops(shape) for branch in self.branches)

    def output_lengths(self, lengths: Array) -> Array | None:
        return common_lengths(branch.output_lengths(lengths) for branch in self.branches)

    def outputs(self, p: Views, X: Array, context: Context) -> tuple[list[Array], list[Cache]]:
        """Each branch's output, and its cache."""
        done = [branch.forward(q, X, context) for branch, q in zip(self.branches, p.children, strict=True)]
        return [Y for Y, _ in done], [cache for _, cache in done]

    def branch_derivatives(self, dY: Array, cache: Cache) -> tuple[list[Array], list[Cache]]:
        """∂J/∂f_i of each branch's output, and the branches' caches."""
        raise NotImplementedError

    def backward(self, p: Views, g: Views, dY: Array, cache: Cache) -> Array:
        dXs = [
            branch.backward(q, r, part, c)
            for branch, q, r, part, c in zip(
                self.branches, p.children, g.children, *self.branch_derivatives(dY, cache), strict=True
            )
        ]
        if len(dXs) == 1:
            return dXs[0]
        dX = elementwise.add(dXs[0], dXs[1])
        for other in dXs[2:]:
            elementwise.add(dX, other, out=dX)
        return dX

    def accumulate(self, p: Views, g: Views, dY: Array, cache: Cache) -> None:
        parts, caches = self.branch_derivatives(dY, cache)
        for branch, q, r, part, c in zip(self.branches, p.children, g.children, parts, caches, strict=True):
            branch.accumulate(q, r, part, c)


@component("concatenate")
class Concatenate(Branches):
    """Y = [f_1(X); f_2(X); …]: branches beside each other, joined along the features (an image's channels).

    df_i = the rows of dY that f_i gave,  dX = Σ_i dX_i by way of each branch.
    A branch is a layer or a list of layers.  Course 4, week 2 (inception).
    """

    layers: tuple[Layer | tuple[Layer, ...], ...] = arg("the branches, each a layer or a list of layers")

    def joined_shape(self, shapes: dict[str, Shape]) -> Shape:
        outs = list(shapes.values())
        axis = feature_axis(outs[0])
        if len({(*out[:axis], None, *out[axis + 1 :]) for out in outs}) > 1:
            given = ", ".join(f"{name} {show_shape(out)}" for name, out in shapes.items())
            raise ShapeError(f"expected branches that differ in their features alone, got {given}", self)
        return (*outs[0][:axis], sum(out[axis] for out in outs), *outs[0][axis + 1 :])

    def bounded(self, bounds: Bounds) -> Bounds:
        lower, upper = zip(*(branch.bounded(bounds) for branch in self.branches), strict=True)
        return min(lower), max(upper)

    def forward(self, p: Views, X: Array, context: Context) -> tuple[Array, tuple[list[Cache], Ints]]:
        parts, caches = self.outputs(p, X, context)
        axis = feature_axis(parts[0].shape[:-1])
        ends = np.cumsum([Y.shape[axis] for Y in parts])[:-1]
        return np.concatenate(parts, axis), (caches, ends)

    def branch_derivatives(self, dY: Array, cache: tuple[list[Cache], Ints]) -> tuple[list[Array], list[Cache]]:
        caches, ends = cache
        return np.split(dY, ends, feature_axis(dY.shape[:-1])), caches


@component("product")
class Product(Branches):
    """Y = f_1(X) ∘ f_2(X) ∘ …, element by element: one branch lets through what the others say, a gate.

    df_i = dY ∘ the product of the other branches,  dX = Σ_i dX_i by way of each branch.  A branch that gives a vector
    (n,) has one factor a feature, for all pixels of an image (n, H, W) or all steps of a sequence (T, n), and its
    derivative is the sum over them.

        product: [[{dense: 512}, silu], {dense: 512}]                    SwiGLU (Shazeer 2020, arXiv:2002.05202)
        product: [identity, [global_avg_pool, {dense: 4}, relu, {dense: 64}, sigmoid]]
                                                                         squeeze and excite (Hu et al. 2018)
    """

    layers: tuple[Layer | tuple[Layer, ...], ...] = arg("the branches, each a layer or a list of layers")

    def joined_shape(self, shapes: dict[str, Shape]) -> Shape:
        largest = max(shapes.values(), key=len)
        if any(out not in (largest, (largest[feature_axis(largest)],)) for out in shapes.values()):
            given = ", ".join(f"{name} {show_shape(out)}" for name, out in shapes.items())
            raise ShapeError(
                f"expected branches of one shape, or a vector with a number for each feature, got {given}", self
            )
        return largest

    def flops(self, shape: Shape) -> int:
        return super().flops(shape) + (len(self.branches) - 1) * prod(self.declare(shape)[0])

    def bounded(self, bounds: Bounds) -> Bounds:
        lower, upper = 1.0, 1.0
        for branch in self.branches:
            ends = [0.0 if 0 in (a, b) else a * b for a in (lower, upper) for b in branch.bounded(bounds)]
            lower, upper = min(ends), max(ends)
        return lower, upper

    def forward(self, p: Views, X: Array, context: Context) -> tuple[Array, tuple[list[Cache], list[Array]]]:
        parts, caches = self.outputs(p, X, context)
        return _product([_spread(part, parts) for part in parts]), (caches, parts)

    def reader(self, p: Views) -> Reader | None:
        readers = [branch.reader(q) for branch, q in zip(self.branches, p.children, strict=True)]
        factors = [each for each in readers if each is not None]
        if len(factors) < len(readers):
            return None
        return lambda x, past: _product([factor(x, past) for factor in factors])

    def branch_derivatives(self, dY: Array, cache: tuple[list[Cache], list[Array]]) -> tuple[list[Array], list[Cache]]:
        caches, parts = cache
        spread = [_spread(part, parts) for part in parts]
        shares = []
        for i, part in enumerate(parts):
            share = _product([dY, *spread[:i], *spread[i + 1 :]])
            if part.ndim < dY.ndim:
                share = share.sum(axis=(1, 2) if dY.ndim == 4 else 0)
            shares.append(share)
        return shares, caches


def _product(factors: list[Array]) -> Array:
    """The product of arrays, at least one of which has the shape of the whole."""
    Y = factors[0]
    for factor in factors[1:]:
        Y = Y * factor
    return Y


def _spread(part: Array, parts: list[Array]) -> Array:
    """A vector (n, m) as it meets images (n, H, W, m) or sequences (T, n, m); anything else as it is."""
    return part[:, None, None] if part.ndim == 2 and max(other.ndim for other in parts) == 4 else part
