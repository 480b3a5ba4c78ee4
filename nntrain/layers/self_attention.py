"""Attention (course 5, week 4): every step asks all others what they know."""

from __future__ import annotations

from math import sqrt
from typing import Any, Literal

import numpy as np
from numpy.typing import DTypeLike

from nntrain.components import arg, component, component_base
from nntrain.kernels import affine, attention, rotation
from nntrain.kernels.attention import Gradients, Masks
from nntrain.kernels.columns import columns, of_steps, sequence
from nntrain.model.initializers import Initializer, XavierUniform, Zeros
from nntrain.model.layer import Cache, Context, Layer, Past, Reader, ShapeError, Tree, Views
from nntrain.model.parameters import Param, Stacked
from nntrain.model.shapes import Array, Shape, show_shape


@component_base()
class MultiHead(Layer):
    """Base of attention, to the sequence itself or to another: heads, and what is made of their outputs."""

    fresh = True
    uses_past = True
    heads: int = arg("number of heads h", ge=1)
    units: int | None = arg("features of all heads together, h d; default: those of the input", default=None, ge=1)
    dropout: float = arg("probability that a weight is dropped, in training", default=0.0, ge=0, lt=1)
    bias: bool = arg("add b_q, b_k, b_v and b_o", default=True)
    init: Initializer = arg("initial W_q, W_k and W_v", default=XavierUniform())
    output_init: Initializer = arg("initial W_o", default=XavierUniform())

    def _features(self, shape: Shape) -> int:
        """n of a sequence (T, n)."""
        if len(shape) != 2:
            raise ShapeError(f"expected a sequence (T, n), got {show_shape(shape)}", self)
        units = self._units(shape[1])
        if units % self.heads:
            whose = "units" if self.units else "features of the input"
            raise ShapeError(f"expected {whose} that {self.heads} heads share equally, got {units}", self)
        return shape[1]

    def _units(self, n: int) -> int:
        return self.units or n

    def _projections(self, names: str, n: int, units: int) -> Tree:
        """W (units, n) and b (units, 1) of each of the names, all W and all b one below the other."""
        weights = {f"W_{name}": Param((units, n), self.init, decay=True) for name in names}
        biases = {f"b_{name}": Param((units, 1), Zeros()) for name in names}
        tree: dict[str, Stacked] = {f"W_{names}": Stacked(weights)}
        return {**tree, f"b_{names}": Stacked(biases)} if self.bias else tree

    def _output(self, n: int, units: int) -> Tree:
        tree = {"W_o": Param((n, units), self.output_init, decay=True)}
        return {**tree, "b_o": Param((n, 1), Zeros())} if self.bias else tree

    def _split(self, M: Array, parts: int, T: int) -> Array:
        """Rows of `parts` projections, M (parts h d, m T), as (parts, h, m, d, T): a view."""
        return M.reshape(parts, self.heads, len(M) // parts // self.heads, -1, T).swapaxes(2, 3)

    def _masks(self, p: Views, context: Context, causal: bool, lengths: Array | None, T_k: int) -> Masks:
        valid = None if lengths is None else np.arange(T_k) < lengths[:, None]
        if not context.training or self.dropout == 0:
            return Masks(causal, valid)
        return Masks(
            causal, valid, self.dropout, lambda block, shape: context.stream(p, block).stays(shape, self.dropout)
        )


@component("attention")
class Attention(MultiHead):
    """Y = W_o O + b_o,  O_i = V_i P_i,  P_i = softmax(S_i),  S_i = K_iᵀ Q_i / √d.   X (T, n, m)   Y (T, n, m)

    Multi-head self-attention:  Q = W_q X + b_q,  K = W_k X + b_k,  V = W_v X + b_v at every step, of which head i has
    the rows i d … (i + 1) d, d = units / heads.  The weights of a query's step, a column of the softmax, say how much
    of each step's value it takes.   W_q, W_k, W_v (units, n)   W_o (n, units)   b_q, b_k, b_v (units, 1)   b_o (n, 1)

    O = [O_1; …; O_h],  dO = W_oᵀ dY,  dW_o = dY Oᵀ,  dV_i = dO_i P_iᵀ,  dP_i = V_iᵀ dO_i,
    dS_i = P_i ∘ (dP_i − Σ P_i ∘ dP_i),  dQ_i = K_i dS_i / √d,  dK_i = Q_i dS_iᵀ / √d,  dW_q = dQ Xᵀ,  dW_k = dK Xᵀ,
    dW_v = dV Xᵀ,  db_o = Σ dY,  db_q = Σ dQ,  db_k = Σ dK,  db_v = Σ dV,  dX = W_qᵀ dQ + W_kᵀ dK + W_vᵀ dV.

    causal      S_i = K_iᵀ Q_i / √d, and −∞ where the key's step is behind the query's.
                A step sees itself and the steps before it alone, as a model of text has to.
    lengths     steps past an example's end are seen by none
    dropout     of the weights, divided by 1 − rate
    positions rope    Q_i ← R_t Q_i,  K_i ← R_t K_i, each turned by angles that grow with its step t (Su et al. 2021)
    positions none    attention knows no order, put `position` before it

    Vaswani et al. (2017), arXiv:1706.03762, section 3.2; course 5, week 4, where X's rows are the steps: Q = X W_Q.
    """

    causal: bool = arg("a step does not see the steps behind it", default=False)
    positions: Literal["none", "rope"] = arg("how queries and keys know their steps", default="none")

    def declare(self, shape: Shape) -> tuple[Shape, Tree]:
        n = self._features(shape)
        units = self._units(n)
        if self.positions == "rope" and units // self.heads % 2:
            raise ShapeError(f"positions: rope turns pairs of features, and a head has {units // self.heads}", self)
        return shape, {**self._projections("qkv", n, units), **self._output(n, units)}

    def flops(self, shape: Shape) -> int:
        (T, n), units = shape, self._units(shape[1])
        pairs = T * (T + 1) // 2 if self.causal else T * T
        return 8 * T * n * units + pairs * (4 * units + 4 * self.heads) + self.bias * T * (3 * units + n)

    def forward(self, p: Views, X: Array, context: Context) -> tuple[Array, Cache]:
        return self._attend(p, X, context, keep=True)

    def apply(self, p: Views, X: Array, context: Context) -> Array:
        if context.past is not None and self.causal:
            return self._go_on(p, X, context.past)
        return self._attend(p, X, context, keep=False)[0]

    def _attend(self, p: Views, X: Array, context: Context, keep: bool) -> tuple[Array, Cache]:
        T, M = len(X), columns(X)
        valid = context.valid(T)
        counts = None if valid is None else of_steps(valid)
        projected = self._project(p, M, T, 0)
        if counts is not None:
            projected *= counts  # whatever stands behind an end: a score of 0 there
        Q, K, V = self._split(projected, 3, T)
        masks = self._masks(p, context, self.causal, context.lengths, T)
        O = np.empty((len(projected) // 3, M.shape[1]), M.dtype)
        l, kept = attention.forward(Q, K, V, self._split(O, 1, T)[0], masks, keep)
        if context.attended is not None:
            context.attended[p.path] = (attention.weights(Q, K, masks),)
        Y = affine.affine(p.W_o, O, p.b_o if self.bias else None)
        return sequence(Y, T), (M, projected, O, l, kept, masks, counts)

    def _project(self, p: Views, M: Array, T: int, start: int) -> Array:
        """Q / √d, K and V below each other, (3 units, m T), step 0 being number `start`."""
        projected = affine.affine(p.W_qkv, M, p.b_qkv if self.bias else None)
        QKV = self._split(projected, 3, T)
        QKV[0] *= M.dtype.type(1 / sqrt(QKV.shape[3]))
        if self.positions == "rope":
            rotation.rotate(QKV[:2], start)
        return projected

    def backward(self, p: Views, g: Views, dY: Array, cache: Cache) -> Array:
        return sequence(affine.backward(*self._back(p, g, dY, cache)), len(dY))

    def accumulate(self, p: Views, g: Views, dY: Array, cache: Cache) -> None:
        _, *rest = self._back(p, g, dY, cache)
        affine.accumulate(*rest)

    def _back(self, p: Views, g: Views, dY: Array, cache: Cache) -> tuple[Any, ...]:
        """What is left to do: the way back through W_qkv, as `affine.backward` takes it."""
        M, projected, O, l, kept, masks, counts = cache
        T = len(dY)
        dO = affine.backward(p.W_o, g.W_o, g.b_o if self.bias else None, columns(dY), O, g.zero)
        d_projected = np.empty_like(projected)
        dQKV = self._split(d_projected, 3, T)
        (Q, K, V), (outputs,), (d_outputs,) = (
            self._split(A, parts, T) for A, parts in ((projected, 3), (O, 1), (dO, 1))
        )
        attention.backward(d_outputs, Q, K, V, outputs, l, kept, masks, Gradients(*dQKV))
        if self.positions == "rope":
            rotation.rotate(dQKV[:2], back=True)
        dQKV[0] *= dO.dtype.type(1 / sqrt(dQKV.shape[3]))
        if counts is not None:
            d_projected *= counts
        return p.W_qkv, g.W_qkv, g.b_qkv if self.bias else None, d_projected, M, g.zero

    def reader(self, p: Views) -> Reader | None:
        if not self.causal:
            return None
        units, h = len(p.W_qkv) // 3, self.heads
        W, b, b_o = p.W_qkv.copy(), p.b_qkv[:, 0].copy() if self.bias else None, p.b_o[:, 0] if self.bias else None
        for each in (W,) if b is None else (W, b):
            each[:units] *= W.dtype.type(1 / sqrt(units // h))
        project, output, turned = W.dot, p.W_o.dot, self.positions == "rope"

        def read(x: Array, past: Past) -> Array:
            qkv = project(x)
            if b is not None:
                qkv += b
            q, k, v = QKV = qkv.reshape(3, h, -1)
            t = past.steps
            if turned:
                rotation.rotate(QKV[:2, :, :, None], t)
            keys, values = self._room(p, past, 1, t + 1, x.dtype)
            keys[:, 0, :, t], values[:, 0, :, t] = k, v
            y: Array = output(attention.newest(q, keys[:, 0, :, : t + 1], values[:, 0, :, : t + 1]))
            return y if b_o is None else y + b_o

        return read

    def _room(self, p: Views, past: Past, m: int, steps: int, dtype: DTypeLike) -> tuple[Array, Array]:
        """Where keys and values (h, m, d, room) are remembered: with room for so many steps."""
        found = past.arrays.get(p.path)
        if found is not None and found[0].shape[3] >= steps:
            return found[0], found[1]
        before = found[0].shape[3] if found is not None else 0
        larger = np.zeros((2, self.heads, m, len(p.W_qkv) // 3 // self.heads, 2 * steps), dtype)
        if found is not None:
            larger[..., :before] = found
        past.arrays[p.path] = larger[0], larger[1]
        return larger[0], larger[1]

    def _go_on(self, p: Views, X: Array, past: Past) -> Array:
        """Y of steps that come after those of the past, whose keys and values are remembered, and theirs with them."""
        T, end = len(X), past.steps + len(X)
        Q, K, V = self._split(self._project(p, columns(X), T, past.steps), 3, T)
        keys, values = self._room(p, past, X.shape[2], end, X.dtype)
        keys[..., past.steps : end], values[..., past.steps : end] = K, V
        K, V = keys[..., :end], values[..., :end]
        O = np.empty((Q.shape[0] * Q.shape[2], Q.shape[1] * T), X.dtype)
        attention.forward(Q, K, V, self._split(O, 1, T)[0], Masks(causal=True), False)
        return sequence(affine.affine(p.W_o, O, p.b_o if self.bias else None), T)
