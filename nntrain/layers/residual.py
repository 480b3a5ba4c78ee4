"""Layers with a shortcut around them."""

from __future__ import annotations

from functools import cached_property
from math import prod

import numpy as np

from nntrain.components import arg, component
from nntrain.kernels import elementwise
from nntrain.layers.containers import Chain, Sequential
from nntrain.model.layer import (
    Bounds,
    Cache,
    Context,
    Layer,
    Past,
    Reader,
    ShapeError,
    Tree,
    Views,
    common_lengths,
    named,
)
from nntrain.model.shapes import Array, Shape, show_shape


@component("residual")
class Residual(Chain):
    """Y = F(X) + S(X): F the layers, S the shortcut, which is X itself unless layers are given for it.

    dX = dF + dS.  Parameters of the shortcut lie in a child of its own: residual_1.shortcut.conv2d_1.W.
    He et al. (2016), arXiv:1512.03385; course 4, week 2.
    """

    overwritable = True
    layers: tuple[Layer, ...] = arg("the layers of F, first to last")
    shortcut: tuple[Layer, ...] = arg("the layers of S; none: the input itself", default=())

    @cached_property
    def chain(self) -> tuple[Layer, ...]:
        return self.layers

    @cached_property
    def _S(self) -> Sequential:
        return Sequential(self.shortcut, name="shortcut")

    @property
    def inner(self) -> tuple[Layer, ...]:
        return (*self.chain, self._S) if self.shortcut else self.chain

    @property
    def paths(self) -> tuple[tuple[str, tuple[Layer, ...]], ...]:
        return (("", self.chain), ("shortcut", self.shortcut)) if self.shortcut else (("", self.chain),)

    def declare(self, shape: Shape) -> tuple[Shape, Tree]:
        for name, layer in named(self.layers):
            if name == self._S.name:
                raise ShapeError(f"{name!r} is the name of what goes around it; give this layer another name", layer)
        out, tree = super().declare(shape)
        beside, subtree = self._S.declare(shape)
        if out != beside:
            raise ShapeError(f"the layers give {show_shape(out)}, the shortcut {show_shape(beside)}: no sum", self)
        return out, {**tree, "shortcut": subtree} if self.shortcut else tree

    def bounded(self, bounds: Bounds) -> Bounds:
        F, S = super().bounded(bounds), self._S.bounded(bounds)
        return F[0] + S[0], F[1] + S[1]

    @property
    def last(self) -> Layer:
        return self  # what comes out is the sum

    def output_lengths(self, lengths: Array) -> Array | None:
        return common_lengths([super().output_lengths(lengths), self._S.output_lengths(lengths)])

    def flops(self, shape: Shape) -> int:
        return super().flops(shape) + self._S.flops(shape) + prod(self.declare(shape)[0])

    def forward(self, p: Views, X: Array, context: Context) -> tuple[Array, list[Cache]]:
        F, caches = super().forward(p, X, context)
        if not self.shortcut:
            return self._sum(F, X), caches
        S, of_shortcut = self._S.forward(p.children[-1], X, context)
        return self._sum(F, S), [*caches, of_shortcut]

    def _sum(self, F: Array, S: Array) -> Array:
        return elementwise.add(F, S, out=F if self._steps and self._steps[-1][1].overwritable else None)

    def apply(self, p: Views, X: Array, context: Context) -> Array:
        F = super().apply(p, X, context)
        return self._sum(F, self._S.apply(p.children[-1], X, context) if self.shortcut else X)

    def reader(self, p: Views) -> Reader | None:
        F = super().reader(p)
        S = self._S.reader(p.children[-1]) if self.shortcut else _itself
        if F is None or S is None:
            return None
        return lambda x, past: np.add(F(x, past), S(x, past))

    def backward(self, p: Views, g: Views, dY: Array, caches: list[Cache]) -> Array:
        dX = super().backward(p, g, dY, caches[: len(self._steps)])
        dS = self._S.backward(p.children[-1], g.children[-1], dY, caches[-1]) if self.shortcut else dY
        return elementwise.add(dX, dS, out=dX if self._steps and self._steps[0][1].overwritable else None)

    def accumulate(self, p: Views, g: Views, dY: Array, caches: list[Cache]) -> None:
        super().accumulate(p, g, dY, caches[: len(self._steps)])
        if self.shortcut:
            self._S.accumulate(p.children[-1], g.children[-1], dY, caches[-1])


def _itself(x: Array, past: Past) -> Array:
    return x
