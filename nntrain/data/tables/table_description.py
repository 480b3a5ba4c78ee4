"""What the columns of a training table are: targets, weights, groups and inputs, as a config says or as found out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, Protocol

from nntrain.data.facts import Facts, Preparation
from nntrain.data.tables.column_doubts import refuse_sentences, tell_doubts
from nntrain.data.tables.column_kinds import Said, describe, numbers, refuse_words
from nntrain.data.tables.numerals import Numerals
from nntrain.data.tables.odd_values import tell_odd_values
from nntrain.data.tables.table import Table
from nntrain.data.tables.table_layout import TableLayout
from nntrain.data.tables.table_targets import describe_targets
from nntrain.errors import DataError


class ColumnArguments(Protocol):
    """What a config says of columns: see the arguments of `csv`."""

    @property
    def target(self) -> str | int | tuple[str | int, ...] | None:
        """Columns to predict, the last where None."""

    @property
    def separator(self) -> str | None:
        """Between the labels in a cell of the target."""

    @property
    def weights(self) -> str | int | None:
        """Column of what each row counts for."""

    @property
    def group(self) -> str | int | None:
        """Column that says which rows belong together."""

    @property
    def task(self) -> Literal["classification", "regression"] | None:
        """Where the target does not say it."""

    @property
    def missing(self) -> Literal["error", "drop", "mean", "category"]:
        """What is done with missing values."""

    @property
    def drop(self) -> Sequence[str | int]:
        """Columns that are left out."""

    @property
    def categorical(self) -> Sequence[str | int]:
        """Columns whose numbers are names."""

    @property
    def dates(self) -> Sequence[str | int]:
        """Columns of dates."""

    @property
    def units(self) -> Sequence[str | int]:
        """Columns of numbers with percent or currency signs."""


def describe_table(table: Table, config: ColumnArguments, numerals: Numerals) -> Facts:
    """What the columns of the training table are.  Raises DataError."""
    names = table.names
    empty = table.empty
    full = [i for i in range(table.width) if i not in empty]
    given = config.target if isinstance(config.target, tuple) else () if config.target is None else (config.target,)
    targets = [table.find(column, "target") for column in given] or full[-1:]
    weights = None if config.weights is None else table.find(config.weights, "weights")
    if weights in targets:
        raise DataError(f"{table.name}: error: weights: column {names[targets[0]]} is the target")
    group = None if config.group is None else table.find(config.group, "group")
    if group in targets:
        raise DataError(f"{table.name}: error: group: column {names[targets[0]]} is the target")
    left_out = {*(table.find(c, "drop") for c in config.drop), *targets, weights, group}
    said = Said(
        *(
            {table.find(column, argument) for column in columns}
            for argument, columns in (
                ("categorical", config.categorical),
                ("dates", config.dates),
                ("units", config.units),
            )
        )
    )
    inputs = [i for i in full if i not in left_out]
    if not inputs:
        hint = "; what separates cells says delimiter" if table.width == 1 else ""
        if table.empty and table.warnings:
            hint = f" ({table.warnings[0].partition(': ')[2]})"
        raise DataError(f"{table.name}: error: {table.width} columns leave no input beside the target{hint}")
    for i in inputs:
        if i not in said.categorical:
            refuse_sentences(table, i, names[i])
    columns = [describe(table, i, names[i], said, numerals) for i in inputs]
    if config.missing == "category":
        columns = [replace(c, gap=bool(table.columns[c.at].missing.any())) for c in columns]
    goals = describe_targets(table, targets, config.task, config.separator, said, numerals)
    tell_doubts(table, columns, goals, said.categorical)
    tell_odd_values(table, columns, goals)
    of_weights = None
    if weights is not None:
        refuse_words(table, weights, names[weights], numerals, "weights")
        of_weights = numbers(table, weights, names[weights])
    layout = TableLayout(table.header, table.width, config.missing, goals, tuple(columns), of_weights)
    made = Preparation(layout=layout)
    if (labels := layout.labels) is not None:
        return Facts((layout.inputs,), "labels", classes=len(labels), label_names=labels, preparation=made)
    if len(goals) > 1 or config.separator is not None:
        made = replace(made, output_names=layout.outputs)
    return Facts((layout.inputs,), "values", outputs=len(layout.outputs), preparation=made)
