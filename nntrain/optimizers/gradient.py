"""What is done to the whole gradient between the backward pass and the step.

Sums go over fixed pieces in order: bits do not depend on the threads.
"""

from __future__ import annotations

from math import hypot, isfinite, sqrt

import numpy as np

from nntrain.model.shapes import Array
from nntrain.optimizers.base import PIECE, in_pieces, scratch_like

_ROW = 4096  # elements that are summed in the array's own dtype; the rows' sums are added in float64


def norm(vector: Array) -> float:
    """‖v‖ = √ Σ v².  Infinite or NaN exactly where an element is, or where float64 overflows.

    NumPy may warn of squares that overflow in float32, unless the caller has silenced it, as all that trains has.
    """
    square = _squares(vector)
    if not isfinite(square) and vector.dtype != np.float64:
        square = _squares(vector.astype(np.float64))  # float32 squares overflow from 1.8e19
    return sqrt(square)


def clip_by_norm(dtheta: Array, limit: float, *others: Array) -> float:
    """Scale dθ in place to ‖dθ‖ ≤ limit and return the norm it had.   Pascanu, Mikolov, Bengio 2013.

    dθ ← dθ · limit / ‖dθ‖ where ‖dθ‖ > limit

    others   the gradients of further networks that learn under one cost: the norm is that of all together

    A longer dθ is multiplied by limit / ‖dθ‖, so that its norm is the limit; PyTorch's clip_grad_norm_ multiplies by
    limit / (‖dθ‖ + 1e-6), which leaves a short gradient far shorter than a small limit.

    dθ stays as it is where the norm is not finite: zeros in its place would hide that the training diverges.
    """
    length = hypot(*map(norm, (dtheta, *others)))
    if limit < length and isfinite(length):
        for vector in (dtheta, *others):
            np.multiply(vector, vector.dtype.type(limit / length), vector)
    return length


def clip_by_value(dtheta: Array, limit: float) -> None:
    """Move every element of dθ into [−limit, limit], in place; NaN stays.

    dθ ← max(−limit, min(limit, dθ))
    """
    bound = dtheta.dtype.type(limit)
    np.clip(dtheta, -bound, bound, out=dtheta)


def penalty(theta: Array, l1: float, l2: float, dtheta: Array | None = None) -> float:
    """λ₁ ‖θ‖₁ + (λ₂/2) ‖θ‖², for the cost; adds its gradient λ₁ sign θ + λ₂ θ to dθ, where one is given.

    l1 λ₁   J ← J + λ₁ Σ |W|,   dW ← dW + λ₁ sign W
    l2 λ₂   J ← J + (λ₂/2) Σ W²,   dW ← dW + λ₂ W

    θ is the decayed part: weights, not biases.  Course: "Regularization" (C2W1L04), which writes (λ/2m) ‖W‖² with the
    training set's m: its λ is m λ₂.  Under sgd, l2 is the same as weight_decay, and also shows in the cost.
    """
    real = theta.dtype.type

    def work(piece: slice) -> float:
        W, dW = theta[piece], None if dtheta is None else dtheta[piece]
        term, cost = scratch_like(W), 0.0
        if l2:
            cost += l2 / 2 * _squares_of_piece(W)
            if dW is not None:
                np.add(dW, np.multiply(W, real(l2), term), dW)
        if l1:
            cost += l1 * float(np.add.reduce(np.abs(W, term)))
            if dW is not None:
                np.add(dW, np.multiply(np.sign(W, term), real(l1), term), dW)
        return cost

    return sum(in_pieces(work, theta.size))


def _squares(vector: Array) -> float:
    if vector.size <= PIECE:
        return _squares_of_piece(vector)
    return sum(in_pieces(lambda piece: _squares_of_piece(vector[piece]), vector.size))


def _squares_of_piece(vector: Array) -> float:
    if vector.size <= _ROW:
        return float(np.vecdot(vector, vector))
    end = vector.size // _ROW * _ROW
    rows, rest = vector[:end].reshape(-1, _ROW), vector[end:]
    return float(np.add.reduce(np.vecdot(rows, rows), dtype=np.float64)) + float(np.vecdot(rest, rest))
