"""The fully connected layer, example by example, and the look-up of symbols.   Course 1, week 3; course 5, week 2."""

from __future__ import annotations

import numpy as np

from nntrain.model.shapes import Floats


def dense_forward(W: Floats, b: Floats, X: Floats) -> Floats:
    """z = W x + b for each example.   W (n_y, n_x)   b (n_y, 1)   X (n_x, m)   Z (n_y, m)"""
    Z = np.zeros((len(W), X.shape[1]), X.dtype)
    for i in range(X.shape[1]):
        Z[:, i] = W @ X[:, i] + b[:, 0]
    return Z


def dense_backward(dZ: Floats, W: Floats, X: Floats) -> tuple[Floats, Floats, Floats]:
    """dX, dW, db:   dx = Wᵀ dz,   dW = Σ dz xᵀ,   db = Σ dz over the examples."""
    dX, dW, db = np.zeros_like(X), np.zeros_like(W), np.zeros((len(W), 1), W.dtype)
    for i in range(X.shape[1]):
        dX[:, i] = W.T @ dZ[:, i]
        dW += np.outer(dZ[:, i], X[:, i])
        db[:, 0] += dZ[:, i]
    return dX, dW, db


def dense_steps_forward(W: Floats, b: Floats, X: Floats) -> Floats:
    """Z_t = W X_t + b at every step of a sequence.   X (T, n_x, m)   Z (T, n_y, m)"""
    return np.stack([dense_forward(W, b, X[t]) for t in range(len(X))])


def dense_steps_backward(dZ: Floats, W: Floats, X: Floats) -> tuple[Floats, Floats, Floats]:
    """dX (T, n_x, m), and dW, db summed over the steps."""
    dX, dW, db = np.zeros_like(X), np.zeros_like(W), np.zeros((len(W), 1), W.dtype)
    for t in range(len(X)):
        dX[t], dW_t, db_t = dense_backward(dZ[t], W, X[t])
        dW += dW_t
        db += db_t
    return dX, dW, db


def lookup_forward(W: Floats, X: Floats) -> Floats:
    """A_t = W e_x, the column of W for each symbol x.   W (n, vocabulary)   X (T, m) integers   A (T, n, m)"""
    T, m = X.shape
    A = np.zeros((T, len(W), m), W.dtype)
    for t in range(T):
        for i in range(m):
            A[t, :, i] = W[:, X[t, i]]
    return A


def lookup_backward(dA: Floats, W: Floats, X: Floats) -> Floats:
    """dW: the derivatives at every place of a symbol, added to the symbol's column."""
    dW = np.zeros_like(W)
    T, m = X.shape
    for t in range(T):
        for i in range(m):
            dW[:, X[t, i]] += dA[t, :, i]
    return dW
