"""A config for a table, by looking at it: `nntrain init csv data.csv --target price`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from nntrain.components import values
from nntrain.data.csv import Csv
from nntrain.data.facts import required
from nntrain.data.starter_text import KEPT, column_list, csv_text, line, series_text
from nntrain.data.tables.cells import Cells
from nntrain.data.tables.column_doubts import is_identifier, is_same, is_sentences
from nntrain.data.tables.column_kinds import MOST_CLASSES, Kind, are_values, kind_of, no_categories, refuse_words
from nntrain.data.tables.table import Table
from nntrain.data.tables.table_dataset import TableDataset
from nntrain.data.tables.table_files import files_of, open_table
from nntrain.data.tables.table_reader import read_table
from nntrain.errors import ConfigError, DataError
from nntrain.messages import Warn, unheard

_WINDOW = 24  # time steps that a forecast sees
_READING = frozenset(name for name in TableDataset.__dataclass_fields__ if name in Csv.__dataclass_fields__)


@dataclass
class _Look:
    """What one column holds.  `different`: its words, dates or numbers, missing ones apart."""

    at: int
    name: str
    kind: Kind
    cells: Cells
    different: int
    missing: int


def starter(dataset: Csv, name: str, warn: Warn = unheard) -> str:
    """The YAML of a config called `name` that trains on the table of a dataset, whose arguments are kept: what it says
    of no column is found out.  What the config will say is tried on the table, as `fit` would.

    warn   is told what is taken of the file, or left out, without being said
    Raises DataError.
    """
    path, said = dataset.path, _said(dataset)
    if odd := said - KEPT:
        raise ConfigError(f"dataset.{min(odd)} says nothing of how the table is read; put it into the config")
    table = read_table([open_table(file, dataset.encoding) for file in files_of(path)], dataset.dialect)
    of_file, rows = table.name, len(table)
    if rows < 2:
        raise DataError(f"{of_file}: error: fewer than 2 rows of data ({rows}) are nothing to learn from")
    goals = [_look(table, at, dataset) for at in _targets(table, dataset)]
    for goal in goals:
        _refuse_target(table, goal, alone=all(goal.different < 2 for goal in goals))
    aside = {table.find(c, key) for key in ("weights", "group") if (c := getattr(dataset, key)) is not None}
    aside |= {table.find(c, "drop") for c in dataset.drop} | table.empty | {goal.at for goal in goals}
    looks = [_look(table, at, dataset) for at in range(table.width) if at not in aside]
    left_out = dict(_left_out(table, looks, goals))
    inputs = [look for look in looks if look.at not in left_out]
    if _is_series(table, inputs, goals) and said <= _READING | {"target"} and isinstance(path, Path):
        _tell(table, warn)
        time = column_list(table, [inputs[0].at])[0]
        return series_text(dataset, name, rows, goals[0].name, time, _WINDOW, said & _READING)
    if not inputs:
        reasons = "; ".join(f"{line(look.name)}: {left_out[look.at]}" for look in looks)
        alone = "there is the target alone; of rows in order dataset type series forecasts the next"
        raise DataError(f"{of_file}: error: no column is an input: {reasons or alone}")
    complete = _completed(dataset, table, inputs, goals, [*left_out])
    facts = complete.describe(table)
    complete.rows(table, required(facts.preparation.layout, "a table"), described=True)
    _tell(table, warn)
    out = [(look.name, left_out[look.at]) for look in looks if look.at in left_out]
    gaps = [(look.name, look.missing) for look in [*inputs, *goals] if look.missing]
    words = sum(look.kind == "words" for look in inputs)
    made_of = f"{len(inputs)} input{'s' * (len(inputs) > 1)}" + (f" ({words} of them categories)" if words else "")
    return csv_text(complete, facts, name, table, made_of, _goal_text(goals, facts.target, complete), out, gaps)


def _tell(table: Table, warn: Warn) -> None:
    for text in table.warnings:
        warn(text)


def _said(dataset: Csv) -> frozenset[str]:
    """The arguments that are not as they are by default, the path apart."""
    usual = values(Csv(dataset.path))
    return frozenset(key for key, value in values(dataset).items() if value != usual[key])


def _targets(table: Table, dataset: Csv) -> list[int]:
    """The target columns: as said, or the last that holds anything."""
    given = dataset.target if isinstance(dataset.target, tuple) else (dataset.target,)
    empty = table.empty
    if given == (None,):
        return [i for i in range(table.width) if i not in empty][-1:]
    found = []
    for column in given:
        if isinstance(column, str) and column not in table.names and column.lstrip("-").isdigit():
            column = int(column)
        found.append(table.find(column if column is not None else -1, "target"))
    for at in found:
        if at in empty:
            raise table.error(None, at, f"target {table.names[at]} has no value; choose another with --target")
    return found


def _look(table: Table, at: int, dataset: Csv) -> _Look:
    """What a column holds."""
    cells, kind = table.columns[at], kind_of(table.columns[at], dataset.dialect.numerals)
    for key, said in (("categorical", "words"), ("dates", "dates"), ("units", "amounts")):
        if at in {table.find(column, key) for column in getattr(dataset, key)}:
            kind = said  # type: ignore[assignment]  # they are Kinds
    return _Look(at, table.names[at], kind, cells, len(cells.names()), int(cells.missing.sum()))


def _refuse_target(table: Table, goal: _Look, alone: bool) -> None:
    """Raise DataError for a column that is nothing to predict; beside others that are, `fit` warns of one that is the
    same in every row.
    """
    if goal.different < 2 and alone:
        hint = "is the same in every row; choose another with --target"
        raise DataError(f"{table.name}: error: target {goal.name} {hint}")
    if goal.kind == "dates":
        hint = "holds dates, and a date is no target; choose with --target"
        raise DataError(f"{table.name}: error: target {goal.name} {hint}")


def _left_out(table: Table, looks: Sequence[_Look], goals: Sequence[_Look]) -> Iterator[tuple[int, str]]:
    """The columns that are no inputs, and why."""
    for look in looks:
        named = look.name if not table.header or table.first[look.at] else "unnamed: 0"
        goal = next((goal for goal in goals if is_same(look.cells, goal.cells)), None)
        if look.different == 0:
            yield look.at, "it is empty"
        elif look.different == 1 and not look.missing:
            yield look.at, "it is the same in every row"
        elif look.kind == "words" and is_sentences(look.cells):
            yield look.at, f"it holds sentences, from which dataset labelled_text learns (text: {line(look.name)})"
        elif look.kind == "words" and no_categories(look.different, len(table)):
            yield look.at, "nearly every row has its own"
        elif goal is not None:
            yield look.at, f"it is the same as the target {line(goal.name)}"
        elif len(looks) > 1 and look.kind == "numbers" and is_identifier(look.cells, named, by_name=True):
            yield look.at, "another whole number in every row, like an id"


def _is_series(table: Table, inputs: Sequence[_Look], goals: Sequence[_Look]) -> bool:
    """Whether a column of numbers stands beside dates alone, in the order of time."""
    goal = goals[0]
    only_dates = bool(inputs) and table.header and len(goals) == 1 and all(look.kind == "dates" for look in inputs)
    return only_dates and goal.kind == "numbers" and len(table) >= 2 * _WINDOW and goal.different > MOST_CLASSES


def _completed(
    dataset: Csv, table: Table, inputs: Sequence[_Look], goals: Sequence[_Look], left_out: Sequence[int]
) -> Csv:
    """The dataset with all that was found out."""

    def columns(kind: Kind, said: tuple[str | int, ...], looks: Sequence[_Look]) -> tuple[str | int, ...]:
        known = {table.find(column, kind) for column in said}
        return (*said, *column_list(table, [look.at for look in looks if look.kind == kind and look.at not in known]))

    targets = column_list(table, [goal.at for goal in goals])
    task = dataset.task
    if len(goals) == 1 and dataset.separator is None and task is None:
        if goals[0].kind == "numbers":  # in another writing they would be labels
            refuse_words(table, goals[0].at, goals[0].name, dataset.dialect.numerals, "target", or_labels=True)
        task = _task(goals[0])
    gaps = any(look.missing for look in [*inputs, *goals])
    missing = dataset.missing
    if missing == "error" and gaps:
        missing = "drop" if any(goal.missing for goal in goals) else "mean"
    return replace(
        dataset,
        target=targets[0] if len(targets) == 1 else targets,
        task=task,
        drop=(*dataset.drop, *column_list(table, left_out)),
        dates=columns("dates", dataset.dates, inputs),
        units=columns("amounts", dataset.units, [*inputs, *goals]),
        missing=missing,
        standardize=True,
    )


def _task(goal: _Look) -> Literal["classification", "regression"]:
    if goal.kind != "numbers":
        return "regression" if goal.kind == "amounts" else "classification"
    return "regression" if are_values(goal.cells.values) else "classification"


def _goal_text(goals: Sequence[_Look], target: str, dataset: Csv) -> str:
    """What is predicted, for the first line."""
    names = ", ".join(line(goal.name) for goal in goals)
    if len(goals) > 1 or dataset.separator is not None:
        return f"target{'s' * (len(goals) > 1)} {names}"
    what = "classes" if target == "labels" else "different values"
    return f"target {names} with {goals[0].different} {what}"
