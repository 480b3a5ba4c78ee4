"""Layers for images, and conv1d, as PyTorch's modules."""

from __future__ import annotations

from collections.abc import Callable

from nntrain.export.placed import Placed
from nntrain.export.torch_names import Module, weight_and_bias
from nntrain.kernels.windows import Window, pair, window
from nntrain.layers import convolution, pooling
from nntrain.layers.conv1d import Conv1d
from nntrain.layers.transposed import ConvTranspose2d


def conv2d(placed: Placed) -> Module:
    """nn.Conv2d, or PaddedConv2d where the padding of two sides differs."""
    layer = placed.layer
    assert isinstance(layer, convolution.Conv2d)
    slid = window((placed.shape[1], placed.shape[2]), layer.kernel, layer.stride, layer.padding, layer.dilation)
    (top, bottom), (left, right) = slid.padding
    even = top == bottom and left == right
    said = f"{placed.shape[0]}, {layer.filters}, {slid.kernel}, {slid.stride}"
    said += f", {(top, left) if even else 0}, {slid.dilation}, {layer.groups}, {layer.bias}"
    pads = (left, right, top, bottom)
    return Module(f"nn.Conv2d({said})" if even else f"PaddedConv2d({pads}, {said})", weight_and_bias(placed))


def conv1d(placed: Placed) -> Module:
    """StepsConv1d: a convolution over the steps of a sequence."""
    layer = placed.layer
    assert isinstance(layer, Conv1d)
    padding = (0, layer.padding) if isinstance(layer.padding, int) else layer.padding
    slid = window((1, placed.shape[0]), (1, layer.kernel), (1, layer.stride), padding, (1, layer.dilation))
    said = f"{placed.shape[1]}, {layer.filters}, {layer.kernel}, {layer.stride}, 0, {layer.dilation}, {layer.groups}"
    return Module(f"StepsConv1d({slid.padding[1]}, {said}, {layer.bias})", weight_and_bias(placed))


def conv_transpose2d(placed: Placed) -> Module:
    """nn.ConvTranspose2d, or CutConvTranspose2d for padding `same`."""
    layer = placed.layer
    assert isinstance(layer, ConvTranspose2d)
    slid, size = layer.window((placed.shape[1], placed.shape[2]))
    said = f"{placed.shape[0]}, {layer.filters}, {slid.kernel}, {slid.stride}"
    rest = f"groups={layer.groups}, bias={layer.bias}, dilation={slid.dilation}"
    (top, _), (left, _) = slid.padding
    if layer.padding != "same":
        return Module(f"nn.ConvTranspose2d({said}, {(top, left)}, {rest})", weight_and_bias(placed))
    return Module(f"CutConvTranspose2d({(top, left)}, {size}, {said}, {rest})", weight_and_bias(placed))


def pool(name: str) -> Callable[[Placed], Module]:
    """The writer of nn.MaxPool2d or nn.AvgPool2d, or of its Padded form where PyTorch's padding does not go so far."""

    def write(placed: Placed) -> Module:
        layer = placed.layer
        assert isinstance(layer, pooling.MaxPool2d | pooling.AvgPool2d)
        slid = pool_window(placed)
        (top, bottom), (left, right) = slid.padding
        if top == bottom and left == right and 2 * top <= slid.kernel[0] and 2 * left <= slid.kernel[1]:
            return Module(f"nn.{name}({slid.kernel}, {slid.stride}, {(top, left)})")
        return Module(f"Padded{name}({(left, right, top, bottom)}, {slid.kernel}, {slid.stride})")

    return write


def pool_window(placed: Placed) -> Window:
    """The window of a pooling layer over its input."""
    layer = placed.layer
    assert isinstance(layer, pooling.MaxPool2d | pooling.AvgPool2d)
    stride = layer.size if layer.stride is None else layer.stride
    return window((placed.shape[1], placed.shape[2]), layer.size, stride, layer.padding)


def upsample(placed: Placed) -> Module:
    """nn.Upsample: every pixel repeated."""
    layer = placed.layer
    assert isinstance(layer, pooling.Upsample2d)
    down, across = pair(layer.factor)
    return Module(f"nn.Upsample(scale_factor=({float(down)}, {float(across)}))")


def pad(placed: Placed) -> Module:
    """nn.ZeroPad2d."""
    layer = placed.layer
    assert isinstance(layer, pooling.Pad2d)
    top, bottom, left, right = layer.sides
    return Module(f"nn.ZeroPad2d({(left, right, top, bottom)})")
