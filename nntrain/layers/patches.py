"""Images as sequences, for attention: a patch is a word."""

from __future__ import annotations

import numpy as np

from nntrain.components import arg, component
from nntrain.kernels import affine
from nntrain.kernels.columns import columns, empty_columns, sequence
from nntrain.kernels.windows import pair
from nntrain.layers.convolution import Size, image
from nntrain.model.initializers import Initializer, LecunNormal, Normal, Zeros
from nntrain.model.layer import Context, Layer, ShapeError, Tree, Views
from nntrain.model.parameters import Param
from nntrain.model.shapes import Array, Shape, show_shape


@component("patches")
class Patches(Layer):
    """Z_t = W x_t + b, x_t the pixels of patch t.   X (C, H, W, m)   W (units, C size²)   Z (T, units, m)

    The image is cut into T = (H / size) (W / size) patches, row by row; x_t has the pixels of all channels in row-major
    order.  b (units, 1).  It is a convolution whose kernel and stride are the patch.  dW = Σ_t dZ_t x_tᵀ,  db = Σ dZ,
    dx_t = Wᵀ dZ_t.   Dosovitskiy et al. (2021), arXiv:2010.11929, section 3.1.
    """

    overwritable = True
    size: Size = arg("pixels of a patch, one number for height and width", ge=1)
    units: int = arg("features of each step", ge=1)
    bias: bool = arg("add b", default=True)
    init: Initializer = arg("initial W", default=LecunNormal())

    def declare(self, shape: Shape) -> tuple[Shape, Tree]:
        (H, W), (down, across) = image(self, shape), pair(self.size)
        if H % down or W % across:
            raise ShapeError(
                f"expected an image that patches of {down} × {across} fill, got {show_shape(shape)}; `pad2d` puts "
                "zeros around it",
                self,
            )
        tree = {"W": Param((self.units, shape[0] * down * across), self.init, decay=True)}
        if self.bias:
            tree["b"] = Param((self.units, 1), Zeros())
        return (H // down * (W // across), self.units), tree

    def flops(self, shape: Shape) -> int:
        (T, units), (down, across) = self.declare(shape)[0], pair(self.size)
        return T * units * (2 * shape[0] * down * across + self.bias)

    def _cut(self, X: Array) -> Array:
        """X as (C, size, size, m, H / size, W / size), a view: columns of the matrix are an example's patches."""
        (C, H, W, m), (down, across) = X.shape, pair(self.size)
        return X.reshape(C, H // down, down, W // across, across, m).transpose(0, 2, 4, 5, 1, 3)

    def forward(self, p: Views, X: Array, context: Context) -> tuple[Array, tuple[Array, Shape]]:
        cut = self._cut(X)
        M = cut.reshape(p.W.shape[1], -1)
        Z = affine.affine(p.W, M, p.b if self.bias else None)
        return sequence(Z, cut.shape[4] * cut.shape[5]), (M, X.shape)

    def backward(self, p: Views, g: Views, dZ: Array, cache: tuple[Array, Shape]) -> Array:
        M, shape = cache
        dM = affine.backward(p.W, g.W, g.b if self.bias else None, columns(dZ), M, g.zero)
        dX = np.empty(shape, dM.dtype)
        cut = self._cut(dX)
        np.copyto(cut, dM.reshape(cut.shape))
        return dX

    def accumulate(self, p: Views, g: Views, dZ: Array, cache: tuple[Array, Shape]) -> None:
        affine.accumulate(g.W, g.b if self.bias else None, columns(dZ), cache[0], g.zero)


@component("class_token")
class ClassToken(Layer):
    """Y = [c; X], a step more before the others.   X (T, n, m)   c (n, 1)   Y (T + 1, n, m)

    Nothing of the input stands in it, so attention can gather there what the classes are told by; `first` takes it out.
    dc = Σ dY_0 over the examples,  dX = the other steps of dY.   Devlin et al. (2019), Dosovitskiy et al. (2021).
    """

    overwritable = True
    init: Initializer = arg("initial c", default=Normal(0.02))

    def declare(self, shape: Shape) -> tuple[Shape, Tree]:
        if len(shape) != 2:
            raise ShapeError(f"expected a sequence (T, n), got {show_shape(shape)}", self)
        T, n = shape
        return (T + 1, n), {"c": Param((n, 1), self.init, decay=True)}

    def flops(self, shape: Shape) -> int:
        return 0

    def output_lengths(self, lengths: Array) -> Array | None:
        return lengths + 1

    def forward(self, p: Views, X: Array, context: Context) -> tuple[Array, None]:
        Y = empty_columns(X, len(X) + 1)
        Y[0], Y[1:] = p.c, X
        return Y, None

    def backward(self, p: Views, g: Views, dY: Array, cache: None) -> Array:
        g.c[...] += dY[0].sum(axis=1, keepdims=True)
        dX = empty_columns(dY, len(dY) - 1)
        np.copyto(dX, dY[1:])
        return dX
