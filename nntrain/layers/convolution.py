"""Convolution of images X (C, H, W, m).   Course 4, week 1."""

from __future__ import annotations

from math import prod
from typing import Literal, NamedTuple

from nntrain.components import arg, component
from nntrain.kernels import correlation as kernel
from nntrain.kernels.windows import Pair, Window, pair, window
from nntrain.model.initializers import HeNormal, Initializer, Zeros, fans
from nntrain.model.layer import Context, Layer, ShapeError, Tree, Views
from nntrain.model.parameters import Param
from nntrain.model.shapes import Array, Shape, show_shape

__all__ = ["Conv2d"]

Size = int | tuple[int, int]
Padding = int | tuple[int, int] | Literal["valid", "same"]
Algorithm = Literal["auto", "direct"]


def image(layer: Layer, shape: Shape) -> Pair:
    """(H, W) of an image (C, H, W)."""
    if len(shape) != 3:
        raise ShapeError(f"expected an image (C, H, W), got {show_shape(shape)}", layer)
    return shape[1], shape[2]


class Geometry(NamedTuple):
    """How a window slides over an image: each is a number for both axes or a pair (vertical, horizontal)."""

    kernel: Size
    stride: Size
    padding: Padding
    dilation: Size = 1


def slide(layer: Layer, shape: Shape, size: Pair, geometry: Geometry) -> Window:
    """The window over an image of `size` (H, W); `shape` is that of the layer's input, for messages.

    Raises ShapeError where the kernel is larger than the padded image, or a number is out of range.
    """
    try:
        found = window(size, *geometry)
        found.output_size(size)
    except ValueError as error:
        message = str(error).replace("columns", "steps") if len(shape) == 2 else error
        raise ShapeError(f"{message}; the input is {show_shape(shape)}", layer) from None
    return found


def check_groups(layer: Layer, groups: int, channels: int, filters: int) -> None:
    """Raise ShapeError where channels or filters cannot be divided into so many groups."""
    for what, count in (("channels of the input", channels), ("filters", filters)):
        if count % groups:
            raise ShapeError(f"the {count} {what} cannot be divided into {groups} groups", layer)


@component("conv2d")
class Conv2d(Layer):
    """Z = W ∗ X + b.   X (C, H, W, m)   W (filters, C/groups, kh, kw)   b (filters, 1)   Z (filters, H', W', m)

    Z[f, i, j] = Σ_{c,a,b} W[f, c, a, b] X[c, i·stride + a·dilation − padding, j·stride + b·dilation − padding] + b[f],
    a cross-correlation, as everywhere in deep learning;  H' = ⌊(H + 2·padding − dilation·(kh − 1) − 1) / stride⌋ + 1.
    dW correlates X with dZ,  dX correlates dZ with the flipped kernel,  db = Σ dZ over examples and pixels.  With
    groups a filter sees its own group of channels alone; groups = C is a depthwise convolution.  Course 4, week 1.

    float32 with 3×3 kernels and stride 1 takes Winograd's F(4, 3) where there are 16 channels, filters and examples or
    more and work enough, with errors a few times those of the sum above.  `algorithm: direct` never does.
    """

    overwritable = True
    filters: int = arg("number of filters, the channels of the output", ge=1)
    kernel: Size = arg("height and width of a filter, one number for both", ge=1)
    stride: Size = arg("pixels from one position of the filter to the next", default=1, ge=1)
    padding: Padding = arg(
        "zeros on each side; valid: none; same: the output has ⌈size / stride⌉ pixels", default="valid", ge=0
    )
    dilation: Size = arg("pixels from one tap of the filter to the next", default=1, ge=1)
    groups: int = arg("groups of channels that are convolved apart", default=1, ge=1)
    bias: bool = arg("add b", default=True)
    init: Initializer = arg("initial W", default=HeNormal())
    algorithm: Algorithm = arg("direct: never Winograd's", default="auto")

    def declare(self, shape: Shape) -> tuple[Shape, Tree]:
        size = image(self, shape)
        check_groups(self, self.groups, shape[0], self.filters)
        found = slide(self, shape, size, self._geometry)
        weights = (self.filters, shape[0] // self.groups, *found.kernel)
        counted = fans(weights, self.groups, prod(found.stride))
        tree = {"W": Param(weights, self.init, decay=True, fans=counted)}
        if self.bias:
            tree["b"] = Param((self.filters, 1), Zeros())
        return (self.filters, *found.output_size(size)), tree

    def flops(self, shape: Shape) -> int:
        taps = shape[0] // self.groups * prod(pair(self.kernel))
        return prod(self.declare(shape)[0]) * (2 * taps + self.bias)

    @property
    def _geometry(self) -> Geometry:
        return Geometry(self.kernel, self.stride, self.padding, self.dilation)

    def _window(self, X: Array) -> Window:
        return window((X.shape[1], X.shape[2]), *self._geometry)

    def forward(self, p: Views, X: Array, context: Context) -> tuple[Array, Array]:
        b = p.b if self.bias else None
        return kernel.conv2d_forward(X, p.W, b, self._window(X), self.groups, self.algorithm), X

    def backward(self, p: Views, g: Views, dZ: Array, X: Array) -> Array:
        def input_gradient() -> Array:
            size = X.shape[1], X.shape[2]
            return kernel.conv2d_backward_input(dZ, p.W, self._window(X), size, self.groups, self.algorithm)

        if g.empty:  # frozen
            return input_gradient()
        return kernel.both_gradients(input_gradient, lambda: self.accumulate(p, g, dZ, X), dZ)

    def accumulate(self, p: Views, g: Views, dZ: Array, X: Array) -> None:
        g.W[...] += kernel.conv2d_backward_weights(X, dZ, self._window(X), self.groups, self.algorithm)
        if self.bias:
            g.b[...] += kernel.bias_gradient(dZ)
