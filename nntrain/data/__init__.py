"""Datasets, one source a file, and the loader."""

from typing import TYPE_CHECKING

from nntrain.components import lazy

if TYPE_CHECKING:
    from nntrain.data.cifar import CIFAR10
    from nntrain.data.csv import Csv
    from nntrain.data.digits import Digits
    from nntrain.data.generators import Blobs, Circles, Moons, Sine, Spirals, Xor
    from nntrain.data.images import Images
    from nntrain.data.memory_tasks import Adding, CopyMemory, SineWaves
    from nntrain.data.mnist import MNIST, FashionMNIST
    from nntrain.data.names import Names
    from nntrain.data.npz import Npy, Npz
    from nntrain.data.series import Series
    from nntrain.data.text import Text

__all__ = [
    "CIFAR10",
    "MNIST",
    "Adding",
    "Blobs",
    "Circles",
    "CopyMemory",
    "Csv",
    "Digits",
    "FashionMNIST",
    "Images",
    "Moons",
    "Names",
    "Npy",
    "Npz",
    "Series",
    "Sine",
    "SineWaves",
    "Spirals",
    "Text",
    "Xor",
]

__getattr__ = lazy(
    __name__,
    __all__,
    ("cifar", "csv", "digits", "generators", "images", "memory_tasks", "mnist", "names", "npz", "series", "text"),
)
