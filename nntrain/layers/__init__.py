"""All layers."""

from typing import TYPE_CHECKING

from nntrain.components import lazy
from nntrain.model.layer import Context, Layer, ShapeError
from nntrain.model.shapes import Symbols

if TYPE_CHECKING:
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
    from nntrain.layers.branches import Concatenate
    from nntrain.layers.containers import Repeat, Residual, Sequential
    from nntrain.layers.conv1d import Conv1d
    from nntrain.layers.convolution import Conv2d
    from nntrain.layers.dense import Bias, Dense, Linear
    from nntrain.layers.dropout import Dropout
    from nntrain.layers.embedding import Embedding
    from nntrain.layers.latent import SampleLatent
    from nntrain.layers.normalization import BatchNorm, LayerNorm
    from nntrain.layers.pooling import AvgPool2d, GlobalAvgPool, GlobalMaxPool, MaxPool2d, Pad2d, Upsample2d
    from nntrain.layers.recurrent import GRU, LSTM, RNN
    from nntrain.layers.shaping import Flatten, Reshape
    from nntrain.layers.steps import Last, MeanOverTime
    from nntrain.layers.transposed import ConvTranspose2d

__all__ = [
    "ELU",
    "GELU",
    "GRU",
    "LSTM",
    "RNN",
    "AvgPool2d",
    "BatchNorm",
    "Bias",
    "Concatenate",
    "Context",
    "Conv1d",
    "Conv2d",
    "ConvTranspose2d",
    "Dense",
    "Dropout",
    "Embedding",
    "Flatten",
    "GlobalAvgPool",
    "GlobalMaxPool",
    "Identity",
    "Last",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "MaxPool2d",
    "MeanOverTime",
    "Pad2d",
    "ReLU",
    "Repeat",
    "Reshape",
    "Residual",
    "SampleLatent",
    "Sequential",
    "ShapeError",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Symbols",
    "Tanh",
    "Upsample2d",
]

__getattr__ = lazy(
    __name__,
    __all__,
    (
        "activations",
        "branches",
        "containers",
        "conv1d",
        "convolution",
        "dense",
        "dropout",
        "embedding",
        "latent",
        "normalization",
        "pooling",
        "recurrent",
        "shaping",
        "steps",
        "transposed",
    ),
)
