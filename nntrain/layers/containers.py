"""Layers made of layers: a network is a tree of them.  Views of a container have a child for each layer, in order.

Here one after another; `residual` and `branches` have those that stand beside each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from nntrain.components import arg, component
from nntrain.layers.fusion import Step, fuse
from nntrain.model.calls import Call
from nntrain.model.layer import (
    Bounds,
    Cache,
    Calls,
    Context,
    Layer,
    Past,
    Reader,
    ShapeError,
    Tree,
    Views,
    stages,
)
from nntrain.model.replay import calls_of
from nntrain.model.shapes import Array, Shape

MOST_LAYERS = 10_000  # that a network can repeat: a number mistyped in nested repeats must not take hours


class Chain(Layer):
    """Layers one after another; a subclass says which."""

    takes_symbols = True

    @property
    def chain(self) -> tuple[Layer, ...]:
        """The layers, first to last."""
        raise NotImplementedError

    @property
    def inner(self) -> tuple[Layer, ...]:
        return self.chain

    @property
    def paths(self) -> tuple[tuple[str, tuple[Layer, ...]], ...]:
        return (("", self.chain),)

    def declare(self, shape: Shape) -> tuple[Shape, Tree]:
        walked = stages(self.chain, shape)
        return walked[-1].output if walked else shape, {stage.name: stage.tree for stage in walked}

    def output_lengths(self, lengths: Array) -> Array | None:
        left: Array | None = lengths
        for layer in self.chain:
            left = None if left is None else layer.output_lengths(left)
        return left

    def bounded(self, bounds: Bounds) -> Bounds:
        for layer in self.chain:
            bounds = layer.bounded(bounds)
        return bounds

    @property
    def last(self) -> Layer:
        return self.chain[-1].last if self.chain else self

    def flops(self, shape: Shape) -> int:
        return sum(stage.layer.flops(stage.shape) for stage in stages(self.chain, shape))

    @cached_property
    def _steps(self) -> tuple[Step, ...]:
        return fuse(self.chain)

    def forward(self, p: Views, X: Array, context: Context) -> tuple[Array, list[Cache]]:
        caches, views, lengths = [], p.children, context.lengths
        for i, layer in self._steps:
            X, cache = layer.forward(views[i], X, context)
            caches.append(cache)
            if context.lengths is not None:
                context.lengths = layer.output_lengths(context.lengths)
        context.lengths = lengths
        return X, caches

    def apply(self, p: Views, X: Array, context: Context) -> Array:
        lengths = context.lengths
        for i, layer in self._steps:
            X = layer.apply(p.children[i], X, context)
            if context.lengths is not None:
                context.lengths = layer.output_lengths(context.lengths)
        context.lengths = lengths
        return X

    def reader(self, p: Views) -> Reader | None:
        return one_after_another([layer.reader(q) for layer, q in zip(self.chain, p.children, strict=False)])

    def calls(self, p: Views, g: Views, X: Array) -> Calls | None:
        forward: list[Call] = []
        steps: list[Calls] = []
        for i, layer in self._steps:
            step = calls_of(layer, p.children[i], g.children[i], X)
            if step is None:
                return None
            forward += step.forward
            steps.append(step)
            X = step.Y
        learns = [k for k, (i, _) in enumerate(self._steps) if not g.children[i].empty]

        def backward(dY: Array, needs_dX: bool) -> tuple[Array, list[Call]]:
            calls: list[Call] = []
            last = 0 if needs_dX else min(learns, default=len(steps))
            for k in range(len(steps) - 1, last - 1, -1):
                dY, more = steps[k].backward(dY, needs_dX or k > last)
                calls += more
            return dY, calls

        return Calls(X, forward, backward)

    def backward(self, p: Views, g: Views, dY: Array, caches: list[Cache]) -> Array:
        return self._backward(p, g, dY, caches, 0)

    def accumulate(self, p: Views, g: Views, dY: Array, caches: list[Cache]) -> None:
        # nobody needs dX: end at the first layer that has something to learn
        for k, (i, layer) in enumerate(self._steps):
            if not g.children[i].empty:
                dY = self._backward(p, g, dY, caches, k + 1)
                layer.accumulate(p.children[i], g.children[i], dY, caches[k])
                return

    def _backward(self, p: Views, g: Views, dY: Array, caches: list[Cache], first: int) -> Array:
        """Backward through the steps down to number `first`."""
        ps, gs = p.children, g.children
        for k in range(len(caches) - 1, first - 1, -1):
            i, layer = self._steps[k]
            dY = layer.backward(ps[i], gs[i], dY, caches[k])
        return dY


@component("sequential")
class Sequential(Chain):
    """Layers one after another: Y = f_L(… f_2(f_1(X)))."""

    layers: tuple[Layer, ...] = arg("the layers, first to last")

    @cached_property
    def chain(self) -> tuple[Layer, ...]:
        return self.layers


@component("repeat")
class Repeat(Chain):
    """The layers `times` times one after another, every copy with parameters of its own.

    Names count on through the copies (dense_1, dense_2, …); a name given in the config gets the number of its copy:
    hidden_1, hidden_2, ….
    """

    times: int = arg("number of copies", ge=1, le=1000)
    layers: tuple[Layer, ...] = arg("the layers of one copy, first to last")

    def declare(self, shape: Shape) -> tuple[Shape, Tree]:
        if (count := _count(self)) > MOST_LAYERS:
            raise ShapeError(f"{count:,} layers with all copies; expected at most {MOST_LAYERS:,}", self)
        try:
            return super().declare(shape)
        except ShapeError as error:
            # of a copy the config knows no place, of what it is copied from it does
            places = [i for i, copy in enumerate(self.chain) if copy is error.layer]
            error.layer = self.layers[places[0] % len(self.layers)] if places else error.layer
            raise

    @property
    def last(self) -> Layer:
        return self.layers[-1].last if self.layers else self

    @cached_property
    def chain(self) -> tuple[Layer, ...]:
        copies = range(1, self.times + 1)
        return tuple(_copy(layer, k) for k in copies for layer in self.layers)


def one_after_another(readers: Sequence[Reader | None]) -> Reader | None:
    """Each reads what the one before it gives; None where one of them is missing."""
    steps = [each for each in readers if each is not None]
    if len(steps) < len(readers):
        return None

    def read(x: Array, past: Past) -> Array:
        for step in steps:
            x = step(x, past)
        return x

    return read


def _count(layer: Layer | tuple[Layer, ...]) -> int:
    """Layers in it, all copies counted, containers not."""
    if isinstance(layer, tuple):
        return sum(map(_count, layer))
    if isinstance(layer, Repeat):
        return layer.times * _count(layer.layers)
    inside = getattr(layer, "layers", None)
    return 1 if inside is None else _count(inside) + _count(getattr(layer, "shortcut", ()))


def _copy(layer: Layer, k: int) -> Layer:
    return replace(layer, name=f"{layer.name}_{k}") if layer.name else layer
