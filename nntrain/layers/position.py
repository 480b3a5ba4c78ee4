"""Where a step stands: attention itself knows no order."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np

from nntrain.components import arg, component
from nntrain.errors import DataError
from nntrain.kernels.columns import columns, empty_columns
from nntrain.model.initializers import Initializer, Normal
from nntrain.model.layer import Context, Layer, Reader, ShapeError, Tree, Views
from nntrain.model.parameters import Param
from nntrain.model.shapes import Array, Shape, show_shape


@component("position")
class Position(Layer):
    """Y_t = x_t + P_t.   X (T, n, m)   P (T, n)

    dX = dY.

    encoding learned      P is a parameter, for the steps of the data: longer sequences cannot be read.
                          dP_t = Σ dY_t over the examples
    encoding sinusoidal   P_t,2i = sin(t / 10000^(2i/n)),  P_t,2i+1 = cos(t / 10000^(2i/n)), for any number of steps

    Vaswani et al. (2017), arXiv:1706.03762, section 3.5; course 5, week 4.
    """

    overwritable = True
    uses_past = True
    encoding: Literal["learned", "sinusoidal"] = arg("what stands for a step")
    init: Initializer = arg("initial P where it is learned", default=Normal(0.02))

    def declare(self, shape: Shape) -> tuple[Shape, Tree]:
        if len(shape) != 2:
            raise ShapeError(f"expected a sequence (T, n), got {show_shape(shape)}", self)
        return shape, {"P": Param(shape, self.init, decay=True)} if self.encoding == "learned" else {}

    def forward(self, p: Views, X: Array, context: Context) -> tuple[Array, None]:
        start = 0 if context.past is None else context.past.steps
        P = self._positions(p, X, start)
        Y = empty_columns(X)
        np.add(X, P[:, :, None], out=Y)
        return Y, None

    def _positions(self, p: Views, X: Array, start: int) -> Array:
        """P of the steps of X, the first of which is number `start`."""
        T, n, _ = X.shape
        if self.encoding == "sinusoidal":
            return sinusoidal_positions(n, start, T, X.dtype)
        if start + T > len(p.P):
            raise DataError(
                f"{p.path}: error: a sequence of {start + T} steps, where `position: learned` knows {len(p.P)}; give "
                "shorter ones, or train with longer ones or with `position: sinusoidal`"
            )
        return p.P[start : start + T]

    def reader(self, p: Views) -> Reader:
        if self.encoding == "learned":
            P = p.P
            return lambda x, past: x + P[past.steps]
        return lambda x, past: x + sinusoidal_positions(len(x), past.steps, 1, x.dtype)[0]

    def backward(self, p: Views, g: Views, dY: Array, cache: None) -> Array:
        if self.encoding == "learned":
            T, n, m = dY.shape
            g.P[:T] += np.add.reduce(columns(dY).reshape(n, m, T), 1).T
        return dY


@lru_cache(maxsize=64)
def sinusoidal_positions(n: int, start: int, T: int, dtype: np.dtype) -> Array:
    """(T, n) positions of the steps from number `start` on."""
    angles = np.arange(start, start + T)[:, None] * 10_000 ** (-2 * (np.arange(n) // 2) / n)
    P = np.where(np.arange(n) % 2, np.cos(angles), np.sin(angles)).astype(dtype)
    P.flags.writeable = False
    return P
