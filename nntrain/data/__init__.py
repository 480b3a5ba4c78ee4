"""Datasets, one source a file, and the loader."""

from nntrain.data.digits import Digits
from nntrain.data.generators import Blobs, Circles, Moons, Sine, Spirals, Xor

__all__ = ["Blobs", "Circles", "Digits", "Moons", "Sine", "Spirals", "Xor"]
