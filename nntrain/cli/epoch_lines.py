"""The table of a run in training: a line an epoch, under a head that is written once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import click

from nntrain.cli.tables import broken_head
from nntrain.cli.value_texts import fixed

if TYPE_CHECKING:
    from nntrain.files.plain_values import JsonObject
    from nntrain.training.engine import Engine

_NUMBER = 7  # columns that a value takes at least


@dataclass
class _Column:
    """A column: `rank` says how soon a narrow window lacks it, 0 never."""

    part: str
    name: str
    rank: int
    least: int = _NUMBER

    def __post_init__(self) -> None:
        self.head = broken_head(self.name).split("\n")
        self.width = max(self.least, *map(len, self.head))


class EpochLines:
    """Lays out the lines of a run's log as a table that fits the window.

    The best so far has a star, and its value is bold.
    """

    def __init__(self, engine: Engine):
        self.engine = engine
        self.epochs = -(-engine.total // engine.steps_per_epoch)
        self.by_steps = engine.config.training.evaluate.steps is not None  # an epoch may have several lines
        self.monitored = engine.monitor.name if engine.monitor is not None else ""
        self._columns: list[_Column] = []
        self._known: set[tuple[str, str]] = set()
        self._room = 0

    def place(self, line: JsonObject) -> str:
        """Where a line stands, on a line of its own: `epoch 4`, `epoch 1  step 20`."""
        return f"epoch {line['epoch']}" + (f"  step {line['step']}" if self.by_steps else "")

    def texts(self, line: JsonObject, timing: JsonObject, room: int) -> Iterator[str]:
        """The row of a line; before it a head where this is the first, the values are others or the window is."""
        here = {(part, name) for part in ("train", "validation") for name in _values(line, part)}
        if room != self._room or not here <= self._known:
            self._room = room
            self._columns = self._chosen(line, room)
            self._known |= here
            yield from self._head()
        yield self._row(line, timing)

    def _chosen(self, line: JsonObject, room: int) -> list[_Column]:
        """The columns that fit: speed goes first, then what is measured of the training part, then other metrics."""
        parts = [part for part in ("train", "validation") if part in line or part in self.engine.data.parts]
        columns = [_Column("", "epoch", 0, least=2 * len(str(self.epochs)) + 1)]
        if self.by_steps:
            columns.append(_Column("", "step", 1, least=len(str(self.engine.total))))
        for part in parts:
            for i, name in enumerate(_values(line, part) or _values(line, "train")):
                loss = 10 if name == "loss" else 20 + i
                watched = f"{part}.{name}" == self.monitored
                columns.append(_Column(part, name, 0 if watched else loss + 100 * (part == "train")))
        columns.append(_Column("", "ms/step", 1000))
        while _total(columns) > room and any(column.rank for column in columns):
            columns.remove(max(columns, key=lambda column: column.rank))
        for part in parts:  # the part's name stands over its columns
            own = [column for column in columns if column.part == part]
            if own and (missing := len(part) + 2 - _total(own)) > 0:
                own[-1].width += missing
        return columns

    def _head(self) -> Iterator[str]:
        columns = self._columns
        groups = [(part, list(group)) for part, group in groupby(columns, lambda column: column.part)]
        over = [_ruled(part, _total(group)) for part, group in groups]
        if any(part for part, _ in groups):
            yield click.style("  ".join(over).rstrip(), dim=True)
        tall = max(len(column.head) for column in columns)
        for row in range(tall):
            texts = [
                column.head[row - tall + len(column.head)] if row >= tall - len(column.head) else ""
                for column in columns
            ]
            yield click.style(_joined(texts, columns), dim=True)

    def _row(self, line: JsonObject, timing: JsonObject) -> str:
        engine, cells = self.engine, []
        best = engine.monitor is not None and engine.monitor.best_step == line["step"]
        speed = step_time(engine.batch_size / (timing["examples_per_second"] or 1e-9))
        own = {"epoch": f"{line['epoch']}/{self.epochs}", "step": str(line["step"]), "ms/step": speed}
        for column in self._columns:
            if not column.part:
                text = own[column.name].rjust(column.width)
            else:
                value = _values(line, column.part).get(column.name)
                text = ("" if value is None else fixed(value, column.width)).rjust(column.width)
                if best and f"{column.part}.{column.name}" == self.monitored:
                    text = click.style(text, bold=True, fg="green") + "*"
            cells.append(text)
        return "  ".join(cells).replace("*  ", "* ").rstrip()


def step_time(seconds: float) -> str:
    """Milliseconds a step, three digits of them."""
    milliseconds = 1000 * seconds
    return f"{milliseconds:.{2 if milliseconds < 10 else 1 if milliseconds < 100 else 0}f}"


def split_naive(line: JsonObject) -> tuple[JsonObject, JsonObject]:
    """The measures of a forecast by rule, and the line without them."""
    measured = line.get("validation", {})
    naive = {name[6:]: value for name, value in measured.items() if name.startswith("naive_")}
    rest = {name: value for name, value in measured.items() if not name.startswith("naive_")}
    return naive, {**line, "validation": rest} if naive else dict(line)


def _values(line: JsonObject, part: str) -> dict[str, float]:
    """The numbers of a part; a confusion matrix is none."""
    return {name: value for name, value in line.get(part, {}).items() if isinstance(value, int | float)}


def _total(columns: Sequence[_Column]) -> int:
    return sum(column.width for column in columns) + 2 * (len(columns) - 1)


def _ruled(part: str, width: int) -> str:
    """A part's name over its columns, in the middle of a line."""
    return f" {part} ".center(width, "─") if part else " " * width


def _joined(texts: Sequence[str], columns: Sequence[_Column]) -> str:
    return "  ".join(text.rjust(column.width) for text, column in zip(texts, columns, strict=True)).rstrip()
