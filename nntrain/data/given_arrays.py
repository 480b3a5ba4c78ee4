"""Arrays that a Python program gives: they lie in its memory alone, and a config names them by their SHA-256."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import numpy as np

from nntrain.components import arg, component
from nntrain.data.array_examples import Named, Read
from nntrain.data.image_axes import Layout
from nntrain.data.npz import CLASSES_HELP, LAYOUT_HELP, SYMBOLS_HELP, Arrays
from nntrain.errors import DataError
from nntrain.model.shapes import Array

_given: dict[str, list[Read]] = {}  # by SHA-256, once for each call that is under way
_lock = Lock()


@contextmanager
def given(X: object, Y: object = None) -> Iterator[str]:
    """Within, the dataset `{type: arrays, sha256: …}` has these arrays, examples first; yields the SHA-256."""
    inputs, targets = as_array(X, "X"), None if Y is None else as_array(Y, "Y")
    sha256 = _sha256(inputs, targets)
    named = None if targets is None else Named(targets, "Y")
    read = Read(Named(inputs, "X"), named, no_targets="" if named else "fit: no targets: give Y")
    with _lock:
        _given.setdefault(sha256, []).append(read)
    try:
        yield sha256
    finally:
        with _lock:
            _given[sha256].pop()
            if not _given[sha256]:
                del _given[sha256]


def as_array(values: object, name: str) -> Array:
    """An array of numbers or of words.  Raises DataError, which calls it by this name, for one of other objects."""
    values = values.detach() if hasattr(values, "detach") else values  # a tensor of PyTorch that has a gradient
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        count = int(np.ma.getmaskarray(values).sum())
        raise DataError(
            f"{name}: error: {count:,} masked numbers, which would be read; fill them or leave their rows out"
        )
    try:
        array = np.asarray(values)
        if array.dtype.kind == "O":
            _check_words(array, name)
            array = np.asarray(array.ravel().tolist()).reshape(
                array.shape
            )  # numbers and words in objects, as of pandas
    except (TypeError, ValueError, RuntimeError) as error:  # lists of different lengths; a tensor of another device
        raise DataError(f"{name}: error: no array: {str(error).splitlines()[0]}") from error
    if array.dtype.kind not in "biufUS":
        raise DataError(f"{name}: error: {_kind(array)}, expected numbers or words")
    return array


def _check_words(array: Array, name: str) -> None:
    """Raise DataError for a NaN among words, which would be the word 'nan'."""
    flat = array.reshape(-1)
    if any(isinstance(one, str) for one in flat):
        lost = next((i for i, one in enumerate(flat) if isinstance(one, float) and one != one), None)
        if lost is not None:
            place = [int(i) for i in np.unravel_index(lost, array.shape)]
            raise DataError(f"{name}{place}: error: nan among words: no value; leave it out, or give it a name")


def _kind(array: Array) -> str:
    """What an array holds that is neither numbers nor words."""
    if array.dtype.kind != "O" or not array.size:
        return f"an array of {array.dtype}"
    flat = array.reshape(-1)
    odd = next((i for i, value in enumerate(flat) if not isinstance(value, str | bytes | int | float | np.generic)), 0)
    place = [int(i) for i in np.unravel_index(odd, array.shape)]
    what = "None" if flat[odd] is None else f"a value of type {type(flat[odd]).__name__}"
    return f"{what} at {place}" if place else what


def _sha256(*arrays: Array | None) -> str:
    sha = hashlib.sha256()
    for array in arrays:
        if array is not None:
            sha.update(f"{array.dtype.str} {array.shape} ".encode())
            sha.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return sha.hexdigest()


@component("arrays")
class GivenArrays(Arrays):
    """Arrays X and Y of a Python program: nntrain.fit(config, X=X, Y=Y).  No file holds them.

    Tables (N, n), images (N, C, H, W), sequences (N, T, n); whole numbers and words are labels, floats are values.
    """

    sha256: str = arg("of the arrays")
    classes: int | None = arg(CLASSES_HELP, default=None, ge=2, kw_only=True)
    vocabulary: int | None = arg(SYMBOLS_HELP, default=None, ge=1, kw_only=True)
    layout: Layout | None = arg(LAYOUT_HELP, default=None, kw_only=True)

    def read(self, path: Path | None) -> Read:
        there = _given.get(self.sha256)
        if path is None and there:
            return there[-1]
        raise DataError(
            f"dataset: error: these arrays (SHA-256 {self.sha256[:16]}…) were given by a Python program, and no file "
            "holds them; give them again: nntrain.resume(run, X=X, Y=Y), run.evaluate(X, Y)"
        )
