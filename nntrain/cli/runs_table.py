"""The columns of `runs` and `compare`: what differs between runs, and what they measure; of several tasks in one folder
the keys that each run has, and the value that each monitors, as a table of hundreds of columns shows nothing."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from nntrain.cli.tables import Column, table
from nntrain.cli.terminal import broken, room, say, width_of
from nntrain.cli.value_texts import aligned, cell, number, spread
from nntrain.files.plain_values import Json

if TYPE_CHECKING:
    from nntrain.runs.comparison import Compared, Experiment

_FEW = 6  # config keys that are shown in any window; runs of other networks differ in dozens
Value = TypeVar("Value")


def named(rows: Sequence[Mapping[str, Json]]) -> list[Column]:
    """The columns that every table of runs begins with."""
    names = Column("run", [os.path.basename(row["run"]) for row in rows], right=False)
    return [names, Column("status", [row["status"] for row in rows], right=False)]


class Values:
    """The columns of a table that has a line a run, or a line an experiment.

    keys     config keys in which they differ; of more than a few those that each has
    metrics  all of them, what the runs monitor first; of several tasks with little in common none: `of_runs` has one
             value a line then
    lacking  what is left out of both, in words
    """

    def __init__(self, compared: Compared, keys: Sequence[str]):
        self.compared = compared
        few = len(keys) <= _FEW
        self.keys = list(keys) if few else _of_all(compared, keys)
        self._watched = {} if few else self._by_task()
        monitored = {row.get("monitor") for row in compared.rows}
        self.metrics = [] if self._watched else sorted(compared.metrics, key=lambda name: name not in monitored)
        self.lacking = []
        if hidden := len(keys) - len(self.keys):
            self.lacking.append(f"{hidden} keys that not all of these runs have")
        if self._watched:
            self.lacking.append(f"{len(compared.metrics)} metrics of single tasks (--csv has them)")

    def _by_task(self) -> dict[int, str]:
        """What each run monitors; nothing where all are of one task."""
        from nntrain.runs.best_runs import rankings

        tasks = rankings(self.compared)
        return {i: task.metric or "" for task in tasks for i in task.order} if len(tasks) > 1 else {}

    def of_runs(self) -> list[Column]:
        """A line a run."""
        lines = range(len(self.compared.rows))
        columns = [Column(k, [cell(self.compared.value(i, k)) for i in lines], rank=2) for k in self.keys]
        found = self.compared.measured
        if self._watched:
            return columns + self._one_value(lines, found, number)
        return columns + [Column(name, aligned([one.get(name) for one in found])) for name in self.metrics]

    def of_experiments(self, groups: Sequence[Experiment]) -> list[Column]:
        """A line an experiment: mean ± deviation."""
        columns = [Column(key, [cell(one.config[key]) for one in groups], rank=2) for key in self.keys]
        found = [{name: value for name, value in one.metrics.items() if value is not None} for one in groups]
        if self._watched:
            return columns + self._one_value([one.runs[0] for one in groups], found, spread)
        return columns + [Column(name, [spread(one.get(name)) for one in found]) for name in self.metrics]

    def _one_value(
        self, runs: Sequence[int], found: Sequence[Mapping[str, Value]], told: Callable[[Value], str]
    ) -> list[Column]:
        """What the runs of each line monitor, its value, and that of the test part."""
        watched = [self._watched.get(i, "") for i in runs]
        tests = [f"test.{metric.partition('.')[2]}" for metric in watched]
        best, test = (
            [told(one[name]) if name in one else "" for one, name in zip(found, names, strict=True)]
            for names in (watched, tests)
        )
        return [
            Column("monitored", watched, right=False, least=len("validation.loss")),
            Column("best", best),
            Column("test", test),
        ]


def _of_all(compared: Compared, keys: Sequence[str]) -> list[str]:
    """Those that each run has, and of networks none where they are not alike: the third layer of each is no column."""
    runs = [i for group in compared.groups for i in group]
    found = [key for key in keys if all(compared.value(i, key) is not None for i in runs)]
    layers = [key for key in keys if key.startswith("architecture.")]
    alike = all(key in found for key in layers)
    return found if alike else [key for key in found if key not in layers]


def fitted(first: Sequence[Column], columns: Sequence[Column]) -> tuple[str, list[str]]:
    """The table, and the heads of what is left out: a few config keys are shown in any window, of more what fits."""
    width = room(sys.stdout)
    keys = [column.head for column in columns if column.rank == 2]
    if len(keys) <= _FEW:
        return table([*first, *columns], width, split=True)
    shown, left_out = table([*first, *columns], width)
    if width is None or all(width_of(line) <= width for line in shown.split("\n")):
        return shown, left_out
    return table([*first, *(column for column in columns if column.rank != 2)], width, split=True)[0], keys


def say_left_out(heads: Sequence[str], lacking: Sequence[str] = ()) -> None:
    """What a table lacks, to stderr: stdout has the table alone."""
    if told := ", ".join([*heads, *lacking]):
        say(broken(f"left out: {told}", room(sys.stderr)))


def print_listing(compared: Compared, echo: Callable[[str], None]) -> None:
    """`nntrain runs` for people: status, epochs, what differs, and metrics."""
    rows = compared.rows
    first = [*named(rows), Column("epochs", [cell(row.get("epoch")) for row in rows])]
    if any(row.get("best") for row in rows):
        first.append(Column("best epoch", [cell((row.get("best") or {}).get("epoch")) for row in rows], rank=1))
    values = Values(compared, compared.keys)
    shown, left_out = fitted(first, values.of_runs())
    echo(shown)
    say_left_out(left_out, values.lacking)
