"""Attention of a decoder to its encoder (course 5, week 4): every step asks the other sequence what it knows."""

from __future__ import annotations

from math import sqrt

import numpy as np

from nntrain.components import component
from nntrain.kernels import affine, attention
from nntrain.kernels.attention import Gradients
from nntrain.kernels.columns import columns, of_steps, sequence
from nntrain.layers.self_attention import MultiHead
from nntrain.model.layer import Cache, Context, ShapeError, Source, Tree, Views
from nntrain.model.shapes import Array, Shape, show_shape, source_of

_Affine = tuple[Array, Array, Array | None, Array, Array, bool]  # W, dW, db, dZ, X, zero: what `affine.backward` takes


@component("cross_attention")
class CrossAttention(MultiHead):
    """Y = W_o O + b_o,  O_i = V_i P_i,  P_i = softmax(K_iᵀ Q_i / √d).   X, Y (T, n, m)   S (T_s, n_s, m)

    Queries come from the decoder's X, keys and values from S, what the encoder gives:
    Q = W_q X + b_q at every step of X,  K = W_k S + b_k,  V = W_v S + b_v at every step of S.  So each step of the text
    that is written looks at all steps of the one that was read.   W_q (units, n)   W_k, W_v (units, n_s)
    W_o (n, units)   b_q, b_k, b_v (units, 1)   b_o (n, 1).  Heads are those of `attention`.

    O = [O_1; …; O_h].  The way back is that of `attention` to dQ, dK, dV:  dW_q = dQ Xᵀ,  dW_k = dK Sᵀ,  dW_v = dV Sᵀ,
    dX = W_qᵀ dQ,  dS = W_kᵀ dK + W_vᵀ dV.

    lengths     steps past the end of an example's source are seen by none
    ∂J/∂S       every layer of the decoder that reads S adds its share; the encoder goes back from their sum

    Stands in the decoder of `loop: encoder_decoder`.  Vaswani et al. (2017), arXiv:1706.03762, section 3.2.3; with
    additive scores in place of the product, Bahdanau et al. (2015), the course's attention model (C5W3L08).
    """

    @property
    def reads_source(self) -> bool:
        return True

    def declare(self, shape: Shape) -> tuple[Shape, Tree]:
        n, (_, n_s) = self._features(shape), self._source_shape(shape)
        units = self._units(n)
        tree = {**self._projections("q", n, units), **self._projections("kv", n_s, units), **self._output(n, units)}
        return shape, tree

    def _source_shape(self, shape: Shape) -> Shape:
        """(T_s, n_s) of what the encoder gives."""
        source = source_of(shape)
        if source is None:
            raise ShapeError(
                "expected to stand in a decoder, whose encoder it looks at: see loop encoder_decoder", self
            )
        if len(source) != 2:
            raise ShapeError(f"expected an encoder that gives a sequence (T, n), got {show_shape(source)}", self)
        return source

    def flops(self, shape: Shape) -> int:
        (T, n), (T_s, n_s), units = shape, self._source_shape(shape), self._units(shape[1])
        products = 4 * T * n * units + 4 * T_s * n_s * units
        return products + T * T_s * (4 * units + 4 * self.heads) + self.bias * (T * (units + n) + 2 * T_s * units)

    def forward(self, p: Views, X: Array, context: Context) -> tuple[Array, Cache]:
        source, T, M = _source(context), len(X), columns(X)
        Q, counts = self._queries(p, M, context.valid(T))
        KV, of_source = self._keys_and_values(p, source)
        masks = self._masks(p, context, False, source.lengths, len(source.A))
        O = np.empty_like(Q)
        k, v = self._split(KV, 2, len(source.A))
        l, kept = attention.forward(self._split(Q, 1, T)[0], k, v, self._split(O, 1, T)[0], masks, keep=True)
        Y = affine.affine(p.W_o, O, p.b_o if self.bias else None)
        return sequence(Y, T), (M, Q, KV, O, l, kept, masks, counts, source, of_source)

    def apply(self, p: Views, X: Array, context: Context) -> Array:
        source, T = _source(context), len(X)
        k, v = self._remembered(p, source, context)
        Q, _ = self._queries(p, columns(X), context.valid(T))
        O = np.empty_like(Q)
        masks = self._masks(p, context, False, source.lengths, len(source.A))
        q = self._split(Q, 1, T)[0]
        attention.forward(q, k, v, self._split(O, 1, T)[0], masks, keep=False)
        if context.attended is not None:
            context.attended[p.path] = (attention.weights(q, k, masks),)
        return sequence(affine.affine(p.W_o, O, p.b_o if self.bias else None), T)

    def _queries(self, p: Views, M: Array, valid: Array | None) -> tuple[Array, Array | None]:
        """Q / √d (units, m T), 0 behind an end, whatever stands there; and which of its columns count, (m T,)."""
        Q = affine.affine(p.W_q, M, p.b_q if self.bias else None)
        Q *= M.dtype.type(1 / sqrt(len(Q) // self.heads))
        if valid is None:
            return Q, None
        counts = of_steps(valid)
        Q *= counts
        return Q, counts

    def _keys_and_values(self, p: Views, source: Source) -> tuple[Array, Array | None]:
        """K and V below each other, (2 units, m T_s), and which of their columns count, (m T_s,)."""
        KV, T = affine.affine(p.W_kv, columns(source.A), p.b_kv if self.bias else None), len(source.A)
        if source.lengths is None:
            return KV, None
        counts = of_steps(np.arange(T)[:, None] < source.lengths)
        KV *= counts
        return KV, counts

    def _remembered(self, p: Views, source: Source, context: Context) -> tuple[Array, Array]:
        """K and V; while a text is written they stay the same from step to step."""
        past = context.past
        if past is not None and p.path in past.arrays:
            k, v = past.arrays[p.path]
            return k, v
        k, v = self._split(self._keys_and_values(p, source)[0], 2, len(source.A))
        if past is not None:
            past.arrays[p.path] = k, v
        return k, v

    def backward(self, p: Views, g: Views, dY: Array, cache: Cache) -> Array:
        return sequence(affine.backward(*self._back(p, g, dY, cache)), len(dY))

    def accumulate(self, p: Views, g: Views, dY: Array, cache: Cache) -> None:
        _, dW, db, dQ, M, zero = self._back(p, g, dY, cache)
        affine.accumulate(dW, db, dQ, M, zero)

    def _back(self, p: Views, g: Views, dY: Array, cache: Cache) -> _Affine:
        """What is left to do: the way back through W_q."""
        M, Q, KV, O, l, kept, masks, counts, source, of_source = cache
        T, T_s = len(dY), len(source.A)
        dO = affine.backward(p.W_o, g.W_o, g.b_o if self.bias else None, columns(dY), O, g.zero)
        dQ, dKV = np.empty_like(Q), np.empty_like(KV)
        (q,), (outputs,), (d_outputs,), (dq,) = (self._split(A, 1, T) for A in (Q, O, dO, dQ))
        (k, v), (dk, dv) = (self._split(A, 2, T_s) for A in (KV, dKV))
        attention.backward(d_outputs, q, k, v, outputs, l, kept, masks, Gradients(dq, dk, dv))
        dQ *= dO.dtype.type(1 / sqrt(len(Q) // self.heads))
        if counts is not None:
            dQ *= counts
        if of_source is not None:
            dKV *= of_source
        dS = affine.backward(p.W_kv, g.W_kv, g.b_kv if self.bias else None, dKV, columns(source.A), g.zero)
        source.add(sequence(dS, T_s))
        return p.W_q, g.W_q, g.b_q if self.bias else None, dQ, M, g.zero


def _source(context: Context) -> Source:
    assert context.source is not None, "cross_attention is applied without an encoder's output"
    return context.source
