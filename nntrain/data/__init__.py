"""Datasets, one source a file, and the loader."""

from typing import TYPE_CHECKING

from nntrain.lazy import lazy

if TYPE_CHECKING:
    from nntrain.data.base import Dataset as Dataset

OFFERED = ("nntrain.data.base:Dataset",)
# name in configs -> where it is: the one line that a new component needs
COMPONENTS = {
    "dataset": {
        "arrays": "nntrain.data.given_arrays:GivenArrays",
        "cifar10": "nntrain.data.cifar:CIFAR10",
        "csv": "nntrain.data.csv:Csv",
        "digits": "nntrain.data.digits:Digits",
        "xor": "nntrain.data.generators:Xor",
        "blobs": "nntrain.data.generators:Blobs",
        "moons": "nntrain.data.generators:Moons",
        "circles": "nntrain.data.generators:Circles",
        "spirals": "nntrain.data.generators:Spirals",
        "sine": "nntrain.data.generators:Sine",
        "images": "nntrain.data.images:Images",
        "adding": "nntrain.data.memory_tasks:Adding",
        "copy_memory": "nntrain.data.memory_tasks:CopyMemory",
        "sine_waves": "nntrain.data.memory_tasks:SineWaves",
        "labelled_text": "nntrain.data.labelled_text:LabelledText",
        "mnist": "nntrain.data.mnist:MNIST",
        "fashion_mnist": "nntrain.data.mnist:FashionMNIST",
        "names": "nntrain.data.names:Names",
        "npz": "nntrain.data.npz:Npz",
        "npy": "nntrain.data.npz:Npy",
        "series": "nntrain.data.series:Series",
        "text": "nntrain.data.text:Text",
        "translation": "nntrain.data.translation:Translation",
        "additions": "nntrain.data.generated_pairs:Additions",
        "dates": "nntrain.data.generated_pairs:Dates",
    },
    "augmentation": {
        "flip": "nntrain.data.augmentation:Flip",
        "crop": "nntrain.data.augmentation:Crop",
        "shift": "nntrain.data.augmentation:Shift",
        "rotate": "nntrain.data.augmentation:Rotate",
        "cutout": "nntrain.data.augmentation:Cutout",
        "normalize": "nntrain.data.augmentation:Normalize",
    },
}

if not TYPE_CHECKING:  # type checkers read a component from its own module
    __getattr__, __dir__, __all__ = lazy(__name__, COMPONENTS, OFFERED)
