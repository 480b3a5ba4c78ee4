"""Layers that look across steps as lines of NumPy, in the functions of numpy_sequences."""

from __future__ import annotations

from nntrain.export.numpy_expressions import FORM, LENGTHS, Expression, Writer, array
from nntrain.export.placed import Placed, inexpressible
from nntrain.kernels.windows import window
from nntrain.layers.conv1d import Conv1d
from nntrain.layers.patches import ClassToken
from nntrain.layers.recurrent import Recurrent
from nntrain.layers.self_attention import Attention


def conv1d(placed: Placed) -> Expression:
    """A convolution along the steps."""
    layer = placed.layer
    assert isinstance(layer, Conv1d)
    padding = (0, layer.padding) if isinstance(layer.padding, int) else layer.padding
    slid = window((1, placed.shape[0]), (1, layer.kernel), (1, layer.stride), padding, (1, layer.dilation))
    sizes = f"stride={layer.stride}, padding={slid.padding[1]}, dilation={layer.dilation}, groups={layer.groups}"
    same = ", same=True" if layer.padding == "same" else ""
    text = f"conv1d({array(placed, 'W')}, X, {array(placed, 'b')}, {sizes}{same}{LENGTHS})"
    return Expression(text, ("conv1d",), "Z = W ∗ X + b")


def lengths_behind(placed: Placed, lengths: str) -> Expression:
    """The steps that count behind a layer where they are others than before it."""
    layer = placed.layer
    if isinstance(layer, ClassToken):
        return Expression(f"{lengths} + 1", (), "")
    if not isinstance(layer, Conv1d):
        raise inexpressible(placed, FORM, "it changes how many steps count")
    padding = layer.padding if isinstance(layer.padding, int) else 0
    sizes = f"{layer.kernel}, {layer.stride}, {padding}, {layer.dilation}, {layer.padding == 'same'}"
    return Expression(f"conv1d_lengths({lengths}, {sizes})", ("conv1d_lengths",), "")


def recurrent(cell: str, equation: str) -> Writer:
    """A cell step by step, in one direction or both."""
    function = f"recurrent_{cell}"

    def write(placed: Placed) -> Expression:
        layer = placed.layer
        assert isinstance(layer, Recurrent)

        def direction(within: str, more: str = "") -> str:
            arrays = ", ".join(array(placed, name) for name in placed.saved if name.startswith(within))
            return f"{function}(X, {arrays}, last={layer.output == 'last'}{more}{LENGTHS})"

        if not layer.bidirectional:
            return Expression(direction(""), (function,), equation)
        text = f"both({direction('forward.')}, {direction('backward.', ', reverse=True')})"
        return Expression(text, (function, "both"), equation)

    return write


def attention(placed: Placed) -> Expression:
    """Self-attention."""
    layer = placed.layer
    assert isinstance(layer, Attention)
    W, b = (f"np.concatenate([{', '.join(array(placed, f'{one}_{part}') for part in 'qkv')}])" for one in "Wb")
    arrays = f"{W}, {b if layer.bias else None}, {array(placed, 'W_o')}, {array(placed, 'b_o')}"
    said = f"heads={layer.heads}, causal={layer.causal}, rope={layer.positions == 'rope'}{LENGTHS}"
    return Expression(f"self_attention(X, {arrays}, {said})", ("self_attention",), "V softmax(Kᵀ Q / √d)")


def over_all(pixels: str, steps: str) -> Writer:
    """A function of images, and one of sequences."""

    def write(placed: Placed) -> Expression:
        image = len(placed.shape) == 3
        return Expression(f"{pixels}(X)" if image else f"{steps}(X{LENGTHS})", (pixels if image else steps,), "")

    return write


def position(placed: Placed) -> Expression:
    """Positions that are learned, or sines and cosines."""
    if "P" not in placed.saved:
        return Expression("sinusoidal(X)", ("sinusoidal",), "Y_t = x_t + P_t, sines and cosines")
    return Expression(f"position(X, {array(placed, 'P')})", ("position",), "Y_t = x_t + P_t")


def class_token(placed: Placed) -> Expression:
    """A learned vector before the first step."""
    return Expression(f"class_token(X, {array(placed, 'c')})", ("class_token",), "y_0 = c, y_t = x_{t−1}")
