"""Layers as ONNX operators: the table, and those that need no file of their own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nntrain.export import onnx_activations, onnx_attention, onnx_dense, onnx_images, onnx_recurrent
from nntrain.export.onnx_graph import FORM, Attribute, Graph, Write
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

Writer = Callable[[Placed], Write]


def write(graph: Graph, placed: Placed, x: str) -> str:
    """Add a layer; the name of its output.  `graph.lengths` are then those of the output.  Raises ConfigError."""
    around, graph.path = graph.path, placed.path
    y = written(LAYERS, placed, FORM)(graph, x)
    graph.path = around
    return y


def _op(name: str, **attributes: Attribute) -> Writer:
    return lambda placed: lambda graph, x: graph.node(name, x, **attributes)


def _unchanged(placed: Placed) -> Write:
    return lambda graph, x: x


def _chain(placed: Placed) -> Write:
    def add(graph: Graph, x: str) -> str:
        for one in placed.chain:
            x = write(graph, one, x)
        return x

    return add


def _beside(graph: Graph, x: str, parts: list[Placed]) -> list[str]:
    """Layers that see the same input; of the steps those count that count in each of them."""
    before, outputs, lengths = graph.lengths, [], set()
    for part in parts:
        graph.lengths = before
        outputs.append(write(graph, part, x))
        lengths.add(graph.lengths)
    padded = [one for one in lengths if one is not None]
    graph.lengths = padded[0] if len(padded) == 1 else graph.node("Min", *sorted(padded)) if padded else None
    return outputs


def _residual(placed: Placed) -> Write:
    def add(graph: Graph, x: str) -> str:
        before = graph.lengths
        F, S = x, x
        for one in placed.chain:
            F = write(graph, one, F)
        after = graph.lengths
        graph.lengths = before
        if placed.shortcut is not None:
            S = write(graph, placed.shortcut, x)
        if None not in (after, graph.lengths) and after != graph.lengths:
            graph.lengths = graph.node("Min", str(after), str(graph.lengths))
        graph.lengths = graph.lengths or after
        return graph.node("Add", F, S)

    return add


def _concatenate(placed: Placed) -> Write:
    def add(graph: Graph, x: str) -> str:
        return graph.node("Concat", *_beside(graph, x, [*placed.inner.values()]), axis=1 + feature_axis(placed.output))

    return add


def _product(placed: Placed) -> Write:
    def add(graph: Graph, x: str) -> str:
        parts = [*placed.inner.values()]
        factors = _beside(graph, x, parts)
        for i, part in enumerate(parts):
            if len(part.output) < len(placed.output):
                factors[i] = graph.unsqueeze(factors[i], *((2, 3) if len(placed.output) == 3 else (1,)))
        y = factors[0]
        for factor in factors[1:]:
            y = graph.node("Mul", y, factor)
        return y

    return add


def _along(graph: Graph, placed: Placed, name: str) -> str:
    """A number for each feature, shaped to meet the layer's input."""
    array = placed.arrays[name].reshape(-1)
    shaped = array[:, None, None] if len(placed.shape) == 3 else array
    return graph.constant(shaped, placed.saved[name])


def _batch_norm(placed: Placed) -> Write:
    layer = placed.layer
    assert isinstance(layer, normalization.BatchNorm)

    def add(graph: Graph, x: str) -> str:
        if len(placed.shape) != 2:
            names = [graph.parameter(placed, name) for name in ("gamma", "beta", "mean", "variance")]
            return graph.node("BatchNormalization", x, *names, epsilon=layer.epsilon)
        gamma, beta, mean, variance = (placed.arrays[n].reshape(-1) for n in ("gamma", "beta", "mean", "variance"))
        scale = gamma / np.sqrt(variance + layer.epsilon)
        scaled = graph.node("Mul", x, graph.constant(scale))
        return graph.node("Add", scaled, graph.constant(beta - scale * mean))

    return add


def _normalise(placed: Placed) -> Write:
    layer = placed.layer
    assert isinstance(layer, normalization.ExampleNorm)
    axes = (2,) if len(placed.shape) == 2 else tuple(range(1, 1 + len(placed.shape)))

    def add(graph: Graph, x: str) -> str:
        if layer.centred:
            x = graph.node("Sub", x, graph.node("ReduceMean", x, graph.ints(*axes)))
        square = graph.node("ReduceMean", graph.node("Mul", x, x), graph.ints(*axes))
        root = graph.node("Sqrt", graph.node("Add", square, graph.number(layer.epsilon)))
        z = graph.node("Mul", graph.node("Div", x, root), _along(graph, placed, "gamma"))
        return graph.node("Add", z, _along(graph, placed, "beta")) if layer.bias else z

    return add


def _latent(placed: Placed) -> Write:
    half = placed.output[0]
    return lambda graph, x: graph.node("Slice", x, graph.ints(0), graph.ints(half), graph.ints(1))


def _reshape(placed: Placed) -> Write:
    def add(graph: Graph, x: str) -> str:
        if len(placed.shape) == 2:
            x, graph.lengths = graph.zeroed(x), None
        return graph.reshape(x, 0, *placed.output)

    return add


def _last(placed: Placed) -> Write:
    def add(graph: Graph, x: str) -> str:
        if graph.lengths is None:
            return graph.node("Gather", x, graph.constant(np.asarray(-1)), axis=1)
        at = graph.node("Sub", graph.lengths, graph.ints(1))
        chosen = graph.node("Equal", graph.unsqueeze(graph.steps(x), 0, 2), graph.unsqueeze(at, 1, 2))
        graph.lengths = None
        there = graph.node("Where", chosen, x, graph.number(0))
        return graph.node("ReduceSum", there, graph.ints(1), keepdims=0)

    return add


def _first(placed: Placed) -> Write:
    def add(graph: Graph, x: str) -> str:
        graph.lengths = None
        return graph.node("Gather", x, graph.constant(np.asarray(0)), axis=1)

    return add


LAYERS: dict[type[Layer], Writer] = {
    containers.Sequential: _chain,
    containers.Repeat: _chain,
    Residual: _residual,
    branches.Concatenate: _concatenate,
    branches.Product: _product,
    dense.Dense: onnx_dense.dense,
    dense.Linear: onnx_dense.dense,
    dense.Bias: onnx_dense.bias,
    Tied: onnx_dense.tied,
    Embedding: onnx_dense.embedding,
    act.Identity: _unchanged,
    act.Sigmoid: _op("Sigmoid"),
    act.Tanh: _op("Tanh"),
    act.ReLU: _op("Relu"),
    act.LeakyReLU: onnx_activations.leaky_relu,
    act.ELU: onnx_activations.elu,
    GELU: onnx_activations.gelu,
    act.SiLU: onnx_activations.silu,
    act.Softplus: onnx_activations.softplus,
    act.Softmax: onnx_activations.softmax,
    Dropout: _unchanged,
    convolution.Conv2d: onnx_images.conv2d,
    Conv1d: onnx_images.conv1d,
    ConvTranspose2d: onnx_images.conv_transpose2d,
    pooling.MaxPool2d: onnx_images.max_pool2d,
    pooling.AvgPool2d: onnx_images.avg_pool2d,
    pooling.GlobalAvgPool: onnx_images.global_avg_pool,
    pooling.MeanOverTime: onnx_images.global_avg_pool,
    pooling.GlobalMaxPool: onnx_images.global_max_pool,
    pooling.Upsample2d: onnx_images.upsample2d,
    pooling.Pad2d: onnx_images.pad2d,
    normalization.BatchNorm: _batch_norm,
    normalization.LayerNorm: _normalise,
    normalization.RMSNorm: _normalise,
    recurrent.RNN: onnx_recurrent.rnn,
    recurrent.GRU: onnx_recurrent.gru,
    recurrent.LSTM: onnx_recurrent.lstm,
    Attention: onnx_attention.attention,
    SampleLatent: _latent,
    shaping.Flatten: _reshape,
    shaping.Reshape: _reshape,
    Last: _last,
    First: _first,
    Position: onnx_attention.position,
    Patches: onnx_attention.patches,
    ClassToken: onnx_attention.class_token,
}
