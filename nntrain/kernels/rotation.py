"""Rotary positions (Su et al. 2021, "RoFormer", arXiv:2104.09864, equation 34).

Features 2i and 2i + 1 of the query or key at step t are turned by the angle t θ_i, θ_i = 10000^(−2i/d):

    x' = x cos − y sin   y' = x sin + y cos

The product of a query and a key then depends on the difference of their steps, not on the steps.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from nntrain.model.shapes import Array

BASE = 10_000.0


def rotate(X: Array, start: int = 0, *, back: bool = False) -> None:
    """Turn X (…, d, T) in place, its first step being number `start`; with `back` the other way round, which is the
    derivative too."""
    cos, sin = angles(X.shape[-2], start, X.shape[-1], X.dtype)
    x, y = X[..., 0::2, :], X[..., 1::2, :]
    turned = x * cos
    sine = y * sin
    np.add(turned, sine, out=turned) if back else np.subtract(turned, sine, out=turned)
    np.multiply(y, cos, out=y)
    np.multiply(x, sin, out=sine)
    np.subtract(y, sine, out=y) if back else np.add(y, sine, out=y)
    np.copyto(x, turned)


@lru_cache(maxsize=64)
def angles(d: int, start: int, T: int, dtype: np.dtype) -> tuple[Array, Array]:
    """cos and sin of all angles, (d/2, T)."""
    theta = BASE ** (-np.arange(0, d, 2) / d)
    angles = theta[:, None] * np.arange(start, start + T)
    return np.cos(angles).astype(dtype), np.sin(angles).astype(dtype)
