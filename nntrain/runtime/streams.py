"""Keyed randomness: every random number is a function of the seed, a purpose and a place in the run.

    stream(seed, SHUFFLE, epoch)      stream(seed, INITIALIZE, key("dense_1.W"))

Nothing is carried from step to step, so a resumed run draws what the uninterrupted one would have drawn, and adding
dropout does not move the shuffle.  Built on the raw output of PCG64 alone, which NumPy promises to keep for ever; the
methods of numpy.random.Generator may change between releases.
"""

from __future__ import annotations

import hashlib
from math import prod

import numpy as np
from numpy.typing import DTypeLike, NDArray

# Purposes.  The numbers are part of every run's identity: never renumber.
INITIALIZE, SPLIT, SHUFFLE, LAYER, AUGMENT, LATENT, GENERATE, SAMPLE, CHECK = range(9)
SWEEP = 100  # combinations that a sweep draws


def key(name: str) -> int:
    """A number for a name, the same on every machine."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")


class Stream:
    """One stream of random numbers.  Each call goes on where the last one stopped."""

    __slots__ = ("_raw",)

    def __init__(self, *keys: int):
        self._raw = np.random.PCG64(np.random.SeedSequence(keys)).random_raw

    def bits(self, count: int) -> NDArray[np.uint64]:
        """`count` words of 64 random bits."""
        return self._raw(count)

    def uniform(self, shape: tuple[int, ...]) -> NDArray[np.floating]:
        """Uniform in [0, 1): 53 random bits each."""
        return ((self._raw(prod(shape)) >> np.uint64(11)) * 2.0**-53).reshape(shape)

    def stays(self, shape: tuple[int, ...], rate: float) -> NDArray[np.bool_]:
        """False with probability `rate`, which 32 random bits each meet to 2⁻³²: what dropout leaves."""
        count = prod(shape)
        words = self._raw((count + 1) // 2).view(np.uint32)[:count]
        return (words >= np.uint32(rate * 2**32)).reshape(shape)

    def normal(self, shape: tuple[int, ...], dtype: DTypeLike = np.float64) -> NDArray[np.floating]:
        """Standard normal, by Box and Muller (1958): r = √(−2 ln u), angles 2πv; u in (0, 1]."""
        count = prod(shape)
        half = (count + 1) // 2
        u, v = (self._raw(2 * half) >> np.uint64(11)).reshape(2, half) * 2.0**-53
        r = np.sqrt(-2.0 * np.log1p(-u))
        angle = 2.0 * np.pi * v
        z = np.concatenate([r * np.cos(angle), r * np.sin(angle)])
        return z[:count].astype(dtype, copy=False).reshape(shape)

    def integers(self, high: int, shape: tuple[int, ...]) -> NDArray[np.int64]:
        """Uniform in 0 … high − 1 (bias below high · 2⁻⁵³)."""
        return (self.uniform(shape) * high).astype(np.int64)

    def permutation(self, count: int) -> NDArray[np.int64]:
        """0 … count − 1 in random order: the stable order of random keys."""
        return np.argsort(self._raw(count), kind="stable")


def stream(seed: int, purpose: int, *place: int) -> Stream:
    """The random stream of a purpose at a place of the run, such as an epoch or a step."""
    return Stream(seed, purpose, *place)
