"""Arrays of one's own: .npz, and .npy files that may be larger than memory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from nntrain.components import arg, component
from nntrain.data.array_files import check_inputs, check_numbers, check_range, read_npy, read_npz, show
from nntrain.data.arrays import ArrayDataset, Examples
from nntrain.data.facts import Facts, Preparation
from nntrain.data.standardize import chunks
from nntrain.errors import DataError
from nntrain.model.shapes import Array


class Arrays(ArrayDataset):
    """Base: examples first.  Tables (N, n), images (N, C, H, W), sequences (N, T, n); numbers are taken as they are.

    Integer targets are labels 0 … max, (N,) or (N, T) for one a step; floats are values (N,), (N, n_y) or (N, T, n_y).
    """

    takes_files = True
    classes: int | None
    vocabulary: int | None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.vocabulary is not None and self.standardize:
            raise ValueError(
                "standardize: the numbers of symbols have no mean; leave it out where there is a vocabulary"
            )

    def pair(self, path: Path | None) -> tuple[Array, Array, str, str]:
        """Inputs, targets, and their names in errors; of the dataset itself without a path."""
        raise NotImplementedError

    def sources(self, seed: int, facts: Facts | None) -> dict[str, Examples]:
        files: dict[str, Path | None] = {"train": None}
        for part, where in (("validation", self.validation), ("test", self.test)):
            if isinstance(where, Path):
                files[part] = where
        classes = self.classes if facts is None else facts.classes
        sources = {}
        for part, path in files.items():
            sources[part] = checked(*self.pair(path), classes, self.vocabulary)
            if classes is None and part == "train" and sources[part].targets.dtype.kind in "iu":
                classes = int(max(chunk.max() for chunk in chunks(sources[part].targets))) + 1
        return sources

    def facts(self, train: Examples) -> Facts:
        shape, made = train.inputs.shape[1:], Preparation(self.vocabulary)
        if train.targets.dtype.kind == "f":
            outputs = train.targets.shape[-1]
            return Facts(shape, "values", outputs=outputs, vocabulary=self.vocabulary, preparation=made)
        classes = self.classes or int(max(chunk.max() for chunk in chunks(train.targets))) + 1
        if classes < 2:
            raise DataError(f"{train.source}: error: every label is 0; a classification needs two classes")
        return Facts(shape, "labels", classes, vocabulary=self.vocabulary, preparation=made)


@component("npz")
class Npz(Arrays):
    """Two arrays of an .npz file, examples first."""

    path: Path = arg("the .npz file")
    inputs: str = arg("name of the input array", default="x", kw_only=True)
    targets: str = arg("name of the target array", default="y", kw_only=True)
    classes: int | None = arg("number of classes; default: the largest label + 1", default=None, ge=2, kw_only=True)
    vocabulary: int | None = arg(
        "inputs (N, T) are numbers of symbols below this, for an embedding", default=None, ge=1, kw_only=True
    )

    def pair(self, path: Path | None) -> tuple[Array, Array, str, str]:
        path = path or self.path
        X, Y = read_npz(path, (self.inputs, self.targets))
        return X, Y, f"{path}:{self.inputs}", f"{path}:{self.targets}"

    def facts(self, train: Examples) -> Facts:
        facts = super().facts(train)
        return replace(facts, preparation=replace(facts.preparation, array=self.inputs))


@component("npy")
class Npy(Arrays):
    """Two .npy files, examples first, memory-mapped: they may be larger than memory.

    `validation` and `test` as files are .npz with arrays x and y.
    """

    inputs: Path = arg("the .npy file of inputs")
    targets: Path = arg("the .npy file of targets")
    classes: int | None = arg("number of classes; default: the largest label + 1", default=None, ge=2, kw_only=True)
    vocabulary: int | None = arg(
        "inputs (N, T) are numbers of symbols below this, for an embedding", default=None, ge=1, kw_only=True
    )

    def pair(self, path: Path | None) -> tuple[Array, Array, str, str]:
        if path is not None:
            X, Y = read_npz(path, ("x", "y"))
            return X, Y, f"{path}:x", f"{path}:y"
        return read_npy(self.inputs), read_npy(self.targets), str(self.inputs), str(self.targets)


def checked(
    X: Array, Y: Array, x_name: str, y_name: str, classes: int | None = None, vocabulary: int | None = None
) -> Examples:
    """Numbers only, finite, of shapes that belong together; labels from 0 and below `classes`.  Raises DataError."""
    check_inputs(X, x_name, vocabulary)
    check_numbers(Y, y_name)
    if Y.ndim == 0 or len(X) != len(Y):
        raise DataError(f"{y_name}: error: {show(Y.shape)} targets for {len(X)} examples in {x_name}")
    if Y.dtype.kind == "b":
        Y = Y.astype(np.uint8)
    steps = X.shape[1] if X.ndim == 3 or vocabulary else None
    if Y.dtype.kind in "iu":
        if Y.ndim > 2 or (Y.ndim == 2 and Y.shape[1] != steps):
            of_steps = f" or ({len(Y)}, {steps})" if steps else ""
            raise DataError(
                f"{y_name}: error: integers are labels, of shape ({len(Y)},){of_steps}, not {show(Y.shape)}; "
                "save values as floats"
            )
        check_range(Y, y_name, "label", classes)
        return Examples(X, Y if Y.ndim == 2 else np.asarray(Y), x_name)
    if Y.ndim > 3 or (Y.ndim == 3 and Y.shape[1] != steps):
        raise DataError(f"{y_name}: error: values have shape (N,), (N, n_y) or (N, T, n_y), not {show(Y.shape)}")
    return Examples(X, Y[:, None] if Y.ndim == 1 else Y, x_name)
