"""Sequences drawn from the seed: what a recurrent network can remember."""

from __future__ import annotations

import numpy as np

from nntrain.components import arg, component
from nntrain.data.arrays import Examples
from nntrain.data.facts import Facts, Preparation
from nntrain.data.generators import Generated
from nntrain.model.shapes import Array
from nntrain.runtime import streams


@component("adding")
class Adding(Generated):
    """The sum of two marked numbers.   X (length, 2, m): numbers in 0 … 1, and marks   Y (1, m)

    One mark lies in each half of the sequence.  Always answering 1 has a mean squared error of 1/6.  Hochreiter and
    Schmidhuber (1997), experiment 4.
    """

    examples: int = arg("number of examples", default=10_000, ge=2, le=1_000_000)
    length: int = arg("steps T", default=50, ge=2, kw_only=True)

    def draw(self, stream: streams.Stream) -> tuple[Array, Array]:
        N, half = self.examples, self.length // 2
        numbers, marks = stream.uniform((N, self.length)), np.zeros((N, self.length))
        first, second = stream.integers(half, (N,)), half + stream.integers(self.length - half, (N,))
        rows = np.arange(N)
        marks[rows, first] = marks[rows, second] = 1
        return np.stack([numbers, marks], axis=2), (numbers * marks).sum(axis=1, keepdims=True)


@component("copy_memory")
class CopyMemory(Generated):
    """Symbols to be repeated after a delay.   X, Y (T, m) symbols, T = 2 symbols + delay

    x = s₁ … s_k, 0 … 0, a sign to speak, 0 … 0;  y = 0 … 0, s₁ … s_k.  `delay` steps lie between the last symbol and
    the first answer; with 0 before it counts as an answer too, so accuracy without any memory is not 0.  Hochreiter and
    Schmidhuber (1997), Arjovsky et al. (2016).
    """

    examples: int = arg("number of examples", default=10_000, ge=2, le=1_000_000)
    delay: int = arg("steps between the last symbol and the first answer", default=20, ge=1, kw_only=True)
    symbols: int = arg("symbols to remember k", default=10, ge=1, kw_only=True)
    kinds: int = arg("different symbols", default=8, ge=2, kw_only=True)

    def draw(self, stream: streams.Stream) -> tuple[Array, Array]:
        N, k = self.examples, self.symbols
        given = 1 + stream.integers(self.kinds, (N, k))
        X = np.zeros((N, 2 * k + self.delay), np.int64)
        Y = np.zeros_like(X)
        X[:, :k] = Y[:, -k:] = given
        X[:, -k - 1] = self.kinds + 1
        return X, Y

    def facts(self, train: Examples) -> Facts:
        size = self.kinds + 2
        made = Preparation(vocabulary=size)
        return Facts(train.inputs.shape[1:], "labels", self.kinds + 1, vocabulary=size, preparation=made)


@component("sine_waves")
class SineWaves(Generated):
    """The next value of a sine wave, at every step.   X, Y (length, 1, m)

    Every example has its own frequency (2 to 6 periods in 100 steps) and phase; noise is added to what is seen.
    """

    examples: int = arg("number of examples", default=1000, ge=2, le=1_000_000)
    length: int = arg("steps T", default=50, ge=1, kw_only=True)
    noise: float = arg("deviation of the noise", default=0.05, ge=0, kw_only=True)

    def draw(self, stream: streams.Stream) -> tuple[Array, Array]:
        shape = (self.examples, 1)
        frequency, phase = 0.02 + 0.04 * stream.uniform(shape), stream.uniform(shape)
        wave = np.sin(2 * np.pi * (frequency * np.arange(self.length + 1) + phase))
        seen = wave + self.noise * stream.normal(wave.shape)
        return seen[:, :-1, None], seen[:, 1:, None]
