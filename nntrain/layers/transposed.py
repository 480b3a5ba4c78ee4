"""Transposed convolution.   X (C, H, W, m)   Course 4, week 3, "Transpose convolutions"."""

from __future__ import annotations

from math import prod

from nntrain.components import arg, component
from nntrain.kernels import correlation as kernel
from nntrain.kernels.windows import Pair, Window, pair, window
from nntrain.layers.convolution import Algorithm, Padding, Size, check_groups, image
from nntrain.model.initializers import Fans, HeNormal, Initializer, Zeros, fans
from nntrain.model.layer import Context, Layer, ShapeError, Tree, Views
from nntrain.model.parameters import Param
from nntrain.model.shapes import Array, Shape, show_shape
from nntrain.runtime.streams import Stream

__all__ = ["ConvTranspose2d"]


@component("conv_transpose2d")
class ConvTranspose2d(Layer):
    """Z = W ∗ᵀ X + b: what a conv2d with W does to its dZ, done to X; upsampling that is learned.

    X (C, H, W, m)   W (C, filters/groups, kh, kw)   b (filters, 1)   Z (filters, H', W', m)

    dX = the conv2d of dZ with W,  dW correlates dZ with X,  db = Σ dZ over examples and pixels.

    H' = (H − 1)·stride − 2·padding + dilation·(kh − 1) + 1; with `padding: same` H' = H·stride, the size that conv2d
    with the same arguments maps back to H.  W has PyTorch's shape.  Dumoulin and Visin (2016), arXiv:1603.07285;
    course 4, week 3, "Transpose convolutions".
    """

    overwritable = True
    filters: int = arg("number of filters, the channels of the output", ge=1)
    kernel: Size = arg("height and width of a filter, one number for both", ge=1)
    stride: Size = arg("pixels of the output from one pixel of the input to the next", default=1, ge=1)
    padding: Padding = arg(
        "pixels cut off at each side; valid: none; same: the output has size · stride", default="valid", ge=0
    )
    dilation: Size = arg("pixels from one tap of the filter to the next", default=1, ge=1)
    groups: int = arg("groups of channels that are convolved apart", default=1, ge=1)
    bias: bool = arg("add b", default=True)
    init: Initializer = arg("initial W", default=HeNormal())
    algorithm: Algorithm = arg("direct: never Winograd's", default="auto")

    def declare(self, shape: Shape) -> tuple[Shape, Tree]:
        size = image(self, shape)
        check_groups(self, self.groups, shape[0], self.filters)
        try:
            slid, out = self.window(size)
        except ValueError as error:
            raise ShapeError(f"{error}; the input is {show_shape(shape)}", self) from None
        weights = (shape[0], self.filters // self.groups, *slid.kernel)
        fan_out, fan_in = fans(weights, self.groups, prod(slid.stride))  # of the convolution that this one transposes
        tree = {"W": Param(weights, _Transposed(self.init), decay=True, fans=Fans(fan_in, fan_out))}
        if self.bias:
            tree["b"] = Param((self.filters, 1), Zeros())
        return (self.filters, *out), tree

    def flops(self, shape: Shape) -> int:
        taps = self.filters // self.groups * prod(pair(self.kernel))
        return 2 * prod(shape) * taps + self.bias * prod(self.declare(shape)[0])

    def window(self, size: Pair) -> tuple[Window, Pair]:
        """The window of the convolution that this one transposes, and the output's size."""
        if self.padding == "same":
            stride = pair(self.stride)
            out = size[0] * stride[0], size[1] * stride[1]
            return window(out, self.kernel, self.stride, "same", self.dilation), out
        slid = window(size, self.kernel, self.stride, self.padding, self.dilation)
        return slid, kernel.transpose_output_size(size, slid)

    def forward(self, p: Views, X: Array, context: Context) -> tuple[Array, tuple[Array, Window]]:
        slid, out = self.window((X.shape[1], X.shape[2]))
        b = p.b if self.bias else None
        return kernel.conv_transpose2d_forward(X, p.W, b, slid, out, self.groups, self.algorithm), (X, slid)

    def backward(self, p: Views, g: Views, dZ: Array, cache: tuple[Array, Window]) -> Array:
        return kernel.both_gradients(
            lambda: kernel.conv_transpose2d_backward_input(dZ, p.W, cache[1], self.groups, self.algorithm),
            lambda: self.accumulate(p, g, dZ, cache),
            dZ,
        )

    def accumulate(self, p: Views, g: Views, dZ: Array, cache: tuple[Array, Window]) -> None:
        X, slid = cache
        g.W[...] += kernel.conv_transpose2d_backward_weights(X, dZ, slid, self.groups, self.algorithm)
        if self.bias:
            g.b[...] += kernel.bias_gradient(dZ)


class _Transposed(Initializer):
    """Draws W (n_in, n_out, …) as W (n_out, n_in, …), the order that `orthogonal` is defined for."""

    def __init__(self, init: Initializer):
        self.init = init

    def draw(self, stream: Stream, shape: Shape, fans: Fans) -> Array:
        return self.init.draw(stream, (shape[1], shape[0], *shape[2:]), fans).swapaxes(0, 1)
