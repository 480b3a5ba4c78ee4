"""Whether two experiments differ by more than noise."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple


class Difference(NamedTuple):
    """How two experiments differ in a value over the same folds and seeds: the mean, t, and the two-sided p."""

    mean: float
    t: float
    p: float


def corrected_t(differences: Sequence[float], folds: int) -> Difference | None:
    """Whether paired differences are more than noise; None of fewer than two.

    The runs of a cross-validation share training examples, so that their plain variance is too small:

        t = d̄ / √((1/J + 1/(K − 1)) s²)     of J differences over K folds, with J − 1 degrees of freedom

    Nadeau and Bengio (2003), "Inference for the generalization error", where there are 1/(K − 1) as many test examples
    as training ones.  Without folds (K = 0) the correction is left out, and seeds alone vary.
    """
    J = len(differences)
    if J < 2:
        return None
    mean, s = statistics.fmean(differences), statistics.stdev(differences)
    if s == 0:
        return Difference(mean, math.inf if mean else 0.0, 0.0 if mean else 1.0)
    t = mean / (s * math.sqrt(1 / J + (1 / (folds - 1) if folds > 1 else 0)))
    return Difference(mean, t, two_sided(t, J - 1))


def two_sided(t: float, freedom: int) -> float:
    """P(|T| ≥ |t|) of Student's distribution: 1 − A(t | ν), the finite series of Abramowitz and Stegun 26.7.3 and 4."""
    theta = math.atan(abs(t) / math.sqrt(freedom))
    cos, sin = math.cos(theta), math.sin(theta)
    term, total = 1.0, 0.0
    if freedom % 2:
        term = cos
        for k in range(1, freedom - 1, 2):
            total += term
            term *= cos * cos * (k + 1) / (k + 2)
        return max(0.0, 1 - 2 / math.pi * (theta + sin * total))
    for k in range(0, freedom - 1, 2):
        total += term
        term *= cos * cos * (k + 1) / (k + 2)
    return max(0.0, 1 - sin * total)
