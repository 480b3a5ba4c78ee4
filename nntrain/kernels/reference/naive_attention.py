"""Attention, one head of one example and one query after the other.   Course 5, week 4; Vaswani et al. (2017)"""

from __future__ import annotations

import numpy as np

from nntrain.model.shapes import Array


def attention_weights(Q: Array, K: Array, causal: bool = False, lengths: Array | None = None) -> Array:
    """P (h, m, T_k, T): P[:, t] = softmax of Kᵀ q_t over the keys that query t sees, Q divided by √d already.

    Q (h, m, d, T)   K (h, m, d, T_k).  Causal: the keys up to T_k − T + t.  Of example j the first lengths[j] keys
    count.  A query that sees no key has weights 0.
    """
    (h, m, _, T), T_k = Q.shape, K.shape[3]
    P = np.zeros((h, m, T_k, T), Q.dtype)
    for i, j, t in np.ndindex(h, m, T):
        seen = T_k - T + t + 1 if causal else T_k
        if lengths is not None:
            seen = min(seen, lengths[j])
        if seen:
            scores = np.array([np.dot(K[i, j, :, s], Q[i, j, :, t]) for s in range(seen)])
            E = np.exp(scores - scores.max())
            P[i, j, :seen, t] = E / E.sum()
    return P


def attention_forward(V: Array, P: Array) -> Array:
    """O (h, m, d, T): o_t is the mean of the values v_s, weighted by P.   V (h, m, d, T_k)"""
    O = np.zeros((*V.shape[:3], P.shape[3]), V.dtype)
    for i, j, s, t in np.ndindex(P.shape):
        O[i, j, :, t] += V[i, j, :, s] * P[i, j, s, t]
    return O


def attention_backward(dO: Array, Q: Array, K: Array, V: Array, P: Array, D: Array | None = None) -> tuple[Array, ...]:
    """dQ, dK, dV.  D: what dropout multiplies the weights by, O = V (P ∘ D)."""
    dQ, dK, dV = np.zeros_like(Q), np.zeros_like(K), np.zeros_like(V)
    D = np.ones_like(P) if D is None else D
    for i, j, t in np.ndindex(*P.shape[:2], P.shape[3]):
        p, do = P[i, j, :, t], dO[i, j, :, t]
        dP = np.array([np.dot(V[i, j, :, s], do) * D[i, j, s, t] for s in range(len(p))])
        dS = p * (dP - np.dot(p, dP))
        for s in range(len(p)):
            dV[i, j, :, s] += do * p[s] * D[i, j, s, t]
            dQ[i, j, :, t] += K[i, j, :, s] * dS[s]
            dK[i, j, :, s] += Q[i, j, :, t] * dS[s]
    return dQ, dK, dV


def rotated(X: Array, start: int = 0) -> Array:
    """X (…, d, T) with features 2i and 2i + 1 of step t as one complex number, times e^(i t θ).   Su et al. (2021)"""
    d, T = X.shape[-2:]
    Y = np.zeros_like(X)
    for i in range(d // 2):
        for t in range(T):
            z = (X[..., 2 * i, t] + 1j * X[..., 2 * i + 1, t]) * np.exp(1j * (start + t) * 10_000 ** (-2 * i / d))
            Y[..., 2 * i, t], Y[..., 2 * i + 1, t] = z.real, z.imag
    return Y
