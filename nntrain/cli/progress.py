"""What fit and resume show of a run: progress on stderr, at the end the run directory on stdout."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from nntrain.cli.epoch_lines import EpochLines, split_naive, step_time
from nntrain.cli.live_lines import Live
from nntrain.cli.terminal import print_path, say
from nntrain.cli.value_texts import bar, clock, fixed, values_line
from nntrain.messages import printable_lines
from nntrain.parallel import team
from nntrain.runs import FINISHED
from nntrain.training.engine import Observer

if TYPE_CHECKING:
    from nntrain.files.plain_values import JsonObject
    from nntrain.inference.transfer import Taken
    from nntrain.training.engine import Engine
    from nntrain.training.session import Result

REFRESH_SECONDS = 0.1
_LONGEST_BAR, _SHORTEST_BAR = 20, 6


class Progress(Observer):
    """Prints what a run does: on a terminal a growing table with a bar below it, elsewhere a line an epoch."""

    def __init__(self, quiet: bool):
        self.live = Live(None if quiet else sys.stderr)
        self.draw_at = 0.0
        self.started = (0.0, 0)
        self.naive: JsonObject = {}

    def begun(self, engine: Engine) -> None:
        """Note where the run stands."""
        self.engine = engine
        self.lines = EpochLines(engine)
        self.started = (time.perf_counter(), engine.step)
        of = {metric.type: metric.positive_class(engine.data.facts) for metric in engine.config.metrics}
        for positive in {name for name in of.values() if name is not None}:
            told = f"{', '.join(name for name in of if of[name] == positive)}: of the class {positive}"
            self.live.print(printable_lines(told))

    def begins_from(self, taken: Taken) -> None:
        """Say what initial values were taken, and what was not."""
        for text in taken.told():
            self.live.print(printable_lines(text))

    def step(self, engine: Engine) -> None:
        """Draw the bar again, if it is time."""
        if self.live.drawable and (now := time.perf_counter()) >= self.draw_at:
            self.live.draw([self._bar(now)])
            ended = time.perf_counter()
            # a metric of the order of all examples takes its time: the bar takes a tenth of the run's at most
            self.draw_at = ended + max(REFRESH_SECONDS, 9 * (ended - now))

    def line(self, line: JsonObject, timing: JsonObject) -> None:
        """Print a line of the log."""
        if not self.live.drawable:
            parts = [f"{part}: {values_line(line[part])}" for part in ("train", "validation") if part in line]
            self.live.print("  ".join([self.lines.place(line), *parts]))
            return
        naive, line = split_naive(line)
        if naive and naive != self.naive:  # the same in every line, as it learns nothing
            self.live.print(f"naive forecast  validation: {values_line(naive)}")
            self.naive = naive
        for text in self.lines.texts(line, timing, self.live.columns):
            self.live.print(text)

    def warning(self, message: str) -> None:
        """Print it, whatever --quiet says."""
        self.live.clear()
        say(f"warning: {message}")

    def clear(self) -> None:
        """Take the bar away, before anything else is written to the terminal."""
        self.live.clear()

    def _bar(self, now: float) -> str:
        """`epoch 4/20  █████░░░░  0:12 left  loss 0.6343  0.24 ms/step`, as much of it as there is room for."""
        engine, (began, first) = self.engine, self.started
        seconds, steps = now - began, max(1, engine.step - first)
        share = engine.step / engine.total
        left = clock((engine.total - engine.step) * seconds / steps)
        values = {name: value for name, value in engine.trainer.results().items() if isinstance(value, int | float)}
        # (how soon it goes, text)
        pieces = [(0, f"epoch {engine.epoch}/{self.lines.epochs}"), (1, f"{left} left")]
        pieces += [(2 + i, f"{name} {fixed(value, 7)}") for i, (name, value) in enumerate(values.items())]
        pieces.append((100, f"{step_time(seconds / steps)} ms/step"))
        room = self.live.columns
        while len(text := "  ".join(piece for _, piece in pieces)) > room and len(pieces) > 1:
            pieces.remove(max(pieces))
        width = min(_LONGEST_BAR, room - len(text) - 2)
        if width >= _SHORTEST_BAR:
            text = "  ".join([pieces[0][1], bar(share, width), *(piece for _, piece in pieces[1:])])
        return text[:room]


@contextmanager
def observer(is_quiet: bool, tensorboard: bool) -> Iterator[Observer]:
    """Who watches the run: the progress on stderr, and event files where they are wanted.

    Of processes that train together the first one alone shows anything.
    """
    if not team.current().first:
        yield Observer()
        return
    progress = Progress(is_quiet)
    if not tensorboard:
        try:
            yield progress
        finally:
            progress.clear()
        return
    from nntrain.cli.tensorboard import Both, Events

    events = Events()
    try:
        yield Both(progress, events)
    finally:
        progress.clear()
        events.close()


def _limit(result: Result) -> str:
    """The key of what ended a training."""
    if result.status == "stopped early":
        return "training.early_stopping.patience"
    from nntrain.config import written
    from nntrain.runs.run_files import RunFiles

    training = written(RunFiles(result.run_dir).read_config(), ("training",)).get("training")
    ended = isinstance(training, dict) and training.get("steps") == result.summary.get("steps")
    return "training.steps" if ended else "training.epochs"


def print_result(result: Result, as_json: bool, is_quiet: bool) -> None:
    """How the run ended, to stderr; its directory, or its summary as JSON, to stdout."""
    if not team.current().first:
        return
    if result.trained == 0 and result.status in FINISHED and not is_quiet:
        steps = result.summary.get("steps", 0)
        limit = _limit(result)
        say(f"nothing to train: the run was finished at step {steps:,}; {limit}=N with a higher N goes on")
    best: JsonObject = result.summary.get("best") or result.summary.get("final") or {}
    part = next((p for p in ("test", "validation", "train") if p in best), None)
    if part and not is_quiet:
        where = f"epoch {best['epoch']}"
        if "best" in result.summary:
            where = f"best {where} of {result.summary['epochs']}"
        say(f"{result.status}: {where}, {part}: {values_line(best[part])}")
    if as_json:
        import json

        click.echo(json.dumps({"run_dir": str(result.run_dir), **result.summary}))
    else:
        print_path(result.run_dir)
