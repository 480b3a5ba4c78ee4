"""Datasets, one source a file, and the loader."""

from nntrain.data.cifar import CIFAR10
from nntrain.data.csv import Csv
from nntrain.data.digits import Digits
from nntrain.data.generators import Blobs, Circles, Moons, Sine, Spirals, Xor
from nntrain.data.images import Images
from nntrain.data.mnist import MNIST, FashionMNIST
from nntrain.data.npz import Npy, Npz

__all__ = [
    "CIFAR10",
    "MNIST",
    "Blobs",
    "Circles",
    "Csv",
    "Digits",
    "FashionMNIST",
    "Images",
    "Moons",
    "Npy",
    "Npz",
    "Sine",
    "Spirals",
    "Xor",
]
