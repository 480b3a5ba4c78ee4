"""Base of all datasets and augmentations: what a config may say of each."""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar, final

import numpy as np
from numpy.typing import DTypeLike

from nntrain.components import Component, arg, component_base, values
from nntrain.data import held
from nntrain.data.facts import Facts, required
from nntrain.data.parts import Data, Part
from nntrain.data.reconstruct import reconstructed
from nntrain.data.source_files import Source
from nntrain.data.standardize import Standardization
from nntrain.model.shapes import Array, Shape
from nntrain.runtime.streams import Stream


class Augmentation(Component):
    """Base of all augmentations (see nntrain.data.augmentation)."""

    kind: ClassVar[str] = "augmentation"

    def declare(self, shape: Shape) -> None:
        """Raise ValueError where inputs of this shape (without the batch axis) cannot be changed so."""
        if len(shape) != 3:
            raise ValueError(f"expected images (C, H, W), the dataset gives {shape}")

    def scaling(self, shape: Shape) -> Standardization | None:
        """The mean and deviation of each channel of such inputs, where the augmentation gives them."""
        return None

    def __call__(self, X: Array, stream: Stream) -> Array:
        """The changed batch; may write into X."""
        raise NotImplementedError


@component_base(kw_only=True)
class Dataset(Component):
    """Base of all datasets.

    Sources with an official test part ignore `test`.  Shares are drawn by the seed, of every class alike.
    """

    kind: ClassVar[str] = "dataset"
    takes_files: ClassVar[bool] = False  # whether validation and test may be files
    ends: ClassVar[bool] = False  # whether an example is a text with an end of its own, as a name is
    for_labels = False  # whether the loss that learns from it takes labels alone: no argument, a config says its loss
    batch_size: int = arg("examples a batch m", default=32, ge=1, kw_only=True)
    shuffle: bool = arg("new order of the training examples every epoch", default=True, kw_only=True)
    validation: float | Path = arg(
        "validation part: a share of the training part or a file", default=0.1, ge=0, lt=1, kw_only=True
    )
    test: float | Path = arg("test part: a share of the data or a file", default=0.0, ge=0, lt=1, kw_only=True)
    standardize: bool = arg(
        "inputs to mean 0, deviation 1, fitted on the training part: by column or feature, of images by channel",
        default=False,
        kw_only=True,
    )
    fold: str | None = arg(
        "validation part: the k-th of K equal ones, as 2/5, in place of a share; of a series the next stretch of time",
        default=None,
        kw_only=True,
        listed=False,
    )
    drop_last: bool = arg("leave out a last batch that is not full", default=False, kw_only=True)
    reconstruct: bool = arg(
        "the target of an example is the example itself, an image as a vector: for autoencoders",
        default=False,
        kw_only=True,
    )
    augment: tuple[Augmentation, ...] = arg(
        "changes to the training images, drawn anew for every batch", default=(), kw_only=True
    )

    @property
    def folding(self) -> tuple[int, int]:
        """k and K of `fold`; 0 of 0 where there is none."""
        number, _, folds = (self.fold or "0/0").partition("/")
        return int(number), int(folds)

    @property
    def cuts(self) -> bool:
        """Whether a part is a share of the data, or a fold."""
        return self.fold is not None or any(isinstance(v, (int, float)) and v > 0 for v in (self.validation, self.test))

    def __post_init__(self) -> None:
        if self.fold is not None:
            found = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", self.fold)
            if not found or not 1 <= int(found[1]) <= int(found[2]) or int(found[2]) < 2:
                raise ValueError(f"fold: expected k/K with K from 2 and k from 1 to K, as 2/5; got {self.fold!r}")
            if not isinstance(self.validation, (int, float)):
                raise ValueError("fold: the validation part is a file already; leave out one of them")
        normalizing = sum(change.type == "normalize" for change in self.augment)
        if normalizing > 1:
            raise ValueError("augment: normalize stands in it more than once; leave one of them")
        if self.standardize and normalizing:
            raise ValueError("standardize fits what augment: normalize gives; leave out one of them")
        for name in ("validation", "test"):
            value = getattr(self, name)
            if not self.takes_files and not isinstance(value, (int, float)):
                raise ValueError(f"{name}: {self.type} takes a share (0 or more, below 1), not the file {str(value)!r}")

    @property
    def padded(self) -> bool:
        """Whether examples are sequences of different lengths, so that batches carry `lengths`."""
        return False

    def meant_for(self, target: str) -> None:
        """Note what the loss takes: what may be labels or values, as whole numbers are that stand as floats, is then
        labels where it takes nothing else."""
        object.__setattr__(self, "for_labels", target == "labels")

    def paths(self) -> dict[str, object]:
        """Arguments that say where the data lie, but for parts of their own; none where the data are made, not read."""

        def is_path(value: object) -> bool:
            return isinstance(value, Path) or (isinstance(value, tuple) and bool(value) and isinstance(value[0], Path))

        return {n: value for n, value in values(self).items() if is_path(value) and n not in ("validation", "test")}

    @final
    def load(self, seed: int, dtype: DTypeLike, facts: Facts | None = None) -> Data:
        """The data as a run learns from them: the one way to them, for fit, eval, reports and everything else.

        With `facts` (from a checkpoint) nothing is fitted anew: normalisation, categories, labels and vocabulary are
        the checkpoint's, and data that do not fit them are a DataError.  Raises DataError, ConfigError.
        """
        if facts is not None:
            return self._load(seed, dtype, facts)
        return held.lately(f"{held.key(self)} {seed} {np.dtype(dtype)}", lambda: self._load(seed, dtype, None))

    def _load(self, seed: int, dtype: DTypeLike, facts: Facts | None) -> Data:
        if not self.reconstruct:
            return self.read_data(seed, dtype, facts)
        own = None if facts is None else required(facts.preparation.source, "data to reconstruct")
        return reconstructed(self.read_data(seed, dtype, own), facts, self.type)

    def read_data(self, seed: int, dtype: DTypeLike, facts: Facts | None = None) -> Data:
        """What `load` gives, with the data's own targets: written for each dataset, called by `load` alone."""
        raise NotImplementedError

    def read_inputs(self, source: Source, facts: Facts, dtype: DTypeLike) -> Part:
        """Examples without targets for `nntrain predict`: `source` is a path or a text stream of csv."""
        raise NotImplementedError
