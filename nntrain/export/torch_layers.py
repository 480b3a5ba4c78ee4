"""Layers as PyTorch's modules: how each is built, and its parameters."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nntrain.export import torch_images
from nntrain.export.placed import Placed, inexpressible
from nntrain.export.torch_names import FORM, Module, weight_and_bias
from nntrain.inference.from_torch import GATES
from nntrain.kernels.windows import pair
from nntrain.layers import activations as act
from nntrain.layers import branches, containers, convolution, dense, normalization, pooling, recurrent, shaping
from nntrain.layers.conv1d import Conv1d
from nntrain.layers.dropout import Dropout
from nntrain.layers.embedding import Embedding
from nntrain.layers.gaussian_units import GELU
from nntrain.layers.latent import SampleLatent
from nntrain.layers.patches import ClassToken, Patches
from nntrain.layers.position import Position, sinusoidal_positions
from nntrain.layers.residual import Residual
from nntrain.layers.self_attention import Attention
from nntrain.layers.steps import First, Last
from nntrain.layers.tied import Tied
from nntrain.layers.transposed import ConvTranspose2d
from nntrain.model.layer import Layer
from nntrain.model.shapes import Array, feature_axis


def _plain(text: str) -> Callable[[Placed], Module]:
    return lambda placed: Module(text)


def _linear(placed: Placed) -> Module:
    n_y, n_x = placed.arrays["W"].shape
    return Module(f"nn.Linear({n_x}, {n_y}, bias={'b' in placed.arrays})", weight_and_bias(placed))


def _bias(placed: Placed) -> Module:
    b = placed.arrays["b"].reshape(-1)
    return Module(f"Bias({len(b)})", {"bias": b})


def _tied(placed: Placed) -> Module:
    layer = placed.layer
    assert isinstance(layer, Tied)
    return Module(f"Tied({layer.to!r})")


def _embedding(placed: Placed) -> Module:
    W = placed.arrays["W"].T
    return Module(f"nn.Embedding({W.shape[0]}, {W.shape[1]})", {"weight": W})


def _softmax(placed: Placed) -> Module:
    return Module(f"nn.Softmax(dim={1 + feature_axis(placed.shape)})")


def _gelu(placed: Placed) -> Module:
    assert isinstance(placed.layer, GELU)
    return Module(f"nn.GELU(approximate={placed.layer.approximate!r})")


def _position(placed: Placed) -> Module:
    T, n = placed.shape
    if "P" in placed.saved:
        return Module(f"Position({T}, {n})", {"P": placed.arrays["P"]})
    return Module(f"Position({T}, {n})", {"P": sinusoidal_positions(n, 0, T, np.dtype(np.float64))})


def _patches(placed: Placed) -> Module:
    layer, (C, _, _) = placed.layer, placed.shape
    assert isinstance(layer, Patches)
    size = pair(layer.size)
    W = placed.arrays["W"].reshape(layer.units, C, *size)
    state = {"weight": W, **({"bias": placed.arrays["b"].reshape(-1)} if layer.bias else {})}
    return Module(f"Patches({C}, {layer.units}, {size}, {size}, bias={layer.bias})", state)


def _class_token(placed: Placed) -> Module:
    return Module(f"ClassToken({placed.shape[1]})", {"c": placed.arrays["c"].reshape(-1)})


def _norm_state(placed: Placed) -> dict[str, Array]:
    names = {"gamma": "weight", "beta": "bias", "mean": "running_mean", "variance": "running_var"}
    return {names[own]: array.reshape(-1) for own, array in placed.arrays.items()}


def _batch_norm(placed: Placed) -> Module:
    layer = placed.layer
    assert isinstance(layer, normalization.BatchNorm)
    name = ("nn.BatchNorm1d", "StepsBatchNorm", "nn.BatchNorm2d")[len(placed.shape) - 1]
    n = placed.shape[feature_axis(placed.shape)]
    state = {**_norm_state(placed), "num_batches_tracked": np.array(0, np.int64)}
    return Module(f"{name}({n}, eps={layer.epsilon!r}, momentum={1 - layer.momentum!r})", state)


def _layer_norm(placed: Placed) -> Module:
    layer = placed.layer
    assert isinstance(layer, normalization.LayerNorm)
    n, images = placed.shape[feature_axis(placed.shape)], len(placed.shape) == 3
    if images and not layer.bias:
        raise inexpressible(placed, FORM, "GroupNorm has a bias where it has weights")
    built = f"nn.GroupNorm(1, {n}, eps={layer.epsilon!r})" if images else ""
    return Module(built or f"nn.LayerNorm({n}, eps={layer.epsilon!r}, bias={layer.bias})", _norm_state(placed))


def _rms_norm(placed: Placed) -> Module:
    layer = placed.layer
    assert isinstance(layer, normalization.RMSNorm)
    if len(placed.shape) == 3:
        raise inexpressible(placed, FORM, "RMSNorm is of vectors and sequences")
    return Module(f"nn.RMSNorm({placed.shape[-1]}, eps={layer.epsilon!r})", _norm_state(placed))


def _recurrent(name: str) -> Callable[[Placed], Module]:
    order = GATES[name.lower()]

    def write(placed: Placed) -> Module:
        layer = placed.layer
        assert isinstance(layer, recurrent.Recurrent)
        state: dict[str, Array] = {}
        for direction, suffix in (("forward.", "_l0"), ("backward.", "_l0_reverse")):
            own = direction if layer.bidirectional else ""
            if direction == "backward." and not layer.bidirectional:
                continue
            W, U, b = (_gates(placed.arrays[own + key], order) for key in ("W", "U", "b"))
            b_u = _gates(placed.arrays[own + "b_u"], order) if own + "b_u" in placed.arrays else np.zeros_like(b)
            state |= {f"weight_ih{suffix}": W, f"weight_hh{suffix}": U}
            state |= {f"bias_ih{suffix}": b.reshape(-1), f"bias_hh{suffix}": b_u.reshape(-1)}
        last = layer.output == "last"
        said = f"{placed.shape[1]}, {layer.units}, last={last}, bidirectional={layer.bidirectional}"
        return Module(f"{name}({said})", state)

    return write


def _gates(array: Array, order: tuple[int, ...]) -> Array:
    rows = np.split(array, len(order))
    return np.concatenate([rows[gate] for gate in order])


def _attention(placed: Placed) -> Module:
    layer, arrays = placed.layer, placed.arrays
    assert isinstance(layer, Attention)
    n = placed.shape[1]
    if layer.positions != "none" or layer.units not in (None, n):
        raise inexpressible(placed, FORM, "MultiheadAttention has no rotary positions, and as many units as features")
    state = {"in_proj_weight": np.concatenate([arrays[f"W_{part}"] for part in "qkv"])}
    if layer.bias:
        state["in_proj_bias"] = np.concatenate([arrays[f"b_{part}"].reshape(-1) for part in "qkv"])
        state["out_proj.bias"] = arrays["b_o"].reshape(-1)
    state["out_proj.weight"] = arrays["W_o"]
    return Module(
        f"Attention({n}, {layer.heads}, dropout={layer.dropout!r}, bias={layer.bias}, causal={layer.causal})", state
    )


def _reshape(placed: Placed) -> Module:
    return Module(f"nn.Unflatten(1, {placed.output})" if len(placed.shape) == 1 else f"Reshape({placed.output})")


def _dropout(placed: Placed) -> Module:
    assert isinstance(placed.layer, Dropout)
    return Module(f"nn.Dropout({placed.layer.rate!r})")


def _leaky_relu(placed: Placed) -> Module:
    assert isinstance(placed.layer, act.LeakyReLU)
    return Module(f"nn.LeakyReLU({placed.layer.slope!r})")


def _elu(placed: Placed) -> Module:
    assert isinstance(placed.layer, act.ELU)
    return Module(f"nn.ELU({placed.layer.alpha!r})")


def _join(name: str) -> Callable[[Placed], Module]:
    return lambda placed: Module(f"{name}({1 + feature_axis(placed.output)}, " + "{})")


# Containers say in {} where the modules inside them stand.
LAYERS: dict[type[Layer], Callable[[Placed], Module]] = {
    containers.Sequential: _plain("Chain({})"),
    containers.Repeat: _plain("Chain({})"),
    Residual: _plain("Residual({})"),
    branches.Concatenate: _join("Concatenate"),
    branches.Product: _join("Product"),
    dense.Dense: _linear,
    dense.Linear: _linear,
    dense.Bias: _bias,
    Tied: _tied,
    Embedding: _embedding,
    act.Identity: _plain("nn.Identity()"),
    act.Sigmoid: _plain("nn.Sigmoid()"),
    act.Tanh: _plain("nn.Tanh()"),
    act.ReLU: _plain("nn.ReLU()"),
    act.LeakyReLU: _leaky_relu,
    act.ELU: _elu,
    GELU: _gelu,
    act.SiLU: _plain("nn.SiLU()"),
    act.Softplus: _plain("nn.Softplus()"),
    act.Softmax: _softmax,
    Dropout: _dropout,
    convolution.Conv2d: torch_images.conv2d,
    Conv1d: torch_images.conv1d,
    ConvTranspose2d: torch_images.conv_transpose2d,
    pooling.MaxPool2d: torch_images.pool("MaxPool2d"),
    pooling.AvgPool2d: torch_images.pool("AvgPool2d"),
    pooling.GlobalAvgPool: _plain("GlobalAvgPool()"),
    pooling.MeanOverTime: _plain("GlobalAvgPool()"),
    pooling.GlobalMaxPool: _plain("GlobalMaxPool()"),
    pooling.Upsample2d: torch_images.upsample,
    pooling.Pad2d: torch_images.pad,
    normalization.BatchNorm: _batch_norm,
    normalization.LayerNorm: _layer_norm,
    normalization.RMSNorm: _rms_norm,
    recurrent.RNN: _recurrent("RNN"),
    recurrent.GRU: _recurrent("GRU"),
    recurrent.LSTM: _recurrent("LSTM"),
    Attention: _attention,
    SampleLatent: _plain("Mean()"),
    shaping.Flatten: _plain("nn.Flatten()"),
    shaping.Reshape: _reshape,
    Last: _plain("Last()"),
    First: _plain("First()"),
    Position: _position,
    Patches: _patches,
    ClassToken: _class_token,
}
