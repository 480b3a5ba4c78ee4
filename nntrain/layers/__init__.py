"""All layers; importing this package registers them."""

from nntrain.layers.activations import (
    ELU,
    GELU,
    Identity,
    LeakyReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from nntrain.layers.base import Context, Layer, ShapeError
from nntrain.layers.containers import Concatenate, Repeat, Residual, Sequential
from nntrain.layers.dense import Bias, Dense, Linear
from nntrain.layers.dropout import Dropout
from nntrain.layers.normalization import BatchNorm, LayerNorm
from nntrain.layers.shaping import Flatten, Reshape

__all__ = [
    "ELU",
    "GELU",
    "BatchNorm",
    "Bias",
    "Concatenate",
    "Context",
    "Dense",
    "Dropout",
    "Flatten",
    "Identity",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "ReLU",
    "Repeat",
    "Reshape",
    "Residual",
    "Sequential",
    "ShapeError",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Tanh",
]
