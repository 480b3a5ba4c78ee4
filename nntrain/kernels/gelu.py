"""GELU, A = Z Φ(Z), its tanh form, and their derivatives, in one pass.

Φ is the normal distribution's.  NumPy has no erf, so Φ comes from its tail (z ≥ 0)

    1 − Φ(z) = e^(−z²/2) t P(t − 1),   t = 2 / (1 + z/k)

with a polynomial P of its own for each dtype: of degree 5, whose largest error of the tail is the least (6e-9), and of
degree 22 through the Chebyshev nodes of t, computed with 50 digits.  Φ is right to 2e-7 in float32 and 4e-16 in
float64, where rounding counts most.  The same exponential gives φ, so value and derivative cost one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import pi, sqrt
from typing import NamedTuple

import numpy as np

from nntrain.kernels.columns import empty_like, flat
from nntrain.kernels.scratch import scratch
from nntrain.kernels.tiles import runs
from nntrain.model.shapes import Array
from nntrain.runtime import threads

_PIECE = 1 << 16  # elements whose temporaries stay in the cache
_PIECES_OF_A_TILE = 2

Real = np.float32 | np.float64
Form = Callable[[Array, Array, "Array | None"], None]


class _Tail(NamedTuple):
    """k, and the coefficients of P from the highest power down."""

    k: float
    P: tuple[float, ...]


# fmt: off
_TAIL_32 = _Tail(
    3.6,
    (
        -0.0017199604231694018, 0.004458132427151568, 0.017606347867730545, 0.04607498243293254, 0.0798459103851536,
        0.10373458428952535,
    ),
)
TAIL_64 = _Tail(
    5.0,
    (
        -1.8073212078146045e-11, -1.6891057665153782e-10, 7.667236107202653e-10, 9.144502081289173e-10,
        -6.58488684007974e-09, -4.209183333886915e-09, 4.329837037415609e-08, 3.36512204349907e-08,
        -2.769145782282278e-07, -3.9808712856669723e-07, 1.6681160364586646e-06, 4.976281037790304e-06,
        -5.9375713816471314e-06, -5.44899065037323e-05, -7.978694007392488e-05, 0.0002993376770649268,
        0.002079506680009146, 0.006911863870629468, 0.016502036617037502, 0.03135331566713052, 0.04953056159699766,
        0.06653825028900567, 0.07691930497500629,
    ),
)
# fmt: on


def forward(Z: Array, form: Form) -> tuple[Array, Array]:
    """A and the derivative of each element, both lying as Z does."""
    A, D = empty_like(Z), empty_like(Z)
    _fill(Z, form, A, D)
    return A, D


def apply(Z: Array, form: Form) -> Array:
    """A alone."""
    A = empty_like(Z)
    _fill(Z, form, A, None)
    return A


def _fill(Z: Array, form: Form, A: Array, D: Array | None) -> None:
    if Z.size <= _PIECE:
        form(Z, A, D)
        return
    z, a, d = flat(Z, Z), flat(A, A), None if D is None else flat(D, D)

    def work(tile: slice) -> None:
        for piece in runs(tile.stop, _PIECE, tile.start):
            form(z[piece], a[piece], None if d is None else d[piece])

    threads.run(work, runs(Z.size, _PIECE * _PIECES_OF_A_TILE))


@lru_cache
def _tail(dtype: np.dtype) -> tuple[Real, Real, Real, tuple[Real, ...], Real]:
    """k, 2k and the coefficients of P, the first, those between and the last, as numbers of this dtype."""
    k, P = TAIL_64 if dtype == np.float64 else _TAIL_32
    numbers = [dtype.type(c) for c in P]
    return dtype.type(k), dtype.type(2 * k), numbers[0], tuple(numbers[1:-1]), numbers[-1]


def exact(z: Array, a: Array, d: Array | None) -> None:
    """a = z Φ(z),  d = Φ(z) + z φ(z), for a piece."""
    k, twice_k, first, between, last = _tail(z.dtype)
    half, one = z.dtype.type(0.5), z.dtype.type(1)
    e, t, u, phi = scratch("gelu", (4, *z.shape), z.dtype)
    np.multiply(z, z, e)
    np.multiply(e, -half, e)
    np.exp(e, e)
    np.abs(z, t)
    np.add(t, k, t)
    np.divide(twice_k, t, t)
    np.subtract(t, one, u)
    np.multiply(u, first, phi)
    for c in between:
        np.add(phi, c, phi)
        np.multiply(phi, u, phi)
    np.add(phi, last, phi)
    np.multiply(phi, t, phi)
    np.multiply(phi, e, phi)  # the tail behind |z|
    np.subtract(half, phi, phi)
    np.copysign(phi, z, phi)
    np.add(phi, half, phi)
    np.multiply(z, phi, a)
    if d is not None:
        np.multiply(e, z.dtype.type(1 / sqrt(2 * pi)), e)
        np.multiply(e, z, e)
        np.add(phi, e, d)


_C, _K = sqrt(2 / pi), 0.044715


def by_tanh(z: Array, a: Array, d: Array | None) -> None:
    """a = ½ z (1 + tanh u),  u = √(2/π) (z + 0.044715 z³),  for a piece.

    ½ (1 + tanh u) = σ(2u) =: s, which takes an exponential in place of a tanh:   d = s + z s (1 − s) 2u'
    """
    real = z.dtype.type
    square, s = scratch("gelu", (2, *z.shape), z.dtype)
    np.multiply(z, z, square)
    np.multiply(square, real(-2 * _C * _K), s)
    np.subtract(s, real(2 * _C), s)
    np.multiply(s, z, s)
    with np.errstate(over="ignore"):  # e^−2u is infinite where σ is 0
        np.exp(s, s)
    np.add(s, real(1), s)
    np.divide(real(1), s, s)
    np.multiply(z, s, a)
    if d is not None:
        np.multiply(square, real(6 * _C * _K), square)
        np.add(square, real(2 * _C), square)
        np.multiply(square, a, square)
        np.subtract(real(1), s, d)
        np.multiply(d, square, d)
        np.add(d, s, d)
