"""Derivatives by differences, along random directions: how far a gradient is from the slope of what it belongs to.

Differences at ε and ε/2 give the derivative to O(ε⁴) (Richardson) and tell a kink, such as relu's at 0: there they
disagree, and ε shrinks until the kink lies outside.  That looks at forward alone, so that no wrong backward can hide
behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from nntrain.model.shapes import Array
from nntrain.runtime import streams

TOLERANCE = 1e-6
_EPSILONS = (1e-5, 1e-6, 1e-7)
_DIRECTIONS = 3
_ROUNDING = 8 * np.finfo(np.float64).eps  # of J, relative to the sum of its terms' sizes

_J = Callable[[Mapping[str, Array]], tuple[float, float]]


def errors(J: _J, points: dict[str, Array], gradients: dict[str, Array], random: streams.Stream) -> dict[str, float]:
    """Of gradients at some points, by J(points): its value, and the sum of its terms' sizes."""
    if not points:
        return {}

    def error(names: Iterable[str]) -> float:
        return _error(J, points, gradients, {name: random.normal(points[name].shape) for name in names})

    return {"all": max(error(points) for _ in range(_DIRECTIONS)), **{name: error([name]) for name in points}}


def _error(J: _J, points: dict[str, Array], gradients: dict[str, Array], v: dict[str, Array]) -> float:
    """Error of the derivative along v, relative to its own and its typical size ‖∂J‖ ‖v‖ / √n."""
    analytic = sum(float(np.vdot(gradients[name], v[name])) for name in v)
    gg, vv = (sum(float(np.vdot(A[name], A[name])) for name in v) for A in (gradients, v))
    typical = (gg * vv / sum(A.size for A in v.values())) ** 0.5
    numeric, noise = _slope(J, points, v, typical)
    error = abs(numeric - analytic)
    if error == 0 or not np.isfinite(error):
        return 0.0 if error == 0 else float("inf")
    # what rounding alone can do stays below the tolerance: a gradient of 0, of a bias before batch_norm, passes
    return float(error / (abs(numeric) + abs(analytic) + typical + noise / TOLERANCE))


def _slope(J: _J, points: dict[str, Array], v: dict[str, Array], typical: float) -> tuple[float, float]:
    """The derivative of J along v, and what rounding may have done to it."""

    def difference(epsilon: float) -> tuple[float, float]:
        high, low = (
            J({name: at + sign * epsilon * v[name] if name in v else at for name, at in points.items()})
            for sign in (1, -1)
        )
        return (high[0] - low[0]) / (2 * epsilon), _ROUNDING * max(high[1], low[1]) / epsilon

    for epsilon in _EPSILONS:
        coarse, _ = difference(epsilon)
        fine, noise = difference(epsilon / 2)
        smooth = abs(coarse - fine) <= 0.1 * TOLERANCE * (abs(fine) + typical) + noise
        if smooth:
            break
    return (4 * fine - coarse) / 3, 2 * noise
