"""Arrays of one's own: .npz, and .npy files that may be larger than memory."""

from __future__ import annotations

import difflib
from pathlib import Path

import numpy as np

from nntrain.components import arg, component
from nntrain.data.arrays import ArrayDataset, Examples, show
from nntrain.data.base import Facts
from nntrain.data.standardize import LARGEST, chunks
from nntrain.errors import DataError
from nntrain.params import Array


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

    def read(self, seed: int, facts: Facts | None) -> dict[str, Examples]:
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
        preparation = {} if self.vocabulary is None else {"vocabulary": self.vocabulary}
        if train.targets.dtype.kind == "f":
            outputs = train.targets.shape[-1]
            return Facts(
                train.inputs.shape[1:], "values", outputs=outputs, vocabulary=self.vocabulary, preparation=preparation
            )
        classes = self.classes or int(max(chunk.max() for chunk in chunks(train.targets))) + 1
        if classes < 2:
            raise DataError(f"{train.source}: error: every label is 0; a classification needs two classes")
        return Facts(
            train.inputs.shape[1:], "labels", classes=classes, vocabulary=self.vocabulary, preparation=preparation
        )


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
        facts.preparation["array"] = self.inputs
        return facts


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


def read_npz(path: Path, names: tuple[str, ...]) -> list[Array]:
    """Arrays of an .npz file by name.  Raises DataError."""
    try:
        with path.open("rb") as opened:
            file = np.load(opened, allow_pickle=False)
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise DataError(f"{path}: error: holds one array, not the named arrays of an .npz file")
            for name in names:
                if name not in file.files:
                    close = difflib.get_close_matches(name, file.files, 1)
                    hint = f"; did you mean {close[0]!r}?" if close else ""
                    raise DataError(f"{path}: error: no array {name!r} (it has {', '.join(file.files)}){hint}")
            return [np.asarray(file[name], order="C") for name in names]
    except DataError:
        raise
    except Exception as error:  # whatever a damaged file does to zip, deflate and header parsers
        raise _unreadable(path, error) from error


def read_npy(path: Path) -> Array:
    """An .npy file, memory-mapped.  Raises DataError."""
    try:
        array = np.lib.format.open_memmap(path, mode="r")
    except Exception as error:  # as above
        raise _unreadable(path, error) from error
    if not array.flags.c_contiguous:
        raise DataError(f"{path}: error: stored in Fortran order; save numpy.ascontiguousarray of it")
    return array


def _unreadable(path: Path, error: Exception) -> DataError:
    if isinstance(error, OSError) and error.strerror:
        return DataError(f"{path}: error: {error.strerror}")
    reason = " ".join(str(error).split()) or type(error).__name__
    if "allow_pickle" in reason or "Python objects" in reason:
        reason = "not an array of numbers (pickled objects are never loaded)"
    return DataError(f"{path}: error: cannot be read: {reason}")


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


def check_inputs(X: Array, name: str, vocabulary: int | None) -> None:
    """Tables, images or sequences of finite numbers; with a vocabulary sequences of integers below it."""
    check_numbers(X, name)
    if vocabulary is not None:
        if X.ndim != 2 or X.dtype.kind not in "iu":
            raise DataError(
                f"{name}: error: with a vocabulary inputs are integers (N, T), not {X.dtype} {show(X.shape)}"
            )
        check_range(X, name, "symbol", vocabulary)
    elif X.ndim not in (2, 3, 4):
        raise DataError(
            f"{name}: error: shape {show(X.shape)}, expected tables (N, n), sequences (N, T, n) or images (N, C, H, W)"
        )
    if 0 in X.shape:
        raise DataError(f"{name}: error: shape {show(X.shape)} holds no number")


def check_numbers(array: Array, name: str) -> None:
    """Raise DataError for anything but finite real numbers that keep their squares finite in float64."""
    if array.dtype.kind not in "biuf" or array.ndim == 0:
        what = "a single number" if array.ndim == 0 else f"an array of {array.dtype}"
        raise DataError(f"{name}: error: {what}, expected an array of numbers, examples first")
    if array.dtype.kind != "f":
        return
    first = 0
    for chunk in chunks(array):
        with np.errstate(invalid="ignore", over="ignore"):
            good = np.abs(chunk) <= LARGEST
        if not good.all():
            place = np.argwhere(~good)[0]
            value = chunk[tuple(place)]
            place[0] += first
            index = ", ".join(map(str, place))
            raise DataError(f"{name}[{index}]: error: {value} where a finite number was expected")
        first += len(chunk)


def check_range(array: Array, name: str, what: str, limit: int | None) -> None:
    """Raise DataError where an integer is negative or not below the limit."""
    first = 0
    for chunk in chunks(array):
        bad = chunk < 0 if limit is None else (chunk < 0) | (chunk >= limit)
        if bad.any():
            place = np.argwhere(bad)[0]
            value = chunk[tuple(place)]
            place[0] += first
            expected = "0 or more" if limit is None else f"0 to {limit - 1}"
            raise DataError(f"{name}[{', '.join(map(str, place))}]: error: {what} {value}, expected {expected}")
        first += len(chunk)
