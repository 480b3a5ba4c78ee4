"""Sequences in columns: X (T, n, m) that lies in memory as (n, m, T).

What meets every step alike (dense, layer_norm, the products of attention) then has one matrix (n, m T) before it, a
view, whose column j T + t is step t of example j: one product for all steps, and a head of an example is a part of it
that BLAS takes as it is.  Step by step, as (T, n, m) lies otherwise, the same products reach half the speed.

Layers of attention give their outputs in columns.  Layers that work on every step by itself keep the order in which
they are given a sequence; recurrent layers, which take a step (n, m) at a time, lie as the shape says.
"""

from __future__ import annotations

import numpy as np

from nntrain.model.shapes import Array


def in_columns(X: Array) -> bool:
    """Whether X is a sequence in columns.  One that lies both ways, such as a single step, is not."""
    return X.ndim == 3 and not X.flags.c_contiguous and X.transpose(1, 2, 0).flags.c_contiguous


def columns(X: Array) -> Array:
    """X (T, n, m) as the matrix (n, m T): a view where X is in columns, else a copy."""
    return X.transpose(1, 2, 0).reshape(X.shape[1], -1)


def sequence(M: Array, T: int) -> Array:
    """The matrix M (n, m T) as a sequence (T, n, m) in columns: a view."""
    return M.reshape(len(M), -1, T).transpose(2, 0, 1)


def of_steps(Y: Array) -> Array:
    """What every step of every example has one of, Y (T, m), in the order of columns: (m T,)."""
    return Y.T.reshape(-1)


def empty_like(X: Array) -> Array:
    """An uninitialised array of X's shape and dtype: in columns where X is, else in the order of its axes."""
    return np.empty_like(X) if in_columns(X) else np.empty(X.shape, X.dtype)


def empty_columns(X: Array, T: int | None = None) -> Array:
    """An uninitialised sequence in columns of X's shape (T, n, m) and dtype, or of another number of steps."""
    steps, n, m = X.shape
    return np.empty((n, m, steps if T is None else T), X.dtype).transpose(2, 0, 1)


def flat(X: Array, like: Array) -> Array:
    """All elements of X in the order in which those of `like` lie, which is an array of its shape."""
    ordered = X.transpose(1, 2, 0) if in_columns(like) else X
    return np.ascontiguousarray(ordered).reshape(-1)


def unflat(values: Array, like: Array) -> Array:
    """The inverse of `flat`: an array of the shape and order of `like`."""
    if in_columns(like):
        return sequence(values.reshape(like.shape[1], -1), len(like))
    return values.reshape(like.shape)
