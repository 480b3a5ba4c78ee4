"""Recurrent layers (course 5, week 1).  What a step computes stands here, how fast in the kernels."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from nntrain.components import arg, component, component_base
from nntrain.kernels import gru, lstm, rnn
from nntrain.kernels.recurrence import Cache, CellKernel
from nntrain.model.initializers import Fans, Initializer, Orthogonal, XavierUniform, Zeros
from nntrain.model.layer import Context, Layer, ShapeError, Tree, Views
from nntrain.model.parameters import Param
from nntrain.model.shapes import Array, Shape, show_shape
from nntrain.runtime.streams import Stream


@component_base()
class Recurrent(Layer):
    """Base: a cell taken through all steps of a sequence, in one direction or both.

    X (T, n_x, m)   A (T, n, m) for `output: sequence`, a (n, m) for `last`; with both directions 2n rows, the forward
    direction's first.  Saved names are then `<layer>.forward.W`, `<layer>.backward.W`, ….

    lengths   example j ends after its own number of steps: outputs past it are 0, `last` is the state at its end, and
              the backward direction begins there
    state     carried in from the batch before and on to the next where the data are streams; gradients stop there
              (truncated back-propagation through time).  The backward direction begins every piece anew
    recurrent_dropout   in training a_{t-1} ∘ D / (1 − rate) enters U, with one D for all steps (Gal & Ghahramani 2016)
    """

    units: int = arg("number of units n", ge=1)
    output: Literal["sequence", "last"] = arg("outputs of all steps, or of the last", default="sequence")
    bidirectional: bool = arg("a second set of units reads from the end; outputs side by side", default=False)
    recurrent_dropout: float = arg(
        "probability that a unit's state is dropped on its way to U", default=0.0, ge=0, lt=1
    )

    cell: ClassVar[CellKernel]
    gates: ClassVar[int]
    states: ClassVar[int] = 1  # kinds of state: a, or a and c
    elementwise: ClassVar[int]  # operations a unit and step beside the products

    def parameters(self, n_x: int) -> dict[str, Param]:
        """The parameters of one direction for n_x features, in the order in which the kernel takes them."""
        n, rows = self.units, self.gates * self.units
        return {
            "W": Param((rows, n_x), XavierUniform(), decay=True, blocks=self.gates),
            "U": Param((rows, n), Orthogonal(), decay=True, blocks=self.gates),
            "b": Param((rows, 1), Zeros()),
        }

    def declare(self, shape: Shape) -> tuple[Shape, Tree]:
        if len(shape) != 2:
            raise ShapeError(f"expected a sequence (T, n), got {show_shape(shape)}", self)
        T, n_x = shape
        tree: Tree = self.parameters(n_x)
        n = self.units
        if self.bidirectional:
            tree, n = {"forward": tree, "backward": self.parameters(n_x)}, 2 * n
        return ((T, n) if self.output == "sequence" else (n,)), tree

    def flops(self, shape: Shape) -> int:
        T, n_x = shape
        products = 2 * self.gates * (n_x + self.units)
        return (2 if self.bidirectional else 1) * T * self.units * (products + self.elementwise)

    def output_lengths(self, lengths: Array) -> Array | None:
        return lengths if self.output == "sequence" else None

    def forward(self, p: Views, X: Array, context: Context) -> tuple[Array, list[Cache]]:
        Y, caches = self._run(p, X, context, training=True)
        return Y, [cache for cache in caches if cache is not None]

    def apply(self, p: Views, X: Array, context: Context) -> Array:
        return self._run(p, X, context, training=False)[0]

    def _run(self, p: Views, X: Array, context: Context, training: bool) -> tuple[Array, list[Cache | None]]:
        """Output, and a cache for each direction: None unless `training`."""
        outputs, caches = [], []
        for q, reverse in self._directions(p):
            initial: tuple[Array | None, ...] = (None,) * self.states
            if context.state is not None and not reverse:
                initial = context.state.get(q.path, initial)
            A, last, cache = self.cell.forward(
                X,
                self._arrays(q),
                initial,
                context.lengths,
                self._mask(q, X, context),
                reverse=reverse,
                training=training,
            )
            if context.state is not None and not reverse:
                context.state[q.path] = last
            outputs.append(A if self.output == "sequence" else last[0])
            caches.append(cache)
        return outputs[0] if len(outputs) == 1 else np.concatenate(outputs, axis=-2), caches

    def backward(self, p: Views, g: Views, dY: Array, caches: list[Cache]) -> Array:
        dXs = [dX for dX in self._backward(g, dY, caches, need_dX=True) if dX is not None]
        return dXs[0] if len(dXs) == 1 else dXs[0] + dXs[1]

    def accumulate(self, p: Views, g: Views, dY: Array, caches: list[Cache]) -> None:
        self._backward(g, dY, caches, need_dX=False)

    def _backward(self, g: Views, dY: Array, caches: list[Cache], need_dX: bool) -> list[Array | None]:
        """dX by way of each direction."""
        dXs = []
        for i, (q, _) in enumerate(self._directions(g)):
            d = dY[..., i * self.units : (i + 1) * self.units, :]
            dA, da = (d, None) if self.output == "sequence" else (None, d)
            d_last = (da, None)[: self.states]
            dX, _ = self.cell.backward(dA, d_last, caches[i], self._arrays(q), need_dX=need_dX)
            dXs.append(dX)
        return dXs

    def _arrays(self, views: Views) -> list[Array]:
        """The parameters of a direction, or their gradients, as the kernel takes them."""
        return [getattr(views, name) for name in self.parameters(1)]

    def _directions(self, views: Views) -> list[tuple[Views, bool]]:
        """The views of each direction, and whether it goes backwards."""
        if self.bidirectional:
            return list(zip(views.children, (False, True), strict=True))
        return [(views, False)]

    def _mask(self, p: Views, X: Array, context: Context) -> Array | None:
        """D / (1 − rate) (n, m), or None."""
        if not context.training or self.recurrent_dropout == 0:
            return None
        keep = 1 - self.recurrent_dropout
        return ((context.stream(p).uniform((self.units, X.shape[-1])) < keep) / keep).astype(X.dtype)


@component("rnn")
class RNN(Recurrent):
    """a_t = tanh(W x_t + U a_{t-1} + b).   X (T, n_x, m)   W (n, n_x)   U (n, n)   b (n, 1)   A (T, n, m)

    With z_t what stands inside tanh:  dz_t = da_t (1 − a_t²),  dW = Σ_t dz_t x_tᵀ,  dU = Σ_t dz_t a_{t-1}ᵀ,
    db = Σ_t dz_t,  dx_t = Wᵀ dz_t,  da_{t-1} = Uᵀ dz_t, added to what reaches a_{t-1} from above.

    The course's W_ax, W_aa, b_a (course 5, week 1).  Elman (1990).
    """

    cell: ClassVar[CellKernel] = rnn
    gates = 1
    elementwise = 2


class ForgetBias(Initializer):
    """1 for the forget gate, 0 for the others: a new LSTM remembers (Jozefowicz et al. 2015)."""

    def draw(self, stream: Stream, shape: Shape, fans: Fans) -> Array:
        b = np.zeros(shape)
        n = shape[0] // 4
        b[n : 2 * n] = 1
        return b


@component("lstm")
class LSTM(Recurrent):
    """c_t = Γ_u c̃ + Γ_f c_{t-1},  a_t = Γ_o tanh(c_t).   X (T, n_x, m)   W (4n, n_x)   U (4n, n)   b (4n, 1)

    Γ_u = σ(W_u x_t + U_u a_{t-1} + b_u)    Γ_f = σ(W_f x_t + U_f a_{t-1} + b_f)    Γ_o = σ(W_o x_t + U_o a_{t-1} + b_o)
    c̃ = tanh(W_c x_t + U_c a_{t-1} + b_c).  Rows of W, U, b in the order update (the input gate), forget, output,
    candidate; b_f begins at 1.

    dc_t = da_t Γ_o (1 − tanh² c_t) + Γ_f dc_{t+1} with the Γ_f of step t + 1,
    dΓ_u = dc_t c̃,  dΓ_f = dc_t c_{t-1},  dΓ_o = da_t tanh c_t,
    dc̃ = dc_t Γ_u.  With z_t the four sums inside σ and tanh, one below the other:
    dz_t = [dΓ_u Γ_u (1 − Γ_u); dΓ_f Γ_f (1 − Γ_f); dΓ_o Γ_o (1 − Γ_o); dc̃ (1 − c̃²)],
    dW = Σ_t dz_t x_tᵀ,  dU = Σ_t dz_t a_{t-1}ᵀ,  db = Σ_t dz_t,  dx_t = Wᵀ dz_t,
    da_{t-1} = Uᵀ dz_t, added to what reaches a_{t-1} from above.

    The course's W_u [a_{t-1}, x_t] is the two products here (course 5, week 1).
    Hochreiter and Schmidhuber (1997), with the forget gate of Gers et al. (2000), without peepholes.
    """

    cell: ClassVar[CellKernel] = lstm
    gates = 4
    states = 2
    elementwise = 13

    def parameters(self, n_x: int) -> dict[str, Param]:
        return {**super().parameters(n_x), "b": Param((4 * self.units, 1), ForgetBias())}


@component("gru")
class GRU(Recurrent):
    """a_t = (1 − Γ_u) c̃ + Γ_u a_{t-1}.   X (T, n_x, m)   W (3n, n_x)   U (3n, n)   b, q (3n, 1)   A (T, n, m)

    Γ_r = σ(W_r x_t + b_r + U_r a_{t-1} + q_r)    Γ_u = σ(W_u x_t + b_u + U_u a_{t-1} + q_u)
    c̃ = tanh(W_c x_t + b_c + Γ_r (U_c a_{t-1} + q_c)).  Rows in the order reset, update, candidate.
    The bias beside U, q (3n, 1), is saved as `b_u`.

    dc̃ = da_t (1 − Γ_u),  dΓ_u = da_t (a_{t-1} − c̃),  dΓ_r = dc̃ (1 − c̃²) (U_c a_{t-1} + q_c).  With z_t the three sums
    inside σ and tanh, and u_t their parts U a_{t-1} + q, each one below the other:
    dz_t = [dΓ_r Γ_r (1 − Γ_r); dΓ_u Γ_u (1 − Γ_u); dc̃ (1 − c̃²)],
    du_t = dz_t, of which the last rows times Γ_r,
    dW = Σ_t dz_t x_tᵀ,  db = Σ_t dz_t,  dU = Σ_t du_t a_{t-1}ᵀ,  dq = Σ_t du_t,  dx_t = Wᵀ dz_t,
    da_{t-1} = Γ_u da_t + Uᵀ du_t, added to what reaches a_{t-1} from above.

    The variant of cuDNN and PyTorch, so that weights can be exchanged.  The course (course 5, week 1) writes
    (c_t = Γ_u c̃ + (1 − Γ_u) c_{t-1}), its Γ_u being 1 − Γ_u here, and c̃ = tanh(W_c [Γ_r c_{t-1}, x_t] + b_c): the reset
    before the product.  Cho et al. (2014).
    """

    cell: ClassVar[CellKernel] = gru
    gates = 3
    elementwise = 13

    def parameters(self, n_x: int) -> dict[str, Param]:
        return {**super().parameters(n_x), "b_u": Param((3 * self.units, 1), Zeros())}
