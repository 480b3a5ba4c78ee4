"""Handwritten digits, shipped with the package."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nntrain.components import component
from nntrain.data.arrays import ArrayDataset, Examples
from nntrain.data.facts import Facts


@component("digits")
class Digits(ArrayDataset):
    """1,797 handwritten digits as images (1, 8, 8) in 0 … 1, 10 classes.

    Alpaydin and Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine Learning Repository.
    """

    scale = 1 / 16

    def sources(self, seed: int, facts: Facts | None) -> dict[str, Examples]:
        with np.load(Path(__file__).with_name("digits.npz"), allow_pickle=False) as file:
            return {"train": Examples(file["images"][:, None], file["labels"], "digits")}

    def facts(self, train: Examples) -> Facts:
        return Facts(train.inputs.shape[1:], "labels", classes=10, label_names=tuple("0123456789"))
