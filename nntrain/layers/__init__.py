"""All layers; importing this package registers them."""

from nntrain.layers.activations import ReLU
from nntrain.layers.base import Context, Layer, ShapeError
from nntrain.layers.containers import Sequential
from nntrain.layers.dense import Bias, Dense, Linear
from nntrain.layers.shaping import Flatten, Reshape

__all__ = ["Bias", "Context", "Dense", "Flatten", "Layer", "Linear", "ReLU", "Reshape", "Sequential", "ShapeError"]
