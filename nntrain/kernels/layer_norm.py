"""Normalisation over the features of each example (Ba et al. 2016; Zhang and Sennrich 2019 without the mean).

    X̂ = (X − μ) r   r = 1 / √(mean((X − μ)²) + ε)   Z = γ X̂ + β       μ = mean(X), or 0

X (n, m), the mean taken over all n rows; a sequence (T, n, m) is a stack of such matrices, in columns it is one; of
an image (C, H, W, m) the rows are all channels and pixels.  γ and β (C, 1) have a number a feature.  Sums over rows are
products with a row of ones, which are faster than `sum`.  Tiles are steps or columns.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from nntrain.kernels.columns import columns, in_columns, sequence
from nntrain.kernels.scratch import scratch
from nntrain.kernels.tiles import by_work
from nntrain.model.shapes import Floats
from nntrain.runtime import threads

_TILE = 1 << 18  # elements of a tile; a tile of columns is slower than whole rows, so there are few
_LEAST = 256  # columns of a tile
_SHORT = 1 << 14  # elements of a step that is normalised by plain calls

_Tile = tuple[slice, slice]  # of the stack, of the columns
_ONE_TILE: list[_Tile] = [(slice(None), slice(None))]


def forward(
    X: Floats, gamma: Floats, beta: Floats | None, epsilon: float, centred: bool
) -> tuple[Floats, Floats, Floats]:
    """Z like X; X̂ and r as stacks, for `backward`.  `centred`: with the mean taken off."""
    rows = _stack(X, in_columns(X))
    Z, Xhat, r = np.empty_like(rows), np.empty_like(rows), np.empty((len(rows), 1, rows.shape[2]), X.dtype)
    gamma, shift = _by_row(gamma, rows), None if beta is None else _by_row(beta, rows)
    mean, real = _means(rows.shape[1], X.dtype), X.dtype.type

    def work(tile: _Tile) -> None:
        x, xhat, z, scale = (A[tile[0], :, tile[1]] for A in (rows, Xhat, Z, r))
        if centred:
            np.matmul(mean, x, out=scale)
            x = np.subtract(x, scale, out=xhat)
        np.square(x, out=z)
        np.matmul(mean, z, out=scale)
        np.add(scale, real(epsilon), out=scale)
        np.sqrt(scale, out=scale)
        np.divide(real(1), scale, out=scale)
        np.multiply(x, scale, out=xhat)
        np.multiply(xhat, gamma, out=z)
        if shift is not None:
            np.add(z, shift, out=z)

    threads.run(work, _tiles(rows))
    return _unstack(Z, X), Xhat, r


def apply(X: Floats, gamma: Floats, beta: Floats | None, epsilon: float, centred: bool) -> Floats:
    """Z alone.  Of a single step, as when a text is written, without what tiles and a backward pass need."""
    if X.size >= _SHORT or X.ndim != 3 or len(X) > 1:
        return forward(X, gamma, beta, epsilon, centred)[0]
    x, mean, real = X[0], _means(X.shape[1], X.dtype), X.dtype.type
    if centred:
        x = np.subtract(x, mean.dot(x))
    scale = mean.dot(np.multiply(x, x))
    scale += real(epsilon)
    Z: Floats = np.divide(x, np.sqrt(scale, scale))
    Z *= gamma
    if beta is not None:
        Z += beta
    return Z[None]


def backward(
    dZ: Floats, Xhat: Floats, r: Floats, gamma: Floats, d_gamma: Floats, d_beta: Floats | None, centred: bool
) -> Floats:
    """dX = r (γ dZ − mean(γ dZ) − X̂ mean(γ dZ X̂)), the first mean only where `centred`;  dγ += Σ dZ X̂,  dβ += Σ dZ."""
    given = _stack(dZ, dZ.ndim == 3 and dZ.shape != Xhat.shape)
    dX = np.empty_like(Xhat)
    n = Xhat.shape[1]
    mean_of_gamma = np.ascontiguousarray(_by_row(gamma, Xhat).T) / dZ.dtype.type(n)
    by_row = _by_row(gamma, Xhat)

    def work(tile: _Tile) -> tuple[Floats, Floats | None]:
        d, xhat, dx, scale = (A[tile[0], :, tile[1]] for A in (given, Xhat, dX, r))
        product = np.multiply(d, xhat, out=scratch("layer_norm", d.shape, d.dtype))
        of_gamma = _sums(product)
        of_beta = None if d_beta is None else _sums(d)
        np.multiply(xhat, np.matmul(mean_of_gamma, product), out=product)
        np.multiply(d, by_row, out=dx)
        np.subtract(dx, product, out=dx)
        if centred:
            np.subtract(dx, np.matmul(mean_of_gamma, d), out=dx)
        np.multiply(dx, scale, out=dx)
        return of_gamma, of_beta

    for of_gamma, of_beta in threads.run(work, _tiles(Xhat)):
        d_gamma += of_gamma.reshape(len(d_gamma), -1).sum(axis=1, keepdims=True)
        if d_beta is not None and of_beta is not None:
            d_beta += of_beta.reshape(len(d_beta), -1).sum(axis=1, keepdims=True)
    return _unstack(dX, dZ)


def _stack(X: Floats, by_columns: bool) -> Floats:
    """X as matrices (stack, n, columns): of a sequence one a step, or `by_columns` a single one."""
    if X.ndim != 3:
        return X.reshape(1, -1, X.shape[-1])
    return columns(X)[None] if by_columns else X


def _unstack(stack: Floats, like: Floats) -> Floats:
    """The inverse: an array of the shape of `like`."""
    if like.ndim == 3 and stack.shape != like.shape:
        return sequence(stack[0], len(like))
    return stack.reshape(like.shape)


def _by_row(values: Floats, rows: Floats) -> Floats:
    """A number a feature as one a row: the pixels of a channel have that of the channel."""
    if len(values) == rows.shape[1]:
        return values
    return np.repeat(values, rows.shape[1] // len(values), axis=0)


@lru_cache(maxsize=64)
def _means(n: int, dtype: np.dtype) -> Floats:
    """A row (1, n) that turns means over n rows into a product."""
    means = np.full((1, n), 1 / n, dtype)
    means.flags.writeable = False
    return means


def _sums(product: Floats) -> Floats:
    """Σ over columns and stack, (n,)."""
    sums: Floats = (product @ np.ones(product.shape[2], product.dtype)).sum(axis=0)
    return sums


def _tiles(rows: Floats) -> list[_Tile]:
    """Runs of the stack, or of the columns of its one matrix."""
    stack, n, m = rows.shape
    if rows.size < _TILE:
        return _ONE_TILE
    if stack > 1:
        return [(tile, slice(None)) for tile in by_work(stack, stack * n * m, _TILE)]
    return [(slice(None), tile) for tile in by_work(m, n * m, _TILE, max(1, m // _LEAST))]
