"""Layers as lines of NumPy: the expression of each, in the functions of numpy_functions."""

from __future__ import annotations

from nntrain.export import numpy_sequence_layers as seq
from nntrain.export.numpy_expressions import LENGTHS, Expression, Writer, array, call
from nntrain.export.placed import Placed
from nntrain.export.torch_images import pool_window
from nntrain.kernels.windows import pair, window
from nntrain.layers import activations as act
from nntrain.layers import convolution, dense, normalization, pooling, recurrent, shaping
from nntrain.layers.conv1d import Conv1d
from nntrain.layers.dropout import Dropout
from nntrain.layers.embedding import Embedding
from nntrain.layers.gaussian_units import GELU
from nntrain.layers.latent import SampleLatent
from nntrain.layers.patches import ClassToken, Patches
from nntrain.layers.position import Position
from nntrain.layers.self_attention import Attention
from nntrain.layers.steps import First, Last
from nntrain.layers.tied import Tied
from nntrain.layers.transposed import ConvTranspose2d
from nntrain.model.layer import Layer


def _unchanged(placed: Placed) -> Expression:
    return Expression("X", (), "in training alone" if isinstance(placed.layer, Dropout) else "")


def _dense(placed: Placed) -> Expression:
    b = ", " + array(placed, "b") if "b" in placed.saved else ""
    return Expression(f"dense({array(placed, 'W')}, X{b})", ("dense",), "Z = W X + b" if b else "Z = W X")


def _bias(placed: Placed) -> Expression:
    return Expression(f"bias(X, {array(placed, 'b')})", ("bias",), "Z = X + b")


def _tied(placed: Placed) -> Expression:
    return Expression(f"dense({array(placed, 'W')}.T, X)", ("dense",), "Z = Wᵀ X")


def _embedding(placed: Placed) -> Expression:
    return Expression(f"embedding({array(placed, 'W')}, X)", ("embedding",), "A_t = W e_x")


def _conv2d(placed: Placed) -> Expression:
    layer = placed.layer
    assert isinstance(layer, convolution.Conv2d)
    slid = window((placed.shape[1], placed.shape[2]), layer.kernel, layer.stride, layer.padding, layer.dilation)
    sizes = f"stride={slid.stride}, padding={slid.padding}, dilation={slid.dilation}, groups={layer.groups}"
    text = f"conv2d({array(placed, 'W')}, X, {array(placed, 'b')}, {sizes}, how={layer.algorithm!r})"
    return Expression(text, ("conv2d",), "Z = W ∗ X + b")


def _conv_transpose2d(placed: Placed) -> Expression:
    layer = placed.layer
    assert isinstance(layer, ConvTranspose2d)
    slid, size = layer.window((placed.shape[1], placed.shape[2]))
    sizes = f"size={size}, stride={slid.stride}, padding={slid.padding}, dilation={slid.dilation}"
    said = f"{sizes}, groups={layer.groups}, how={layer.algorithm!r}"
    text = f"conv_transpose2d({array(placed, 'W')}, X, {array(placed, 'b')}, {said})"
    return Expression(text, ("conv_transpose2d",), "Z = Wᵀ ∗ X + b")


def _pool(name: str, equation: str) -> Writer:
    def write(placed: Placed) -> Expression:
        slid = pool_window(placed)
        text = f"{name}(X, size={slid.kernel}, stride={slid.stride}, padding={slid.padding})"
        return Expression(text, (name,), equation)

    return write


def _upsample(placed: Placed) -> Expression:
    assert isinstance(placed.layer, pooling.Upsample2d)
    down, across = pair(placed.layer.factor)
    return Expression(f"upsample2d(X, {down}, {across})", ("upsample2d",), "")


def _pad(placed: Placed) -> Expression:
    assert isinstance(placed.layer, pooling.Pad2d)
    return Expression(f"pad2d(X, {', '.join(map(str, placed.layer.sides))})", ("pad2d",), "")


def _batch_norm(placed: Placed) -> Expression:
    assert isinstance(placed.layer, normalization.BatchNorm)
    arrays = ", ".join(array(placed, name) for name in ("gamma", "beta", "mean", "variance"))
    text = f"batch_norm(X, {arrays}, {placed.layer.epsilon!r})"
    return Expression(text, ("batch_norm",), "Z = gamma (X − μ) / √(σ² + ε) + beta")


def _normalise(placed: Placed) -> Expression:
    layer = placed.layer
    assert isinstance(layer, normalization.ExampleNorm)
    said = f"{array(placed, 'gamma')}, {array(placed, 'beta')}, {layer.epsilon!r}, {layer.centred}"
    equation = "Z = gamma (X − μ) / √(σ² + ε)" if layer.centred else "Z = gamma X / √(mean(X²) + ε)"
    return Expression(f"normalise(X, {said})", ("normalise",), equation + (" + beta" if layer.bias else ""))


def _latent(placed: Placed) -> Expression:
    return Expression("X[: len(X) // 2]", (), "Z = μ")


def _reshape(placed: Placed) -> Expression:
    lengths = LENGTHS if len(placed.shape) == 2 else ""
    return Expression(f"reshape(X, {placed.output}{lengths})", ("reshape",), "")


def _gelu(placed: Placed) -> Expression:
    assert isinstance(placed.layer, GELU)
    exact = placed.layer.approximate == "none"
    return Expression(f"gelu(X, exact={exact})", ("gelu",), "A = Z Φ(Z)" + ("" if exact else ", by tanh"))


def _patches(placed: Placed) -> Expression:
    assert isinstance(placed.layer, Patches)
    text = f"patches({array(placed, 'W')}, X, {array(placed, 'b')}, size={pair(placed.layer.size)})"
    return Expression(text, ("patches",), "Z_t = W x_t + b")


def _leaky_relu(placed: Placed) -> Expression:
    assert isinstance(placed.layer, act.LeakyReLU)
    return Expression(f"leaky_relu(X, {placed.layer.slope!r})", ("leaky_relu",), "A = max(Z, slope Z)")


def _elu(placed: Placed) -> Expression:
    assert isinstance(placed.layer, act.ELU)
    return Expression(f"elu(X, {placed.layer.alpha!r})", ("elu",), "A = Z, or alpha (eᶻ − 1)")


LAYERS: dict[type[Layer], Writer] = {
    dense.Dense: _dense,
    dense.Linear: _dense,
    dense.Bias: _bias,
    Tied: _tied,
    Embedding: _embedding,
    act.Identity: _unchanged,
    act.Sigmoid: call("sigmoid", equation="A = σ(Z)"),
    act.Tanh: call("tanh", equation="A = tanh Z"),
    act.ReLU: call("relu", equation="A = max(0, Z)"),
    act.LeakyReLU: _leaky_relu,
    act.ELU: _elu,
    GELU: _gelu,
    act.SiLU: call("silu", equation="A = Z σ(Z)"),
    act.Softplus: call("softplus", equation="A = ln(1 + eᶻ)"),
    act.Softmax: call("softmax", equation="A = eᶻ / Σ eᶻ"),
    Dropout: _unchanged,
    convolution.Conv2d: _conv2d,
    Conv1d: seq.conv1d,
    ConvTranspose2d: _conv_transpose2d,
    pooling.MaxPool2d: _pool("max_pool2d", "the maximum of each window"),
    pooling.AvgPool2d: _pool("avg_pool2d", "the mean of each window"),
    pooling.GlobalAvgPool: seq.over_all("global_avg_pool", "mean_over_time"),
    pooling.MeanOverTime: seq.over_all("global_avg_pool", "mean_over_time"),
    pooling.GlobalMaxPool: seq.over_all("global_max_pool", "max_over_time"),
    pooling.Upsample2d: _upsample,
    pooling.Pad2d: _pad,
    normalization.BatchNorm: _batch_norm,
    normalization.LayerNorm: _normalise,
    normalization.RMSNorm: _normalise,
    recurrent.RNN: seq.recurrent("rnn", "a_t = tanh(W x_t + U a_{t-1} + b)"),
    recurrent.GRU: seq.recurrent("gru", "a_t = (1 − Γ_u) c̃ + Γ_u a_{t-1}"),
    recurrent.LSTM: seq.recurrent("lstm", "c_t = Γ_u c̃ + Γ_f c_{t-1},  a_t = Γ_o tanh(c_t)"),
    Attention: seq.attention,
    SampleLatent: _latent,
    shaping.Flatten: _reshape,
    shaping.Reshape: _reshape,
    Last: call("last_step", f"X{LENGTHS}", equation="y = x_T"),
    First: call("first_step", equation="y = x_1"),
    Position: seq.position,
    Patches: _patches,
    ClassToken: seq.class_token,
}
