"""A config for a csv file, by looking at the file: `nntrain init csv data.csv --target price`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nntrain.data.tables.column_kinds import (
    MOST_CLASSES,
    Kind,
    Said,
    are_values,
    describe,
    kind_of,
    no_categories,
    refuse_words,
)
from nntrain.data.tables.column_values import values
from nntrain.data.tables.dialect import Dialect
from nntrain.data.tables.table import Table
from nntrain.data.tables.table_reader import read_table
from nntrain.data.tables.text_files import TextFile
from nntrain.errors import DataError
from nntrain.files.plain_values import yaml_word
from nntrain.messages import Warn, did_you_mean, unheard

_MANY = 2000  # rows from which on those of the validation part decide when to stop
_FEWEST = 10  # rows of which some can be a validation part
_WINDOW = 24  # time steps that a forecast sees


@dataclass
class _Column:
    """What one column holds.  `different`: its words, dates or numbers, missing ones apart."""

    at: int
    name: str
    kind: Kind
    different: int
    missing: int

    def useless(self, rows: int) -> str:
        """Why it is no input, or nothing."""
        if self.different == 0:
            return "it is empty"
        if self.different == 1:
            return "it is the same in every row"
        if self.kind == "words" and no_categories(self.different, rows):
            return "nearly every row has its own"
        return ""


def starter(path: Path, target: str | None, name: str, header: bool | None = None, warn: Warn = unheard) -> str:
    """The YAML of a config called `name` that trains on the file.

    header   whether the first row names the columns; None: found out
    warn     is told what is taken of the file, or left out, without being said
    Raises DataError.
    """
    table = read_table(TextFile(path), Dialect(header))
    given = [] if header is None else [f"  header: {str(header).lower()}"]
    header, names, rows = table.header, table.names, len(table)
    if rows < 2:
        raise DataError(f"{path}: error: fewer than 2 rows of data ({rows}) are nothing to learn from")
    empty = table.empty
    full = [i for i in range(table.width) if i not in empty]
    at = full[-1] if target is None else _find(path, target, names, header)
    if at in table.empty:
        raise table.error(None, at, f"target {names[at]} has no value; choose another with --target")
    columns = [_look(table, i, names[i]) for i in full]
    for text in table.warnings:
        warn(text)
    goal = next(column for column in columns if column.at == at)
    if goal.different < 2:
        raise DataError(f"{path}: error: target {goal.name} is the same in every row; choose another with --target")
    left_out = {c.at: reason for c in columns if c is not goal and (reason := c.useless(rows))}
    inputs = [c for c in columns if c is not goal and c.at not in left_out]
    if goal.kind == "dates":
        raise DataError(f"{path}: error: target {goal.name} holds dates, and a date is no target; choose with --target")
    only_dates = all(column.kind == "dates" for column in inputs)
    if only_dates and goal.kind == "numbers" and header and rows >= 2 * _WINDOW and goal.different > MOST_CLASSES:
        return _series(path, name, given, rows, goal)
    if not inputs:
        raise DataError(
            f"{path}: error: no column is an input: "
            + "; ".join(f"{_line(columns[at].name)}: {reason}" for at, reason in left_out.items())
        )
    out = [(columns[at], reason) for at, reason in left_out.items()]
    return _yaml(path, name, given, rows, header, goal, _task(table, goal), inputs, out)


def _look(table: Table, at: int, name: str) -> _Column:
    """What a column holds.  Raises DataError where `fit` would, whatever the config said."""
    cells, numerals = table.columns[at], Dialect().numerals
    kind = kind_of(cells, numerals)
    if kind == "numbers":
        refuse_words(table, at, name, numerals)
    if kind in ("amounts", "dates"):
        column = describe(table, at, name, Said(dates=[at] if kind == "dates" else [], units=[at]), numerals)
        values(table, at, column, numerals)
    return _Column(at, name, kind, len(cells.names()), int(cells.missing.sum()))


def _find(path: Path, target: str, names: list[str], header: bool) -> int:
    if target in names:
        return names.index(target)
    if target.lstrip("-").isdigit() and -len(names) <= int(target) < len(names):
        return int(target) % len(names)
    there = ", ".join(names) if header else f"no header, so columns are 0 to {len(names) - 1}"
    hint = did_you_mean(target, names) if header else ""
    raise DataError(f"{path}: error: --target: no column {target!r} ({there}){hint}")


def _task(table: Table, goal: _Column) -> str:
    if goal.kind != "numbers":
        return "regression" if goal.kind == "amounts" else "classification"
    return "regression" if are_values(table.columns[goal.at].values) else "classification"


def _yaml(
    path: Path,
    name: str,
    given: list[str],
    rows: int,
    header: bool,
    goal: _Column,
    task: str,
    inputs: list[_Column],
    out: list[tuple[_Column, str]],
) -> str:
    words = [c for c in inputs if c.kind == "words"]
    missing = sum(c.missing for c in [*inputs, goal])
    regression = task == "regression"
    made_of = f"{len(inputs)} input{'s' * (len(inputs) > 1)}" + (f" ({len(words)} of them categories)" if words else "")
    kind = f"{goal.different} different values" if regression else f"{goal.different} classes"
    target = _scalar(goal.name) if header else goal.name
    lines = [
        f"# {_line(path.name)}: {rows:,} rows, {made_of}, target {_line(goal.name)} with {kind}.",
        "# Train it: nntrain fit config.yaml",
        f"name: {_scalar(name)}",
        "seed: 0",
        "",
        "dataset:",
        "  type: csv",
        f"  path: {_scalar(str(path))}",
        *given,
        f"  target: {target:17} # a column by {'name' if header else 'number from 0, as there is no header'}",
        f"  task: {task}",
    ]
    if out:
        dropped = ", ".join(_scalar(c.name) if header else c.name for c, _ in out)
        reasons = "; ".join(f"{_line(c.name)}: {reason}" for c, reason in out)
        lines.append(f"  drop: [{dropped}]  # {reasons}")
    listed = (("dates", "dates", "year, month, day and weekday each"), ("units", "amounts", "numbers with a sign"))
    for key, kind, what in listed:
        if named := [_scalar(c.name) if header else c.name for c in [*inputs, goal] if c.kind == kind]:
            lines.append(f"  {key}: [{', '.join(named)}]  # {what}")
    if missing:
        where = ", ".join(f"{c.missing} in {_line(c.name)}" for c in [*inputs, goal] if c.missing)
        policy = "drop" if goal.missing else "mean"
        said = "leaves these rows out" if goal.missing else "fills in the training part's mean"
        lines.append(f"  missing: {policy}             # {where}; {policy} {said}")
    lines.append("  standardize: true         # inputs to mean 0 and deviation 1, fitted on the training part")
    if regression:
        lines.append("  standardize_target: true  # metrics and predictions stay in the target's units")
    measured = ["mae", "rmse", "r2"] if regression else ["accuracy", "confusion"]
    lines += _rest(rows, "1" if regression else "$dataset.classes", "mse" if regression else "cross_entropy", measured)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _rest(rows: int, outputs: str, loss: str, metrics: list[str], first: tuple[str, ...] = ()) -> list[str]:
    """Parts, network and training.  A validation part of few rows is watched, but which checkpoint is the best it would
    decide by chance.
    """
    few = rows < _MANY
    validation = "0.1           # watched while it trains"
    if rows < _FEWEST:
        validation = "0             # too few rows for a part of their own"
    lines = [
        f"  validation: {validation}",
        "  test: 0.2                 # measured once, at the end",
        f"  batch_size: {32 if rows < 20_000 else 128}",
        "",
        "architecture:",
        *(f"  - {layer}" for layer in first),
        "  - dense: {units: 100, init: xavier_uniform}",
        "  - relu",
        f"  - dense: {outputs}",
        "",
        f"loss: {loss}",
        "optimizer: {type: adamw, lr: 2e-3, weight_decay: 0.01}",
        "schedule: cosine",
        f"metrics: [{', '.join(metrics)}]",
        "",
        "training:",
        f"  epochs: {200 if few else 100 if rows < 20_000 else 40}",
    ]
    if few and rows >= _FEWEST:
        lines.append(
            "  monitor: train.loss       # which checkpoint is the best: few rows of validation decide by chance"
        )
    if not few:
        lines.append("  early_stopping: {patience: 25}  # keeps the checkpoint with the lowest validation.loss")
    return lines


def _series(path: Path, name: str, given: list[str], rows: int, goal: _Column) -> str:
    """One value after another: a forecast of the next from the last ones."""
    lines = [
        f"# {_line(path.name)}: {rows:,} values in the order of time: "
        f"forecast the next {_line(goal.name)} from the last {_WINDOW}.",
        "# Train it: nntrain fit config.yaml",
        f"name: {_scalar(name)}",
        "seed: 0",
        "",
        "dataset:",
        "  type: series",
        f"  path: {_scalar(str(path))}",
        *given,
        f"  columns: [{_scalar(goal.name)}]",
        f"  window: {_WINDOW}",
        *_rest(rows, "$dataset.outputs", "mse", ["mae", "rmse", "r2"], first=("flatten",)),
    ]
    return "\n".join(lines) + "\n"


def _line(text: str) -> str:
    """A name for a comment, which ends with its line."""
    return " ".join(text.split())


def _scalar(text: str) -> str:
    """A text that the config takes for this text: `$x` refers to a value, `$$x` is the text `$x`."""
    return yaml_word(f"${text}" if text.startswith("$") else text)
