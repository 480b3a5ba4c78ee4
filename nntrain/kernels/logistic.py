"""The sigmoid with the binary cross-entropy, for every single output.   Z (…, m) logits   Y like Z, in 0 … 1"""

from __future__ import annotations

import numpy as np

from nntrain.model.shapes import Floats


def losses_and_probabilities(Z: Floats, Y: Floats) -> tuple[Floats, Floats]:
    """𝓛 = |z| |[z > 0] − y| + log(1 + e^−|z|) and A = σ(Z), two fresh arrays like Z.

    𝓛 is max(z, 0) − z y + log(1 + e^−|z|) where the first two terms would cancel.  With e = e^−|z|, which does not
    overflow, σ(z) is 1 / (1 + e) for z > 0 and e / (1 + e) else.  All of it keeps its relative accuracy where 𝓛 or σ(z)
    is small.
    """
    zero, one = Z.dtype.type(0), Z.dtype.type(1)
    size = np.abs(Z)
    E = np.negative(size)
    np.exp(E, E)
    whole = np.add(E, one)
    L = np.greater(Z, zero).astype(Z.dtype)
    A = np.maximum(E, L)
    A /= whole
    np.subtract(L, Y.astype(Z.dtype, copy=False), L)
    np.abs(L, L)
    L *= size
    # log(1 + e) = log u + (e − (u − 1)) / u with u = 1 + e as it was rounded: NumPy's log is vectorised, log1p is not
    np.subtract(whole, one, size)
    np.subtract(E, size, E)
    E /= whole
    L += np.add(np.log(whole, whole), E, E)
    return L, A
