"""What the targets in an array are: labels or values, and what the numbers or words of labels stand for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nntrain.data.array_files import check_numbers, check_range, show
from nntrain.data.parts import NO_LABEL
from nntrain.data.standardize import chunks
from nntrain.errors import DataError
from nntrain.messages import by_door
from nntrain.model.shapes import Array

_LABEL_LIKE = 20  # different whole numbers: so few are likely to be labels, as in a csv file
_SHOWN = 5


def label_names(Y: Array, name: str) -> tuple[str, ...] | None:
    """The classes of labels that are words, in the order of their names; None where targets are numbers."""
    if Y.dtype.kind not in "US":
        return None
    names = tuple(str(word) for word in np.unique(_words(Y, name)))
    if "" in names:
        place = ", ".join(map(str, np.argwhere(_words(Y, name) == "")[0]))
        raise DataError(f"{name}[{place}]: error: an empty label")
    return names


def numbered(Y: Array, name: str, names: Sequence[str]) -> Array:
    """Labels that are words as their numbers.  Raises DataError for a word that is none of the names."""
    words = _words(Y, name)
    order = np.argsort(np.asarray(names))
    found = np.asarray(names)[order]
    at = np.minimum(np.searchsorted(found, words), len(found) - 1)
    if (unknown := found[at] != words).any():
        place = tuple(np.argwhere(unknown)[0])
        shown = ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
        raise DataError(
            f"{name}[{', '.join(map(str, place))}]: error: label {str(words[place])!r}, expected one of {shown}"
        )
    return order[at]


def _words(Y: Array, name: str) -> Array:
    if Y.dtype.kind == "U":
        return Y
    try:
        return np.char.decode(Y, "utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{name}: error: labels of bytes that are no UTF-8: {error.reason}") from error


def as_labels(Y: Array, name: str, steps: int | None, warnings: list[str]) -> tuple[Array, int | None]:
    """What may be labels, as integers: floats that are whole numbers, and one-hot rows, which say how many classes
    there are; anything else as it is.  For a loss that takes nothing but labels."""
    if Y.dtype.kind not in "biuf":
        return Y, None
    check_numbers(Y, name)
    width = Y.shape[1] if Y.ndim == 2 else None
    if width is not None and width >= 2 and width != steps and is_one_hot(Y):
        warnings.append(f"{name}: one-hot: every row is one 1 among 0; read as labels of {width} classes")
        return Y.argmax(axis=1), width
    if Y.dtype.kind == "f" and (Y.ndim == 1 or width in (1, steps)) and _whole(Y):
        warnings.append(
            f"{name}: whole numbers {by_door('saved as', 'that are')} floats; read as labels, which the loss takes"
        )
        return Y.astype(np.int64), None
    return Y, None


def as_targets(Y: Array, name: str, classes: int | None, steps: int | None, warnings: list[str]) -> Array:
    """Labels as integers (N,) or (N, T), or values as floats (N, n_y) or (N, T, n_y).  Raises DataError.

    classes    how many there are, if that is said: then whole numbers and one-hot rows are labels, whatever their dtype
    steps      of the inputs, where they are sequences
    warnings   is told what could be read in another way
    """
    check_numbers(Y, name)
    N = len(Y)
    width = Y.shape[1] if Y.ndim == 2 else None
    one_hot = width is not None and width >= 2 and width != steps and is_one_hot(Y)
    if classes is not None and one_hot and width == classes:
        labels: Array = Y.argmax(axis=1)
        return labels
    if Y.dtype.kind == "f" and classes is not None and _whole(Y):
        Y = Y.astype(np.int64)
    if Y.dtype.kind == "b":
        Y = Y.astype(np.uint8)
    if Y.dtype.kind in "iu":
        if width == 1 and steps != 1:
            Y = Y[:, 0]
        if Y.ndim > 2 or (Y.ndim == 2 and Y.shape[1] != steps):
            of_steps = f" or ({N}, {steps})" if steps else ""
            hint = f"one-hot: say classes: {width} to read labels" if one_hot else "save values as floats"
            raise DataError(
                f"{name}: error: integers are labels, of shape ({N},){of_steps}, not {show(Y.shape)}; {hint}"
            )
        _check_labels(Y, name, classes, warnings)
        return Y if Y.ndim == 2 else np.asarray(Y)
    if Y.ndim > 3 or (Y.ndim == 3 and Y.shape[1] != steps):
        raise DataError(f"{name}: error: values have shape (N,), (N, n_y) or (N, T, n_y), not {show(Y.shape)}")
    if one_hot:
        warnings.append(f"{name}: one-hot: every row is one 1 among 0; read as values; classes: {width} reads labels")
    elif (Y.ndim == 1 or width == 1) and _whole(Y) and Y.min() >= 0 and Y.max() < _LABEL_LIKE:
        warnings.append(
            f"{name}: whole numbers {by_door('saved as', 'that are')} floats; read as values; "
            f"classes: {int(Y.max()) + 1} reads labels"
        )
    return Y[:, None] if Y.ndim == 1 else Y


def _check_labels(Y: Array, name: str, classes: int | None, warnings: list[str]) -> None:
    """Labels lie in 0 … classes − 1, or are NO_LABEL.  Raises DataError where they begin at 1, or elsewhere."""
    low, high = extremes(Y)
    if low == NO_LABEL and high == 1 and not any((chunk == 0).any() for chunk in chunks(Y)):
        raise DataError(f"{name}: error: labels are -1 and 1; {by_door('save', 'give')} (y + 1) // 2, which is 0 and 1")
    begins_at_1 = low == 1 or (low == NO_LABEL and _least_label(Y) == 1)
    if begins_at_1 and (high == classes or (classes is None and high > 1)):
        raise DataError(
            f"{name}: error: labels begin at 1, expected 0 to {high - 1}; {by_door('save', 'give')} y - 1, "
            f"or say classes: {high + 1} if label 0 only does not occur here"
        )
    check_range(Y, name, "label", classes, least=NO_LABEL)
    if classes is not None:
        return
    there = np.zeros(int(high) + 1, bool)
    for chunk in chunks(Y):
        there[chunk[chunk >= 0]] = True
    if missing := np.flatnonzero(~there).tolist():
        shown = ", ".join(map(str, missing[:_SHOWN])) + (", …" if len(missing) > _SHOWN else "")
        warnings.append(f"{name}: labels go to {high}, and {len(missing)} below are missing ({shown})")
    elif high > _LABEL_LIKE and 3 * (high + 1) > Y.size:
        warnings.append(f"{name}: {high + 1} classes for {Y.size} labels; values are saved as floats")


def first_unlabelled(Y: Array, name: str) -> str:
    """The place of the first label that is none; "" where there is no such."""
    if Y.dtype.kind == "f" or extremes(Y)[0] != NO_LABEL:
        return ""
    place = np.argwhere(Y == NO_LABEL)[0]
    return f"{name}[{', '.join(map(str, place))}]"


def _least_label(Y: Array) -> int:
    return int(min(chunk[chunk >= 0].min(initial=np.iinfo(np.int64).max) for chunk in chunks(Y)))


def extremes(Y: Array) -> tuple[int, int]:
    """The least and the largest of integers."""
    pieces = [(int(chunk.min()), int(chunk.max())) for chunk in chunks(Y)]
    return min(low for low, _ in pieces), max(high for _, high in pieces)


def is_one_hot(Y: Array) -> bool:
    """Whether every row (N, n) is one 1 among zeros, and more than one place is used."""
    used = np.zeros(Y.shape[1], bool)
    for chunk in chunks(Y):
        ones = chunk == 1
        if not (ones.sum(axis=1) == 1).all() or not (ones | (chunk == 0)).all():
            return False
        used |= ones.any(axis=0)
    return int(used.sum()) > 1


def _whole(Y: Array) -> bool:
    """Whether all numbers are whole."""
    return all(bool((np.mod(chunk, 1) == 0).all()) for chunk in chunks(Y))
