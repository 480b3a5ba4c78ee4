"""MNIST and Fashion-MNIST from their IDX files."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from math import prod
from pathlib import Path
from typing import ClassVar

import numpy as np

from nntrain.components import arg, component
from nntrain.data.arrays import ArrayDataset, Examples
from nntrain.data.download import cache_folder, fetch
from nntrain.data.facts import Facts
from nntrain.data.packed import refuse_if_far_too_large
from nntrain.errors import DataError
from nntrain.model.shapes import Array

FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


class Idx(ArrayDataset):
    """Base: images (1, 28, 28) in 0 … 1 and 10 classes; 60,000 for training, 10,000 of the official test part."""

    scale = 1 / 255
    seeded = False
    url: ClassVar[str]
    sha256: ClassVar[tuple[str, ...]]  # of the compressed FILES as they are published
    label_names: ClassVar[tuple[str, ...]]
    root: Path | None

    def sources(self, seed: int, facts: Facts | None) -> dict[str, Examples]:
        paths = [self._path(name, sha) for name, sha in zip(FILES, self.sha256, strict=True)]
        return {
            "train": read_pair(paths[0], paths[1], len(self.label_names)),
            "test": read_pair(paths[2], paths[3], len(self.label_names)),
        }

    def facts(self, train: Examples) -> Facts:
        names = self.label_names
        return Facts(train.inputs.shape[1:], "labels", classes=len(names), label_names=names)

    def _path(self, name: str, sha256: str) -> Path:
        """Where the file lies: under `root`, or in the cache, downloaded if need be."""
        folder = cache_folder(self.type) if self.root is None else self.root
        for spelling in (name, name.replace("-idx", ".idx")):
            for suffix in ("", ".gz"):
                if (path := folder / (spelling + suffix)).is_file():
                    return path
        if self.root is not None:
            raise DataError(
                f"{folder / name}.gz: error: no such file, nor {name} unpacked; root must hold the IDX files"
            )
        path = folder / f"{name}.gz"
        fetch(self.url + path.name, path, sha256)
        return path


@component("mnist")
class MNIST(Idx):
    """Handwritten digits: 60,000 images (1, 28, 28) for training, 10,000 for testing.  LeCun, Cortes, Burges (1998)."""

    root: Path | None = arg(
        "folder of the four IDX files, .gz or unpacked; default: downloaded once into the cache folder", default=None
    )
    url = "https://storage.googleapis.com/cvdf-datasets/mnist/"
    sha256 = (
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    )
    label_names = tuple("0123456789")


@component("fashion_mnist")
class FashionMNIST(Idx):
    """Zalando's articles, in the form of MNIST.  Xiao, Rasul, Vollgraf (2017)."""

    root: Path | None = arg(
        "folder of the four IDX files, .gz or unpacked; default: downloaded once into the cache folder", default=None
    )
    url = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
    sha256 = (
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    )
    label_names = (
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    )  # fmt: skip


def read_pair(images: Path, labels: Path, classes: int) -> Examples:
    """Images (N, 1, 28, 28) and labels (N,) as uint8.  Raises DataError."""
    shape, (count,) = read_header(images, 3), read_header(labels, 1)
    if shape[1:] != (28, 28) or not shape[0]:
        raise DataError(f"{images}: error: {shape[0]} images of {shape[1]} × {shape[2]}, expected some of 28 × 28")
    if shape[0] != count:
        raise DataError(f"{labels}: error: {count} labels for the {shape[0]} images of {images.name}")
    X, Y = read_idx(images, 3), read_idx(labels, 1)
    if Y.max() >= classes:
        raise DataError(f"{labels}:{int(Y.argmax()) + 1}: error: label {Y.max()}, expected 0 to {classes - 1}")
    return Examples(X[:, None], Y, str(images))


def read_header(path: Path, ndim: int) -> tuple[int, ...]:
    """The sizes that an IDX file says, which are compared before anything is read.  Raises DataError."""
    with _opened(path) as file:
        return _shape(path, file, ndim)


def read_idx(path: Path, ndim: int) -> Array:
    """An IDX file of unsigned bytes: 0, 0, 8, number of axes; the sizes as big-endian uint32; the bytes."""
    with _opened(path) as file:
        shape = _shape(path, file, ndim)
        expected = prod(shape)
        content = _at_most(file, expected + 1)
    if len(content) != expected:
        raise _other_size(path, len(content), expected)
    return np.frombuffer(content, np.uint8).reshape(shape)


@contextmanager
def _opened(path: Path) -> Iterator[BufferedIOBase]:
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            yield file
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: error: cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _shape(path: Path, file: BufferedIOBase, ndim: int) -> tuple[int, ...]:
    header = file.read(4 + 4 * ndim)
    if len(header) < 4 + 4 * ndim or header[:4] != bytes([0, 0, 8, ndim]):
        raise DataError(f"{path}: error: not an IDX file of unsigned bytes with {ndim} axes")
    shape = tuple(int(n) for n in np.frombuffer(header, ">u4", ndim, 4))
    size, expected = path.stat().st_size, prod(shape)
    if path.suffix == ".gz":
        refuse_if_far_too_large(str(path), size, expected, "unpack the file if they are meant")
    elif size - len(header) != expected:
        raise _other_size(path, size - len(header), expected)
    return shape


def _other_size(path: Path, size: int, expected: int) -> DataError:
    found = f"{size}" if size < expected else f"more than {expected}"
    return DataError(f"{path}: error: {found} bytes of data where its header says {expected}")


def _at_most(file: BufferedIOBase, size: int) -> bytearray:
    """So many bytes, or as many as there are: neither a wrong header nor a wrong file makes us reserve memory."""
    content = bytearray()
    while len(content) < size and (more := file.read(min(size - len(content), 1 << 20))):
        content += more
    return content
