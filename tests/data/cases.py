"""A case of every dataset: a small source in a folder, and the dataset that reads it.

A dataset without a case here fails the suite.
"""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from data.test_cifar import unpacked
from data.test_mnist import write as write_mnist

from nntrain import data
from nntrain.data import Dataset
from nntrain.data.given_arrays import given

RANDOM = np.random.default_rng(0)
GIVEN = ExitStack()


def text_file(path: Path, content: str) -> Path:
    path.write_text(content)
    return path


def csv(folder: Path) -> Dataset:
    rows = "".join(f"{i / 7:.3f},{'ab'[i % 2]},{'yes' if i % 3 else 'no'}\n" for i in range(40))
    return data.Csv(text_file(folder / "t.csv", "size,town,sold\n" + rows), test=0.25)


def npz(folder: Path) -> Dataset:
    np.savez(folder / "d.npz", x=RANDOM.standard_normal((30, 4, 5)), y=np.arange(30) % 3)
    return data.Npz(folder / "d.npz")


def npy(folder: Path) -> Dataset:
    np.save(folder / "x.npy", RANDOM.standard_normal((30, 5)))
    np.save(folder / "y.npy", RANDOM.standard_normal((30, 2)))
    return data.Npy(folder / "x.npy", folder / "y.npy")


def images(folder: Path) -> Dataset:
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed: nothing to read images with")
    for label in ("cat", "dog"):
        (folder / label).mkdir()
        for i in range(6):
            pixels = RANDOM.integers(0, 256, (5, 7, 3), dtype=np.uint8)
            image.fromarray(pixels).save(folder / label / f"{i}.png")
    return data.Images(folder)


def translation(folder: Path) -> Dataset:
    rows = "".join(f"{i} + 1,{i + 1}\n" for i in range(30))
    return data.Translation(text_file(folder / "pairs.csv", rows), test=0.2)


def arrays(folder: Path) -> Dataset:
    """Of a call that is under way for good."""
    sha256 = GIVEN.enter_context(given(RANDOM.standard_normal((30, 5)), np.arange(30) % 3))
    return data.GivenArrays(sha256)


CASES: dict[str, Callable[[Path], Dataset]] = {
    "arrays": arrays,
    "cifar10": lambda folder: data.CIFAR10(unpacked(folder / "cifar")),
    "csv": csv,
    "digits": lambda folder: data.Digits(test=0.2),
    "xor": lambda folder: data.Xor(40),
    "blobs": lambda folder: data.Blobs(40),
    "moons": lambda folder: data.Moons(40),
    "circles": lambda folder: data.Circles(40),
    "spirals": lambda folder: data.Spirals(40),
    "sine": lambda folder: data.Sine(40),
    "images": images,
    "additions": lambda folder: data.Additions(40, test=0.2),
    "dates": lambda folder: data.Dates(40, test=0.2),
    "translation": translation,
    "adding": lambda folder: data.Adding(examples=40),
    "copy_memory": lambda folder: data.CopyMemory(examples=40),
    "sine_waves": lambda folder: data.SineWaves(examples=40),
    "labelled_text": lambda folder: data.LabelledText(
        text_file(folder / "l.csv", "text,mood\n" + "so dull,bad\nquite a lovely film,good\n" * 20)
    ),
    "mnist": lambda folder: data.MNIST(write_mnist(folder)),
    "fashion_mnist": lambda folder: data.FashionMNIST(write_mnist(folder)),
    "names": lambda folder: data.Names(text_file(folder / "names.txt", "rose\nivy\nlily\nprimrose\n" * 5)),
    "npz": npz,
    "npy": npy,
    "series": lambda folder: data.Series(
        text_file(folder / "s.csv", "a\n" + "".join(f"{np.sin(i):.4f}\n" for i in range(90)))
    ),
    "text": lambda folder: data.Text(text_file(folder / "text.txt", "the quick brown fox. " * 40), batch_size=4),
}
