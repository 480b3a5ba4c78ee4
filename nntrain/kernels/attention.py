"""Scaled dot-product attention (Vaswani et al. 2017, section 3.2.1; course 5, week 4), all heads of a batch.

    S = Kᵀ Q   E = e^S   l = Σ over keys of E   P = E / l   O = V P

Q (h, m, d, T), already divided by √d   K, V (h, m, d, T_k)   S, E, P (h, m, T_k, T): keys down, queries across
O (h, m, d, T)   l (h, m, 1, T)   Q, K, V and O may be views with any strides but the last axis'

E stays as it is, and O is divided at the end: a pass over E less.  The maximum is taken off S only where an l says that
an e^S was too large, or all too small to count, and then for the whole block.

Work is cut as attention_blocks says.  Short sequences keep E for the way back; where it is long it is computed again,
so that memory grows with T and not with T².
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from nntrain.kernels.attention_blocks import Block, is_long, tiles
from nntrain.kernels.scratch import scratch
from nntrain.model.shapes import Array
from nntrain.runtime import threads

_LEAST, _MOST = 1e-13, 1e13  # Σ e^S within these bounds: nothing overflowed, and what counts did not vanish


class Masks(NamedTuple):
    """Which weights count.

    causal   query t sees the keys up to T_k − T + t
    valid    (m, T_k) True at the keys that count, or None where all do
    rate     share of the weights that dropout takes out
    stays    the number of a block and the shape of its E -> True at the weights that stay; None without dropout
    """

    causal: bool = False
    valid: Array | None = None
    rate: float = 0.0
    stays: Callable[[int, tuple[int, ...]], Array] | None = None


def forward(Q: Array, K: Array, V: Array, O: Array, masks: Masks, keep: bool) -> tuple[Array, list[Array]]:
    """Fill O.  Returns l, and with `keep` the E of every block where sequences are short, for `backward`."""
    h, m, _, T = Q.shape
    l = np.empty((h, m, 1, T), Q.dtype)
    keep = keep and not is_long(K.shape[3])

    def work(tile: tuple[Block, ...]) -> list[Array]:
        kept = []
        for block in tile:
            E = np.empty(block.shape, Q.dtype) if keep else scratch("attention.E", block.shape, Q.dtype)
            sums = l[block.of_queries]
            _weights(Q[block.of_queries], K[block.of_keys], block, masks, E, sums)
            if keep:
                kept.append(E)
            D = _drawn(block, masks)
            if D is not None:
                E = _thinned(E, D, block)
                sums = sums * Q.dtype.type(1 - masks.rate)
            v, out = V[block.of_keys], O[block.of_queries]
            for keys, queries in block.across:
                np.matmul(v[..., keys], E[..., keys, queries], out=out[..., queries])
            np.divide(out, sums, out=out)
        return kept

    return l, [E for kept in threads.run(work, tiles(h, m, T, K.shape[3], masks.causal)) for E in kept]


def weights(Q: Array, K: Array, masks: Masks) -> Array:
    """P (h, m, T_k, T), to be looked at: the columns of softmax(Kᵀ Q), 0 where no key counts."""
    S = np.matmul(K.swapaxes(2, 3), Q)
    T_k, T = S.shape[2:]
    seen = np.ones((T_k, T), np.bool_)
    if masks.causal:
        seen = np.arange(T_k)[:, None] <= np.arange(T_k - T, T_k)
    if masks.valid is not None:
        seen = seen & masks.valid[:, :, None]
    S = np.where(seen, S, -np.inf)
    top = S.max(axis=2, keepdims=True)
    E = np.exp(S - np.where(np.isfinite(top), top, 0))
    P: Array = E / np.maximum(E.sum(axis=2, keepdims=True), np.finfo(E.dtype).tiny)
    return P


def newest(q: Array, K: Array, V: Array) -> Array:
    """o (h d,) for one query of one example that sees all keys: a step of a text that is written.

    q (h, d)   K, V (h, d, T)
    """
    s = np.matmul(q[:, None], K)
    s -= np.maximum.reduce(s, 2, keepdims=True)
    np.exp(s, s)
    o: Array = np.matmul(s, V.swapaxes(1, 2))
    o /= np.add.reduce(s, 2, keepdims=True)
    return o.reshape(-1)


class Gradients(NamedTuple):
    """∂J/∂ of queries, keys and values, to be filled."""

    Q: Array
    K: Array
    V: Array


def backward(
    dO: Array, Q: Array, K: Array, V: Array, O: Array, l: Array, kept: list[Array], masks: Masks, d: Gradients
) -> None:
    """Fill d; `dO` is used up.  With dO' = dO / l and D the weights that stay / (1 − rate), 1 without dropout:

    dV = dO' (E ∘ D)ᵀ   dS = E ∘ (D ∘ Vᵀ dO' − δ), δ = Σ over features of dO' ∘ O   dQ = K dS   dK = Q dSᵀ
    """
    h, m, width, T = Q.shape
    ones = np.ones((1, width), Q.dtype)
    share = Q.dtype.type(1 / (1 - masks.rate))

    def work(tile: tuple[Block, ...]) -> None:
        for block in reversed(tile):  # the last one sees all keys: what it gives is written, the others' is added
            q, k, v = Q[block.of_queries], K[block.of_keys], V[block.of_keys]
            do, sums = dO[block.of_queries], l[block.of_queries]
            if kept:
                E = kept[block.number]
            else:
                E = scratch("attention.E", block.shape, Q.dtype)
                _weights(q, k, block, masks, E, sums)
            np.divide(do, sums, out=do)
            delta = np.matmul(ones, np.multiply(do, O[block.of_queries]))
            D = _drawn(block, masks)
            scaled = do if D is None else np.multiply(do, share)
            G = scratch("attention.dS", block.shape, Q.dtype)
            dq, dk, dv = d.Q[block.of_queries], d.K[block.of_keys], d.V[block.of_keys]
            for keys, queries in block.strips:
                e, g = E[..., keys, queries], G[..., keys, queries]
                np.matmul(v[..., keys].swapaxes(2, 3), scaled[..., queries], out=g)
                if D is not None:
                    np.multiply(g, D[..., keys, queries], out=g)
                np.subtract(g, delta[..., queries], out=g)
                np.multiply(g, e, out=g)
                if D is not None:
                    e = np.multiply(e, D[..., keys, queries])
                _put(scaled[..., queries], e, dv[..., keys], block is tile[-1])
                _put(q[..., queries], g, dk[..., keys], block is tile[-1])
            for keys, queries in block.across:
                np.matmul(k[..., keys], G[..., keys, queries], out=dq[..., queries])

    threads.run(work, tiles(h, m, T, K.shape[3], masks.causal))


def _put(A: Array, E: Array, out: Array, first: bool) -> None:
    """out = A Eᵀ, or out += A Eᵀ where it is not the first."""
    if first:
        np.matmul(A, E.swapaxes(2, 3), out=out)
    else:
        out += np.matmul(A, E.swapaxes(2, 3))


def _weights(q: Array, k: Array, block: Block, masks: Masks, E: Array, sums: Array) -> None:
    """Fill E, and l into `sums`."""
    kt = k.swapaxes(2, 3)
    counts = None if masks.valid is None else masks.valid[block.examples, : block.keys, None]
    ones = np.ones((1, block.keys), E.dtype)
    with np.errstate(over="ignore", invalid="ignore"):  # the sums tell
        for keys, queries in block.strips:
            e = E[..., keys, queries]
            np.matmul(kt[..., keys, :], q[..., queries], out=e)
            np.exp(e, out=e)
            if counts is not None:
                np.multiply(e, counts[:, keys], out=e)
        for keys, queries in block.diagonal:
            e = E[..., keys, queries]
            np.multiply(e, _triangle(e.shape[3], 1, 0, e.dtype), out=e)
        for keys, queries in block.across:
            np.matmul(ones[:, keys], E[..., keys, queries], out=sums[..., queries])
    if not (np.minimum.reduce(sums, None) > _LEAST and np.maximum.reduce(sums, None) < _MOST):
        _shifted_weights(kt, q, block, counts, E, sums)


def _shifted_weights(kt: Array, q: Array, block: Block, counts: Array | None, E: Array, sums: Array) -> None:
    """The same with the maximum of each query's S taken off, so that nothing overflows and each l is at least 1."""
    hidden = E.dtype.type(-np.inf)
    for keys, queries in block.strips:
        e = E[..., keys, queries]
        np.matmul(kt[..., keys, :], q[..., queries], out=e)
        if counts is not None:
            np.copyto(e, hidden, where=~counts[:, keys])
    for keys, queries in block.diagonal:
        e = E[..., keys, queries]
        np.add(e, _triangle(e.shape[3], 0, -np.inf, e.dtype), out=e)
    for keys, queries in block.across:
        e = E[..., keys, queries]
        top = np.maximum.reduce(e, 2, keepdims=True)
        np.copyto(top, 0, where=top == hidden)  # no key counts: then l is set to 1, and O is 0
        np.subtract(e, top, out=e)
        np.exp(e, out=e)
        np.add.reduce(e, 2, keepdims=True, out=sums[..., queries])
    np.copyto(sums, 1, where=sums == 0)


@lru_cache(maxsize=32)
def _triangle(n: int, seen: float, hidden: float, dtype: np.dtype) -> Array:
    """`seen` where a key (down) is not after a query (across), else `hidden`."""
    triangle: Array = np.where(np.arange(n)[:, None] <= np.arange(n), dtype.type(seen), dtype.type(hidden))
    triangle.flags.writeable = False
    return triangle


def _drawn(block: Block, masks: Masks) -> Array | None:
    return None if masks.stays is None else masks.stays(block.number, block.shape)


def _thinned(E: Array, D: Array, block: Block) -> Array:
    """E without the weights that are dropped."""
    thinned = scratch("attention.ED", E.shape, E.dtype)
    for keys, queries in block.strips:
        np.multiply(E[..., keys, queries], D[..., keys, queries], out=thinned[..., keys, queries])
    return thinned
