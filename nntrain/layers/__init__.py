"""All layers."""

from typing import TYPE_CHECKING

from nntrain.lazy import lazy

if TYPE_CHECKING:
    from nntrain.model.layer import Context as Context
    from nntrain.model.layer import Layer as Layer
    from nntrain.model.layer import ShapeError as ShapeError
    from nntrain.model.layer import Source as Source
    from nntrain.model.shapes import Symbols as Symbols
    from nntrain.model.shapes import WithSource as WithSource

OFFERED = (
    "nntrain.model.layer:Context",
    "nntrain.model.layer:Layer",
    "nntrain.model.layer:ShapeError",
    "nntrain.model.layer:Source",
    "nntrain.model.shapes:Symbols",
    "nntrain.model.shapes:WithSource",
)
# name in configs -> where it is: the one line that a new component needs
COMPONENTS = {
    "layer": {
        "identity": "nntrain.layers.activations:Identity",
        "sigmoid": "nntrain.layers.activations:Sigmoid",
        "tanh": "nntrain.layers.activations:Tanh",
        "relu": "nntrain.layers.activations:ReLU",
        "leaky_relu": "nntrain.layers.activations:LeakyReLU",
        "elu": "nntrain.layers.activations:ELU",
        "gelu": "nntrain.layers.gaussian_units:GELU",
        "silu": "nntrain.layers.activations:SiLU",
        "softplus": "nntrain.layers.activations:Softplus",
        "softmax": "nntrain.layers.activations:Softmax",
        "batch_norm": "nntrain.layers.normalization:BatchNorm",
        "layer_norm": "nntrain.layers.normalization:LayerNorm",
        "rms_norm": "nntrain.layers.normalization:RMSNorm",
        "conv2d": "nntrain.layers.convolution:Conv2d",
        "conv1d": "nntrain.layers.conv1d:Conv1d",
        "conv_transpose2d": "nntrain.layers.transposed:ConvTranspose2d",
        "max_pool2d": "nntrain.layers.pooling:MaxPool2d",
        "avg_pool2d": "nntrain.layers.pooling:AvgPool2d",
        "global_avg_pool": "nntrain.layers.pooling:GlobalAvgPool",
        "global_max_pool": "nntrain.layers.pooling:GlobalMaxPool",
        "upsample2d": "nntrain.layers.pooling:Upsample2d",
        "pad2d": "nntrain.layers.pooling:Pad2d",
        "sequential": "nntrain.layers.containers:Sequential",
        "repeat": "nntrain.layers.containers:Repeat",
        "residual": "nntrain.layers.residual:Residual",
        "concatenate": "nntrain.layers.branches:Concatenate",
        "product": "nntrain.layers.branches:Product",
        "dense": "nntrain.layers.dense:Dense",
        "linear": "nntrain.layers.dense:Linear",
        "bias": "nntrain.layers.dense:Bias",
        "attention": "nntrain.layers.self_attention:Attention",
        "cross_attention": "nntrain.layers.cross_attention:CrossAttention",
        "dropout": "nntrain.layers.dropout:Dropout",
        "embedding": "nntrain.layers.embedding:Embedding",
        "tied": "nntrain.layers.tied:Tied",
        "sample_latent": "nntrain.layers.latent:SampleLatent",
        "rnn": "nntrain.layers.recurrent:RNN",
        "lstm": "nntrain.layers.recurrent:LSTM",
        "gru": "nntrain.layers.recurrent:GRU",
        "flatten": "nntrain.layers.shaping:Flatten",
        "reshape": "nntrain.layers.shaping:Reshape",
        "position": "nntrain.layers.position:Position",
        "patches": "nntrain.layers.patches:Patches",
        "class_token": "nntrain.layers.patches:ClassToken",
        "first": "nntrain.layers.steps:First",
        "last": "nntrain.layers.steps:Last",
        "mean_over_time": "nntrain.layers.pooling:MeanOverTime",
    },
}

if not TYPE_CHECKING:  # type checkers read a component from its own module
    __getattr__, __dir__, __all__ = lazy(__name__, COMPONENTS, OFFERED)
