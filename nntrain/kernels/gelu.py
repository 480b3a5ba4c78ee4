"""GELU, A = Z Φ(Z), its tanh form, and their derivatives, in one pass.

Φ is the normal distribution's.  NumPy has no erf, so Φ comes from its tail (z ≥ 0)

    1 − Φ(z) = e^(−z²/2) t P(2t − 1),   t = 1 / (1 + z/k)

where P interpolates at the Chebyshev nodes of t for z in 0 … 14 (float32) or 0 … 40 (float64), beyond which the tail is
0 in that dtype; the coefficients were computed with 50 digits.  Φ is right to 2e-7 in float32 and 4e-16 in float64.
The same exponential gives φ, so value and derivative cost one.
"""

from __future__ import annotations

from collections.abc import Callable
from math import pi, sqrt
from typing import NamedTuple

import numpy as np

from nntrain.kernels.columns import empty_like, flat
from nntrain.kernels.scratch import scratch
from nntrain.kernels.tiles import runs
from nntrain.model.shapes import Array
from nntrain.runtime import threads

_PIECE = 1 << 15  # elements whose temporaries stay in the cache
_PIECES_OF_A_TILE = 8

Form = Callable[[Array, Array, "Array | None"], None]


class _Tail(NamedTuple):
    """k, and the coefficients of P from the highest power down."""

    k: float
    P: tuple[float, ...]


# fmt: off
_TAIL_32 = _Tail(
    3.25,
    (
        -2.36767528e-05, 0.000317427274, -0.000303008038, -0.00256499119, 0.000323061097, 0.0249026865,
        0.0844486574, 0.165995758, 0.226904103,
    ),
)
_TAIL_64 = _Tail(
    5.0,
    (
        -3.614642415629209e-11, -3.3782115330307563e-10, 1.5334472214405306e-09, 1.8289004162578347e-09,
        -1.316977368015948e-08, -8.41836666777383e-09, 8.659674074831218e-08, 6.73024408699814e-08,
        -5.538291564564556e-07, -7.961742571333945e-07, 3.3362320729173293e-06, 9.952562075580607e-06,
        -1.1875142763294263e-05, -0.0001089798130074646, -0.00015957388014784977, 0.0005986753541298536,
        0.004159013360018292, 0.013823727741258935, 0.033004073234075004, 0.06270663133426103,
        0.09906112319399532, 0.13307650057801135, 0.15383860995001258,
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
    z, a, d = flat(Z, Z), flat(A, A), None if D is None else flat(D, D)

    def work(tile: slice) -> None:
        for piece in runs(tile.stop, _PIECE, tile.start):
            form(z[piece], a[piece], None if d is None else d[piece])

    threads.run(work, runs(Z.size, _PIECE * _PIECES_OF_A_TILE))


def exact(z: Array, a: Array, d: Array | None) -> None:
    """a = z Φ(z),  d = Φ(z) + z φ(z), for a piece."""
    real = z.dtype.type
    k, P = _TAIL_64 if z.dtype == np.float64 else _TAIL_32
    e, t = scratch("gelu.e", z.shape, z.dtype), scratch("gelu.t", z.shape, z.dtype)
    np.abs(z, t)
    np.minimum(t, real(40), out=t)  # where the tail is 0
    np.square(t, e)
    np.multiply(e, real(-0.5), e)
    np.exp(e, e)
    np.multiply(t, real(1 / k), t)
    np.add(t, real(1), t)
    np.divide(real(2), t, t)  # 2t
    u = np.subtract(t, real(1), scratch("gelu.u", z.shape, z.dtype))
    phi = np.multiply(u, real(P[0]), scratch("gelu.q", z.shape, z.dtype))
    for c in P[1:-1]:
        np.add(phi, real(c), phi)
        np.multiply(phi, u, phi)
    np.add(phi, real(P[-1]), phi)
    np.multiply(phi, t, phi)
    np.multiply(phi, e, phi)  # twice the tail
    np.multiply(phi, real(0.5), phi)
    # 1 − tail where z > 0, else 0 + tail, which keeps its relative accuracy: without a branch for each element
    np.copysign(phi, z, phi)
    one_or_zero = np.copysign(real(0.5), z, t)
    np.add(one_or_zero, real(0.5), one_or_zero)
    np.subtract(one_or_zero, phi, phi)
    np.multiply(z, phi, a)
    if d is not None:
        np.multiply(e, real(1 / sqrt(2 * pi)), e)
        np.multiply(e, z, e)
        np.add(phi, e, d)


_C, _K = sqrt(2 / pi), 0.044715


def by_tanh(z: Array, a: Array, d: Array | None) -> None:
    """a = ½ z (1 + tanh u),  u = √(2/π) (z + 0.044715 z³),  for a piece.

    ½ (1 + tanh u) = σ(2u) =: s, which takes an exponential in place of a tanh:   d = s + z s (1 − s) 2u'
    """
    real = z.dtype.type
    square, s = scratch("gelu.e", z.shape, z.dtype), scratch("gelu.t", z.shape, z.dtype)
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
