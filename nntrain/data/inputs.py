"""Inputs to predict from: arrays in .npy and .npz files, and rows of plain numbers in csv."""

from __future__ import annotations

from math import prod
from pathlib import Path

import numpy as np

from nntrain.data.array_files import check_inputs, names_in, read_npy, read_npz, show
from nntrain.data.array_steps import check_lengths, without_padding
from nntrain.data.facts import Facts
from nntrain.data.image_axes import channels_first
from nntrain.data.source_files import GivenArray, Source, name_of
from nntrain.data.tables import typed_files
from nntrain.data.tables.dialect import Dialect
from nntrain.data.tables.table_files import open_table
from nntrain.data.tables.table_reader import read_table
from nntrain.errors import DataError
from nntrain.model.shapes import Array

TABLES = (".csv", ".tsv", ".txt", ".gz", *typed_files.SUFFIXES)
ARRAYS = (".npy", ".npz")


def is_table(source: Source) -> bool:
    """Whether the source is a table: a stream of csv, or a file of such a name.  Raises DataError for what cannot be
    read.
    """
    if isinstance(source, GivenArray):
        return False
    if not isinstance(source, Path):
        return True
    suffix = source.suffix.lower()
    if suffix not in (*TABLES, *ARRAYS):
        raise DataError(f"{source}: error: expected a file .npy, .npz or .csv")
    return suffix not in ARRAYS


def read_array(source: Source, facts: Facts, lengths: Array | None = None) -> Array:
    """Examples first, (N, *input_shape); rows of as many numbers are shaped so.  Raises DataError.

    Where there are `lengths` (N,), what stands past the end of a sequence may be anything, and becomes 0.
    Pixels are integers as the dataset's files have them, or floats in 0 … 1.
    """
    name = name_of(source)
    vocabulary = facts.preparation.vocabulary
    if isinstance(source, GivenArray):
        X = source.array
    elif is_table(source):
        X = _numbers(source, facts)
    elif isinstance(source, Path) and source.suffix.lower() == ".npy":
        X = read_npy(source)
    else:
        X = _from_npz(Path(str(source)), facts)
    shape = facts.input_shape
    if facts.preparation.channels_last and X.ndim == 4:
        X = channels_first(X, "channels_last")
    elif len(shape) == 3 and shape[0] == 1 and X.shape[1:] == shape[1:] and X.shape != shape:
        X = channels_first(X, "channels_first")
    if X.ndim == 2 and X.shape[1] == prod(shape):
        X = X.reshape(-1, *shape)
    if X.shape[1:] != shape:
        hint = "; a single example needs an axis of examples too" if X.shape == shape else ""
        raise DataError(
            f"{name}: error: shape {show(X.shape)}, expected (N, {show(shape)[1:].replace(',)', ')')}{hint}"
        )
    if lengths is not None:
        X = without_padding(X, check_lengths(lengths, f"{name}, lengths", X, vocabulary is not None))
    if vocabulary is not None and X.dtype.kind == "f" and (np.mod(X, 1) == 0).all():
        X = X.astype(np.int64)
    check_inputs(X, name, vocabulary)
    if (scale := facts.preparation.scale) is not None:
        if X.dtype.kind == "f" and (X.min() < 0 or X.max() > 1):
            raise DataError(
                f"{name}: error: pixels from {X.min():g} to {X.max():g}, expected 0 to 1; "
                f"multiply them by {scale:.6g}, or give an .npy of integers"
            )
        if X.dtype.kind in "iu" and (X.min() < 0 or X.max() * scale > 1 + 1e-6):
            raise DataError(
                f"{name}: error: pixels from {X.min()} to {X.max()}, expected whole numbers from 0 to {1 / scale:g}, "
                "or numbers from 0 to 1"
            )
    return X


def _from_npz(path: Path, facts: Facts) -> Array:
    """The array that training took its inputs from, or the only one there is."""
    wanted, names = facts.preparation.array or "x", names_in(path)
    return read_npz(path, (names[0] if len(names) == 1 else wanted,))[0]


def _numbers(source: Source, facts: Facts) -> Array:
    """Rows of numbers, a header passed over."""
    table, expected = read_table(open_table(source), Dialect()), prod(facts.input_shape)
    if table.width != expected:
        raise table.error(
            0,
            min(table.width, expected),
            f"{table.width} numbers in a row, expected {expected} {show(facts.input_shape)}",
        )
    for i, cells in enumerate(table.columns):
        if not cells.all_numbers:
            row = cells.first_other()
            raise table.error(row, i, f"{cells.text(row)!r} where a number was expected")
    return np.stack([cells.values for cells in table.columns], axis=1)
