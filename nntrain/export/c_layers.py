"""Layers as calls of C functions: the table."""

from __future__ import annotations

from math import prod

import numpy as np

from nntrain.export import c_attention, c_dense, c_images, c_recurrent
from nntrain.export.c_body import Body, Value
from nntrain.export.c_calls import Write, Writer, bias_of, made
from nntrain.export.placed import Placed, written
from nntrain.layers import activations as act
from nntrain.layers import branches, containers, convolution, dense, normalization, pooling, recurrent, shaping
from nntrain.layers.conv1d import Conv1d
from nntrain.layers.dropout import Dropout
from nntrain.layers.embedding import Embedding
from nntrain.layers.gaussian_units import GELU
from nntrain.layers.latent import SampleLatent
from nntrain.layers.patches import ClassToken, Patches
from nntrain.layers.position import Position
from nntrain.layers.residual import Residual
from nntrain.layers.self_attention import Attention
from nntrain.layers.steps import First, Last
from nntrain.layers.tied import Tied
from nntrain.layers.transposed import ConvTranspose2d
from nntrain.model.layer import Layer
from nntrain.model.shapes import feature_axis

FORM = "C"


def write(body: Body, placed: Placed, x: Value) -> Value:
    """Add a layer, which reads x once; its output.  Raises ConfigError."""
    return written(LAYERS, placed, FORM)(body, x)


def _unchanged(placed: Placed) -> Write:
    return lambda body, x: x


def _reshaped(placed: Placed) -> Write:
    """The same numbers; of a sequence the steps that do not count are 0."""

    def add(body: Body, x: Value) -> Value:
        if body.steps is None:
            return x
        count, body.steps = body.count(placed.shape), None
        return made(placed, "filled", "x", "z", count, prod(placed.shape))(body, x)

    return add


def _element(name: str, formula: str) -> Writer:
    """An activation by its formula of x[i]."""

    def writer(placed: Placed) -> Write:
        def add(body: Body, x: Value) -> Value:
            body.formulas[name] = formula
            return made(placed, name, "x", "z", body.count(placed.shape))(body, x)

        return add

    return writer


def _leaky_relu(placed: Placed) -> Write:
    assert isinstance(placed.layer, act.LeakyReLU)
    slope = placed.layer.slope
    name = "leaky_relu_" + repr(slope).translate(str.maketrans(".-+", "___"))
    return _element(name, f"x[i] > 0 ? x[i] : (real){slope!r} * x[i]")(placed)


def _elu(placed: Placed) -> Write:
    assert isinstance(placed.layer, act.ELU)
    alpha = placed.layer.alpha
    name = "elu_" + repr(alpha).translate(str.maketrans(".-+", "___"))
    return _element(name, f"x[i] > 0 ? x[i] : (real){alpha!r} * EXPM1(x[i])")(placed)


def _gelu(placed: Placed) -> Write:
    assert isinstance(placed.layer, GELU)
    if placed.layer.approximate == "none":
        return _element("gelu", "(real)0.5 * x[i] * (1 + ERF(x[i] * (real)0.70710678118654752))")(placed)
    u = "(real)0.79788456080286536 * (x[i] + (real)0.044715 * x[i] * x[i] * x[i])"
    return _element("gelu_tanh", f"(real)0.5 * x[i] * (1 + TANH({u}))")(placed)


def _softmax(placed: Placed) -> Write:
    return lambda body, x: made(placed, "softmax", "x", "z", *body.around(placed.shape))(body, x)


def _chain(placed: Placed) -> Write:
    def add(body: Body, x: Value) -> Value:
        for one in placed.chain:
            x = write(body, one, x)
        return x

    return add


def _residual(placed: Placed) -> Write:
    def add(body: Body, x: Value) -> Value:
        body.hold(x)
        F, steps = x, body.steps
        for one in placed.chain:
            F = write(body, one, F)
        after, body.steps = body.steps, steps
        S = x if placed.shortcut is None else write(body, placed.shortcut, x)
        body.meet((body.steps, after))
        z = body.new(*placed.output)
        body.call("add", F.pointer, S.pointer, z.pointer, body.count(placed.output))
        body.release(F)
        body.release(S)
        return z

    return add


def _concatenate(placed: Placed) -> Write:
    def add(body: Body, x: Value) -> Value:
        z, at = body.new(*placed.output), 0
        axis, steps, after = feature_axis(placed.output), body.steps, []
        for part in placed.inner.values():
            body.hold(x)
            body.steps = steps
            y = write(body, part, x)
            outer, width = body.around(placed.output)[0] if axis else 1, prod(part.output[axis:])
            body.call("place", y.pointer, z.pointer, outer, width, prod(placed.output[axis:]), at)
            body.release(y)
            after.append(body.steps)
            at += width
        body.meet(after)
        body.release(x)
        return z

    return add


def _product(placed: Placed) -> Write:
    def add(body: Body, x: Value) -> Value:
        z, steps, after = body.new(*placed.output), body.steps, []
        body.formulas["ones"] = "x == z ? 1 : 1"
        body.call("ones", z.pointer, z.pointer, prod(placed.output))
        for part in placed.inner.values():
            body.hold(x)
            body.steps = steps
            y = write(body, part, x)
            is_vector = len(part.output) < len(placed.output)
            body.call("multiply", y.pointer, z.pointer, *body.around(placed.output), int(is_vector))
            body.release(y)
            after.append(body.steps)
        body.meet(after)
        body.release(x)
        return z

    return add


def _batch_norm(placed: Placed) -> Write:
    layer = placed.layer
    assert isinstance(layer, normalization.BatchNorm)
    gamma, beta, mean, variance = (placed.arrays[name] for name in ("gamma", "beta", "mean", "variance"))
    scale = gamma / np.sqrt(variance + layer.epsilon)

    def add(body: Body, x: Value) -> Value:
        names = (
            body.constant(f"{placed.path}.scale", scale),
            body.constant(f"{placed.path}.shift", beta - scale * mean),
        )
        return made(placed, "scale_shift", *names, "x", "z", *body.around(placed.shape))(body, x)

    return add


def _normalise(placed: Placed) -> Write:
    layer = placed.layer
    assert isinstance(layer, normalization.ExampleNorm)
    epsilon, centred = f"(real){layer.epsilon!r}", int(layer.centred)

    def add(body: Body, x: Value) -> Value:
        names = bias_of(body, placed, "gamma"), bias_of(body, placed, "beta")
        return made(placed, "normalise", *names, epsilon, centred, "x", "z", *body.around(placed.shape))(body, x)

    return add


def _step(which: int) -> Writer:
    def writer(placed: Placed) -> Write:
        def add(body: Body, x: Value) -> Value:
            T = body.steps or placed.shape[0]
            body.steps = None
            return Value(f"{x.pointer} + ({T} - 1) * {placed.shape[1]}" if which else x.pointer, x.block)

        return add

    return writer


LAYERS: dict[type[Layer], Writer] = {
    containers.Sequential: _chain,
    containers.Repeat: _chain,
    Residual: _residual,
    branches.Concatenate: _concatenate,
    branches.Product: _product,
    dense.Dense: c_dense.dense,
    dense.Linear: c_dense.dense,
    dense.Bias: c_dense.bias,
    Tied: c_dense.tied,
    Embedding: c_dense.embedding,
    act.Identity: _unchanged,
    act.Sigmoid: _element("sigmoid", "1 / (1 + EXP(-x[i]))"),
    act.Tanh: _element("tanh_of", "TANH(x[i])"),
    act.ReLU: _element("relu", "x[i] > 0 ? x[i] : 0"),
    act.LeakyReLU: _leaky_relu,
    act.ELU: _elu,
    GELU: _gelu,
    act.SiLU: _element("silu", "x[i] / (1 + EXP(-x[i]))"),
    act.Softplus: _element("softplus", "(x[i] > 0 ? x[i] : 0) + LOG1P(EXP(x[i] > 0 ? -x[i] : x[i]))"),
    act.Softmax: _softmax,
    Dropout: _unchanged,
    convolution.Conv2d: c_images.conv2d,
    Conv1d: c_images.conv1d,
    ConvTranspose2d: c_images.conv_transpose2d,
    pooling.MaxPool2d: c_images.pool(0),
    pooling.AvgPool2d: c_images.pool(1),
    pooling.GlobalAvgPool: c_images.over_all(1),
    pooling.MeanOverTime: c_images.over_all(1),
    pooling.GlobalMaxPool: c_images.over_all(0),
    pooling.Upsample2d: c_images.upsample,
    pooling.Pad2d: c_images.pad,
    normalization.BatchNorm: _batch_norm,
    normalization.LayerNorm: _normalise,
    normalization.RMSNorm: _normalise,
    recurrent.RNN: c_recurrent.cell_of("rnn", 2),
    recurrent.GRU: c_recurrent.cell_of("gru", 7),
    recurrent.LSTM: c_recurrent.cell_of("lstm", 6),
    Attention: c_attention.attention,
    Position: c_attention.position,
    Patches: c_attention.patches,
    ClassToken: c_attention.class_token,
    SampleLatent: _unchanged,
    shaping.Flatten: _reshaped,
    shaping.Reshape: _reshaped,
    Last: _step(1),
    First: _step(0),
}
