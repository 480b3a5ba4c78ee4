"""The rows of a table as numbers: inputs, targets, and what each row counts for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nntrain.data.tables.column import Column
from nntrain.data.tables.column_values import Unknown, refuse_missing, values
from nntrain.data.tables.numerals import Numerals
from nntrain.data.tables.table import Table
from nntrain.data.tables.table_inputs import TableInputs
from nntrain.data.tables.table_layout import TableLayout
from nntrain.data.tables.table_targets import label_sets
from nntrain.errors import DataError
from nntrain.model.shapes import Array

_HINTS = {
    "error": "; say missing: drop (the row) or mean",
    "category": "; no row of the training table lacks it: say missing: drop (the row)",
}


@dataclass
class Rows:
    """inputs (N, n); gaps: whether one is missing; targets: labels (N,) or values (N, n_y); weights (N,), or None;
    kept: which rows of the table they are, None where all.
    """

    inputs: TableInputs
    gaps: bool
    targets: Array
    weights: Array | None
    kept: Array | None = None


def read_rows(table: Table, layout: TableLayout, at: Sequence[int], numerals: Numerals, unknown: Unknown) -> Rows:
    """The rows of a table whose columns stand `at` (see `locate`).  Raises DataError for cells that cannot be."""
    k, t = len(layout.columns), len(layout.targets)
    dropping = layout.missing == "drop"
    inputs = TableInputs(table, at[:k], layout, numerals, unknown)
    gaps = np.zeros(len(table), bool)
    for i, column, x in zip(at, layout.columns, inputs.columns(), strict=False):
        if layout.missing == "error" or (layout.missing == "category" and not column.gap):
            refuse_missing(table, i, column.name, x, _HINTS[layout.missing])
        gaps |= np.isnan(x)
    has_gaps = not dropping and bool(gaps.any())
    targets = []
    for i, column in zip(at[k : k + t], layout.targets, strict=True):
        if column.separator is not None:
            found = label_sets(table, i, column, empty_is_none=not dropping)
        else:
            found = values(table, i, column, numerals)[:, None]
        if not dropping:  # a target is never made up
            refuse_missing(table, i, column.name, found[:, 0], "; say missing: drop (the row)")
        targets.append(found)
    Y = np.concatenate(targets, axis=1)
    weights = None if layout.weights is None else _weights(table, at[-1], layout.weights, numerals, dropping)
    if dropping:
        gaps |= np.isnan(Y).any(axis=1)
        if weights is not None:
            gaps |= np.isnan(weights)
        if gaps.all():
            raise DataError(f"{table.name}: error: every row has a missing value")
        inputs.keep(~gaps)
        Y, weights = Y[~gaps], None if weights is None else weights[~gaps]
    if weights is not None and not weights.any():
        raise table.error(0, at[-1], "weights: every row counts for 0")
    of_layout = Y[:, 0].astype(np.int64) if layout.labels is not None else Y
    return Rows(inputs, has_gaps, of_layout, weights, ~gaps if dropping else None)


def row_groups(table: Table, at: int, kept: Array | None) -> Array:
    """(N,) a number for each row: the same where the cells of a column are.  Raises DataError where one is empty."""
    cells = table.columns[at]
    if (empty := cells.missing).any():
        raise table.error(int(np.argmax(empty)), at, f"group: column {table.names[at]} has nothing here")
    groups: Array = np.unique(cells.values, return_inverse=True)[1]
    if cells.codes is not None:
        groups = np.where(cells.codes < 0, groups, len(groups) + cells.codes)
    return groups if kept is None else groups[kept]


def _weights(table: Table, at: int, column: Column, numerals: Numerals, dropping: bool) -> Array:
    found = values(table, at, column, numerals)
    if not dropping:
        refuse_missing(table, at, column.name, found, "; say missing: drop (the row)")
    if (wrong := found < 0).any():
        row = int(np.argmax(wrong))
        message = f"weights: column {column.name} has {table.columns[at].text(row)}, expected 0 or more"
        raise table.error(row, at, message)
    return found
