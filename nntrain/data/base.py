"""What every dataset gives: facts, parts, batches.

Datasets lie in memory or on disk example-first, as NumPy users keep them; `Part.batch` gathers rows and moves the axis
once, so that everything after it sees examples as columns.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import DTypeLike

from nntrain.components import Component, arg
from nntrain.model.shapes import Array, Shape, Symbols
from nntrain.runtime.streams import Stream


@dataclass
class Batch:
    """One batch, batch axis last.

    X   (…, m) in the network's dtype, or integers for an embedding
    Y   labels (m,) or (T, m) as integers, or values (n_y, m) or (T, n_y, m); (0, m) where there are no targets
    lengths   (m,) valid steps of padded sequences, or None
    resets    True where no recurrent state may be carried in from the batch before (see Part.streams)
    naive     a forecast by rule, like Y: what a model has to beat; or None
    """

    X: Array
    Y: Array
    lengths: Array | None = None
    resets: bool = True
    naive: Array | None = None

    @property
    def size(self) -> int:
        """Number of examples m."""
        return int(self.X.shape[-1])


@dataclass
class Facts:
    """What the data say about themselves: `$dataset.classes` in a config, and the manifest of a checkpoint.

    input_shape   shape of one example without the batch axis
    target        "labels" (integers 0 … classes − 1) or "values" (floats, `outputs` of them)
    preparation   what turns raw input into network input and predictions into the data's units, as JSON: column
                  names and categories, normalisation fitted on the training part, label names.  Written by the dataset,
                  read back by it (Dataset.restore), so that eval and predict need the checkpoint alone
    """

    input_shape: Shape
    target: Literal["labels", "values"]
    classes: int | None = None
    outputs: int | None = None
    vocabulary: int | None = None
    label_names: list[str] | None = None
    preparation: dict[str, Any] = field(default_factory=dict)

    @property
    def shape(self) -> Shape:
        """What a network's first layer meets: `input_shape`, of symbols where there is a vocabulary."""
        return self.input_shape if self.vocabulary is None else Symbols(self.input_shape, self.vocabulary)

    @property
    def features(self) -> int:
        """Numbers in one example (of a sequence: in one step)."""
        return int(np.prod(self.input_shape)) if len(self.input_shape) != 2 else self.input_shape[1]

    def to_units(self, Y: Array) -> Array:
        """Values (…, n_y, m), predicted or true, in the data's units: Y · deviation + mean in float64 where the dataset
        standardizes its targets, else Y itself."""
        scaling = self.preparation.get("standardize_target")
        if scaling is None:
            return Y
        return Y * np.asarray(scaling["deviation"])[:, None] + np.asarray(scaling["mean"])[:, None]

    def as_json(self) -> dict[str, Any]:
        """Everything, as the manifest keeps it."""
        return {**self.__dict__, "input_shape": list(self.input_shape)}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Facts:
        return cls(**{**saved, "input_shape": tuple(saved["input_shape"])})


class Part:
    """The training, validation or test part of a dataset.

    size      number of examples
    streams   the examples are the pieces of so many streams, first the first piece of each: batches have this many
              examples, come in order, and recurrent state goes along.  0: examples have nothing to do with each other
    """

    size: int
    streams: int = 0

    def batch(self, indices: Array) -> Batch:
        """The examples at `indices` (int64 (m,)) as one batch, in fresh arrays."""
        raise NotImplementedError


@dataclass
class Data:
    """A loaded dataset.  `parts` has "train" and, where there are any, "validation" and "test"."""

    facts: Facts
    parts: dict[str, Part]
    sha256: str  # of the data themselves, wherever they lie


def show(shape: Shape) -> str:
    return "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"


class Augmentation(Component):
    """Base of all augmentations (see nntrain.data.augmentation)."""

    kind: ClassVar[str] = "augmentation"

    def declare(self, shape: Shape) -> None:
        """Raise ValueError where inputs of this shape (without the batch axis) cannot be changed so."""
        if len(shape) != 3:
            raise ValueError(f"expected images (C, H, W), the dataset gives {shape}")

    def scaling(self, shape: Shape) -> dict[str, list[float]] | None:
        """The mean and deviation of each channel of such inputs, where the augmentation gives them."""
        return None

    def __call__(self, X: Array, stream: Stream) -> Array:
        """The changed batch; may write into X."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Dataset(Component):
    """Base of all datasets.

    Sources with an official test part ignore `test`.  Shares are drawn by the seed, of every class alike.
    """

    kind: ClassVar[str] = "dataset"
    takes_files: ClassVar[bool] = False  # whether validation and test may be files
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
    drop_last: bool = arg("leave out a last batch that is not full", default=False, kw_only=True)
    reconstruct: bool = arg(
        "the target of an example is the example itself, an image as a vector: for autoencoders",
        default=False,
        kw_only=True,
    )
    augment: tuple[Augmentation, ...] = arg(
        "changes to the training images, drawn anew for every batch", default=(), kw_only=True
    )

    def __post_init__(self) -> None:
        normalizing = sum(change.type == "normalize" for change in self.augment)
        if normalizing > 1:
            raise ValueError("augment: normalize stands in it more than once; leave one of them")
        if self.standardize and normalizing:
            raise ValueError("standardize fits what augment: normalize gives; leave out one of them")
        for name in ("validation", "test"):
            value = getattr(self, name)
            if not self.takes_files and not isinstance(value, (int, float)):
                raise ValueError(f"{name}: {self.type} takes a share (0 or more, below 1), not the file {str(value)!r}")

    def load(self, seed: int, dtype: DTypeLike, facts: Facts | None = None) -> Data:
        """Read or make the data.  Raises DataError.

        With `facts` (from a checkpoint) nothing is fitted anew: normalisation, categories, labels and vocabulary are
        the checkpoint's, and data that do not fit them are a DataError.
        """
        raise NotImplementedError

    def read_inputs(self, source: Any, facts: Facts, dtype: DTypeLike) -> Part:
        """Examples without targets for `nntrain predict`: `source` is a path or a text stream of csv."""
        raise NotImplementedError
