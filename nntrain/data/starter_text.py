"""The text of a config that `nntrain init csv` writes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from nntrain.data.csv import Csv
from nntrain.data.facts import Facts, required
from nntrain.data.tables.table import Table
from nntrain.files.plain_values import yaml_word

_MANY = 2000  # rows from which on those of the validation part decide when to stop
_SOME = 100  # rows of which a twentieth is enough to watch: the others are better learned from
_FEWEST = 10  # rows of which some can be a validation part
_COMMENT = 28  # where comments begin
# what the config says of the file and its columns, in this order, where it is not the default
_OF_FILE = ("header", "delimiter", "encoding", "decimal", "thousands", "comment", "missing_values", "sheet")
_OF_COLUMNS = ("categorical", "dates", "units", "weights", "group", "separator", "unknown")
KEPT = frozenset((*_OF_FILE, *_OF_COLUMNS, "target", "task", "drop", "missing", "validation", "test", "batch_size"))
_WHY = {"dates": "year, month, day and weekday each", "units": "numbers with a sign"}


def line(text: str) -> str:
    """A name for a comment, which ends with its line."""
    return " ".join(text.split())


def column_list(table: Table, at: Sequence[int]) -> tuple[str | int, ...]:
    """Columns as a config calls them: by name, or by number where there is no header."""
    return tuple(table.names[i] if table.header else i for i in at)


def csv_text(
    dataset: Csv,
    facts: Facts,
    name: str,
    table: Table,
    inputs: str,
    goal: str,
    left_out: Sequence[tuple[str, str]],
    gaps: Sequence[tuple[str, int]],
) -> str:
    """A config for a table.

    inputs, goal   what is learned from what, in words
    left_out       columns that are no inputs, and why
    gaps           columns with missing values, and how many these are
    """
    by = "name" if table.header else "number from 0, as there is no header"
    lines = [
        f"# {line(table.name)}: {len(table):,} rows, {inputs}, {goal}.",
        *_head(name, "csv", dataset, _OF_FILE),
        _entry("target", dataset.target, f"{'columns' if isinstance(dataset.target, tuple) else 'a column'} by {by}"),
    ]
    if dataset.task is not None:
        lines.append(_entry("task", dataset.task))
    if dataset.drop:
        lines.append(_entry("drop", dataset.drop, "; ".join(f"{line(name)}: {reason}" for name, reason in left_out)))
    lines += [_entry(key, value, _WHY.get(key, "")) for key in _OF_COLUMNS if (value := _unusual(dataset, key))]
    if dataset.missing != "error":
        how = {"drop": "leaves these rows out", "mean": "fills in the training part's mean"}
        where = ", ".join(f"{count} in {line(name)}" for name, count in gaps)
        said = f"{dataset.missing} {how.get(dataset.missing, 'says that a value is missing')}"
        lines.append(_entry("missing", dataset.missing, f"{where}; {said}" if where else said))
    lines.append(_entry("standardize", True, "inputs to mean 0 and deviation 1, fitted on the training part"))
    questions = required(facts.preparation.layout, "a table").questions
    outputs, loss, metrics = "$dataset.outputs", "binary_cross_entropy", ["accuracy", "f1"]
    if facts.target == "labels":
        outputs, loss, metrics = "$dataset.classes", "cross_entropy", ["accuracy", "confusion"]
    elif not questions:
        lines.append(_entry("standardize_target", True, "metrics and predictions stay in the target's units"))
        outputs, loss, metrics = outputs if facts.outputs != 1 else "1", "mse", ["mae", "rmse", "r2"]
    lines += _rest(dataset, len(table), outputs, loss, metrics)
    return "\n".join(lines) + "\n"


def series_text(
    dataset: Csv, name: str, rows: int, goal: str, time: str | int, window: int, said: Collection[str]
) -> str:
    """A config for one value after another: a forecast of the next from the last ones."""
    lines = [
        f"# {line(str(dataset.path))}: {rows:,} values in the order of time: "
        f"forecast the next {line(goal)} from the last {window}.",
        *_head(name, "series", dataset, [key for key in _OF_FILE if key in said]),
        _entry("columns", (goal,)),
        _entry("time", time),
        _entry("window", window),
        *_rest(dataset, rows, "$dataset.outputs", "mse", ["mae", "rmse", "r2"], first=("flatten",)),
    ]
    return "\n".join(lines) + "\n"


def _head(name: str, kind: str, dataset: Csv, keys: Sequence[str]) -> list[str]:
    return [
        "# Train it: nntrain fit config.yaml",
        f"name: {_scalar(name)}",
        "seed: 0",
        "",
        "dataset:",
        f"  type: {kind}",
        _entry("path", dataset.path),
        *(_entry(key, value) for key in keys if (value := _unusual(dataset, key)) is not None),
    ]


def _rest(
    dataset: Csv, rows: int, outputs: str, loss: str, metrics: Sequence[str], first: Sequence[str] = ()
) -> list[str]:
    """Parts, network and training.  A validation part of few rows is watched, but which checkpoint is the best it would
    decide by chance.
    """
    few = rows < _MANY
    validation = 0 if rows < _FEWEST else 0.05 if few and rows >= _SOME else 0.1
    lines = [
        _entry("validation", validation, "watched while it trains" if validation else _TOO_FEW, said=dataset),
        _entry("test", 0.2, "measured once, at the end", said=dataset),
        _entry("batch_size", 16 if few and not first else 32 if rows < 20_000 else 128, said=dataset),
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
            _entry("monitor", "train.loss", "which checkpoint is the best: few rows of validation decide by chance")
        )
    if not few:
        lines.append("  early_stopping: {patience: 25}  # keeps the checkpoint with the lowest validation.loss")
    return lines


_TOO_FEW = "too few rows for a part of their own"


def _unusual(dataset: Csv, key: str) -> object:
    """The value of an argument where it is not the default, else None."""
    value: object = getattr(dataset, key)
    return None if value == getattr(Csv(Path()), key) else value


def _entry(key: str, value: object, comment: str = "", said: Csv | None = None) -> str:
    """A line of the config; its value is that of the dataset where this is not the default."""
    if said is not None and (given := _unusual(said, key)) is not None:
        value, comment = given, ""
    text = f"  {key}: {_flow(value)}"
    return f"{text:{_COMMENT - 1}} # {comment}" if comment else text


def _flow(value: object) -> str:
    """A value as YAML in one line."""
    if isinstance(value, (str, Path)):
        return _scalar(str(value))
    if isinstance(value, bool) or value is None:
        return "null" if value is None else str(value).lower()
    return f"[{', '.join(map(_flow, value))}]" if isinstance(value, tuple) else str(value)


def _scalar(text: str) -> str:
    """A text that the config takes for this text: `$x` refers to a value, `$$x` is the text `$x`."""
    return yaml_word(f"${text}" if text.startswith("$") else text)
