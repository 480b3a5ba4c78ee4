"""Handwritten digits, shipped with the package."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nntrain.components import arg, component
from nntrain.data.arrays import ArrayDataset, Examples
from nntrain.data.facts import Facts
from nntrain.files import archive
from nntrain.files.archive import Array


def _shipped() -> tuple[Array, Array]:
    """All images (1797, 1, 8, 8), 0 to 16, and their labels.

    `np.load` would import zipfile and four compressions, 2 % of a short run, for arrays that are stored plainly.
    """
    path = Path(__file__).with_name("digits.npz")
    with path.open("rb") as file:
        images, labels = (archive.load(file, member) for member in archive.scan(file, path.stat().st_size))
    return images[:, None], labels


@component("digits")
class Digits(ArrayDataset):
    """1,797 handwritten digits as images (1, 8, 8) in 0 … 1, 10 classes.

    Alpaydin and Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine Learning Repository.
    """

    scale = 1 / 16
    seeded = False
    only: tuple[int, ...] | None = arg(
        "the digits that count, each a class; default: all ten", default=None, ge=0, le=9, kw_only=True, listed=False
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.only is not None and (len(set(self.only)) != len(self.only) or len(self.only) < 2):
            raise ValueError("only: expected two different digits or more")

    def sources(self, seed: int, facts: Facts | None) -> dict[str, Examples]:
        images, labels = _shipped()
        if self.only is not None:
            rows = np.isin(labels, self.only)
            images, labels = images[rows], np.argmax(labels[rows, None] == self.only, axis=1)
        return {"train": Examples(images, labels, "digits")}

    def facts(self, train: Examples) -> Facts:
        names = tuple(map(str, self.only or range(10)))
        return Facts(train.inputs.shape[1:], "labels", classes=len(names), label_names=names)
