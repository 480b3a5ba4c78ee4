"""Layers made of layers: a network is a tree of them."""

from __future__ import annotations

from typing import Any

from nntrain.components import arg, component
from nntrain.layers.base import Array, Context, Layer, Shape, Tree, Views, layer_names


class _Chain(Layer):
    """Layers one after another; a subclass says which."""

    chain: tuple[Layer, ...]

    def declare(self, shape: Shape) -> tuple[Shape, Tree]:
        tree: dict[str, Tree] = {}
        for name, layer in zip(layer_names(self.chain), self.chain, strict=True):
            shape, tree[name] = layer.declare(shape)
        return shape, tree

    def flops(self, shape: Shape) -> int:
        total = 0
        for layer in self.chain:
            total += layer.flops(shape)
            shape, _ = layer.declare(shape)
        return total

    def forward(self, p: Views, X: Array, context: Context) -> tuple[Array, Any]:
        caches = []
        for layer, views in zip(self.chain, p.children, strict=True):
            X, cache = layer.forward(views, X, context)
            caches.append(cache)
        return X, caches

    def apply(self, p: Views, X: Array, context: Context) -> Array:
        for layer, views in zip(self.chain, p.children, strict=True):
            X = layer.apply(views, X, context)
        return X

    def backward(self, p: Views, g: Views, dY: Array, caches: Any) -> Array:
        for i in reversed(range(len(self.chain))):
            dY = self.chain[i].backward(p.children[i], g.children[i], dY, caches[i])
        return dY

    def accumulate(self, p: Views, g: Views, dY: Array, caches: Any) -> None:
        first = next((i for i, views in enumerate(g.children) if not views.empty), None)
        if first is None:
            return
        for i in reversed(range(first + 1, len(self.chain))):
            dY = self.chain[i].backward(p.children[i], g.children[i], dY, caches[i])
        self.chain[first].accumulate(p.children[first], g.children[first], dY, caches[first])


@component("sequential")
class Sequential(_Chain):
    """Layers one after another: A = f_L(… f_2(f_1(X)))."""

    layers: tuple[Layer, ...] = arg("the layers, first to last")

    @property
    def chain(self) -> tuple[Layer, ...]:  # type: ignore[override]
        return self.layers
