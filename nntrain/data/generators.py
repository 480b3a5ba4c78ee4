"""Two-dimensional classes and one curve, drawn from the seed: to see what a network can learn."""

from __future__ import annotations

import numpy as np

from nntrain.components import arg, component
from nntrain.data.arrays import ArrayDataset, Examples
from nntrain.data.facts import Facts
from nntrain.model.shapes import Array
from nntrain.runtime import streams


class Generated(ArrayDataset):
    """Base: points (N, 2) and their labels, example i of class i mod the number of classes.

    Sines and logarithms end in other bits on another kind of processor; a run goes on there all the same.
    """

    decimals = 3

    def draw(self, stream: streams.Stream) -> tuple[Array, Array]:
        """Inputs (N, 2) or (N, T, n), and labels or values for them."""
        raise NotImplementedError

    def sources(self, seed: int, facts: Facts | None) -> dict[str, Examples]:
        inputs, targets = self.draw(streams.stream(seed, streams.GENERATE, streams.key(self.type)))
        return {"train": Examples(inputs, targets, self.type)}

    def facts(self, train: Examples) -> Facts:
        if train.targets.dtype.kind == "f":
            return Facts(train.inputs.shape[1:], "values", outputs=1)
        return Facts(train.inputs.shape[1:], "labels", classes=getattr(self, "classes", 2))


def _noisy(points: Array, noise: float, stream: streams.Stream) -> Array:
    noisy: Array = points + noise * stream.normal(points.shape)
    return noisy


def _around(angle: Array, radius: Array | float = 1.0) -> Array:
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


@component("xor")
class Xor(Generated):
    """Four clouds at (±1, ±1); class 1 where the signs differ.  No straight line divides them."""

    examples: int = arg("number of examples", default=400, ge=2, le=10_000_000)
    noise: float = arg("deviation of a cloud", default=0.3, ge=0, kw_only=True)

    def draw(self, stream: streams.Stream) -> tuple[Array, Array]:
        i = np.arange(self.examples)
        corner = np.stack([1 - 2.0 * (i // 2 % 2), 1 - 2.0 * ((i // 2 + i) % 2)], axis=1)
        return _noisy(corner, self.noise, stream), i % 2


@component("blobs")
class Blobs(Generated):
    """A cloud a class, centres evenly on the unit circle."""

    examples: int = arg("number of examples", default=600, ge=2, le=10_000_000)
    classes: int = arg("number of clouds", default=3, ge=2, kw_only=True)
    noise: float = arg("deviation of a cloud", default=0.3, ge=0, kw_only=True)

    def draw(self, stream: streams.Stream) -> tuple[Array, Array]:
        labels = np.arange(self.examples) % self.classes
        return _noisy(_around(2 * np.pi * labels / self.classes), self.noise, stream), labels


@component("moons")
class Moons(Generated):
    """Two half circles that reach into each other."""

    examples: int = arg("number of examples", default=400, ge=2, le=10_000_000)
    noise: float = arg("deviation from the half circles", default=0.1, ge=0, kw_only=True)

    def draw(self, stream: streams.Stream) -> tuple[Array, Array]:
        labels = np.arange(self.examples) % 2
        points = _around(np.pi * (stream.uniform(labels.shape) + labels))
        points += labels[:, None] * np.array([1.0, 0.5])
        return _noisy(points, self.noise, stream), labels


@component("circles")
class Circles(Generated):
    """A circle (class 1) within a circle (class 0)."""

    examples: int = arg("number of examples", default=400, ge=2, le=10_000_000)
    noise: float = arg("deviation from the circles", default=0.1, ge=0, kw_only=True)
    factor: float = arg("radius of the inner circle; the outer has 1", default=0.5, gt=0, lt=1, kw_only=True)

    def draw(self, stream: streams.Stream) -> tuple[Array, Array]:
        labels = np.arange(self.examples) % 2
        radius = np.where(labels == 1, self.factor, 1.0)
        return _noisy(_around(2 * np.pi * stream.uniform(labels.shape), radius), self.noise, stream), labels


@component("spirals")
class Spirals(Generated):
    """An arm a class, wound around the origin."""

    examples: int = arg("number of examples", default=1000, ge=2, le=10_000_000)
    classes: int = arg("number of arms", default=2, ge=2, kw_only=True)
    noise: float = arg("deviation from the arms", default=0.05, ge=0, kw_only=True)
    turns: float = arg("how often an arm goes around", default=1.0, gt=0, kw_only=True)

    def draw(self, stream: streams.Stream) -> tuple[Array, Array]:
        labels = np.arange(self.examples) % self.classes
        radius = np.sqrt(stream.uniform(labels.shape))  # evenly along the arm's length, nearly
        angle = 2 * np.pi * (self.turns * radius + labels / self.classes)
        return _noisy(_around(angle, radius), self.noise, stream), labels


@component("sine")
class Sine(Generated):
    """Regression: y = sin x for x in −π … π, noise added to y."""

    examples: int = arg("number of examples", default=400, ge=2, le=10_000_000)
    noise: float = arg("deviation of y", default=0.1, ge=0, kw_only=True)

    def draw(self, stream: streams.Stream) -> tuple[Array, Array]:
        x = np.pi * (2 * stream.uniform((self.examples, 1)) - 1)
        return x, _noisy(np.sin(x), self.noise, stream)
