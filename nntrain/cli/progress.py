"""What fit and resume show of a run: progress on stderr, at the end the run directory on stdout."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from nntrain.cli.terminal import bar, clock, is_live, say, silence, size, values_line
from nntrain.training.engine import Observer

if TYPE_CHECKING:
    from nntrain.training.engine import Engine
    from nntrain.training.session import Result

REFRESH_SECONDS = 0.1


class Progress(Observer):
    """Prints what a run does.  The bar shows loss, metric, examples per second and time left."""

    def __init__(self, quiet: bool):
        self.quiet = quiet or sys.stderr is None
        self.bar = not self.quiet and is_live(sys.stderr)
        self.shown = False
        self.started: tuple[float, int] | None = None
        self.drawn_at = 0.0
        self.by_steps = False  # an epoch may have several lines

    def step(self, engine: Engine) -> None:
        self.by_steps = engine.config.training.evaluate.steps is not None
        if not self.bar:
            return
        now = time.perf_counter()
        if self.started is None:
            self.started = (now, engine.step)
        if now - self.drawn_at >= REFRESH_SECONDS:
            self.drawn_at = now
            self._draw(engine, now)

    def line(self, line: dict[str, Any], timing: dict[str, Any]) -> None:
        if self.quiet:
            return
        parts = [f"{part}: {values_line(line[part])}" for part in ("train", "validation") if part in line]
        where = f"epoch {line['epoch']}" + (f"  step {line['step']}" if self.by_steps else "")
        self._write(f"{self._blank()}{where}  {'  '.join(parts)}\n")

    def warning(self, message: str) -> None:
        self._write(f"{self._blank()}warning: {message}\n")

    def _draw(self, engine: Engine, now: float) -> None:
        assert self.started is not None
        seconds, steps = now - self.started[0], engine.step - self.started[1]
        speed = steps / seconds if seconds > 0 and steps else 0.0
        left = clock((engine.total - engine.step) / speed) if speed else "--:--"
        values = engine.trainer.results()
        share = engine.step / engine.total
        # what must be seen comes first: in a narrow window the metrics are cut, not the time left
        fixed = f" {share:4.0%}  {left} left  {speed * engine.batch_size:,.0f} examples/s  epoch {engine.epoch}"
        columns = _columns()
        width = min(20, columns - len(fixed) - 12)
        if width >= 5:
            fixed = bar(share, width) + fixed
        room = columns - len(fixed) - 2
        shown = values_line(values)[: max(room, 0)]
        self._write("\r" + f"{fixed.strip()}  {shown}"[:columns].ljust(columns))
        self.shown = True

    def clear(self) -> None:
        """Take the bar away, before anything else is written to the terminal."""
        self._write(self._blank())

    def _blank(self) -> str:
        """What clears the line of the bar."""
        shown, self.shown = self.shown, False
        return "\r" + " " * _columns() + "\r" if shown else ""

    def _write(self, text: str) -> None:
        """A reader of the progress who has gone, or a full disk under a log of it, does not stop the run."""
        try:
            if sys.stderr is not None:
                sys.stderr.write(text)
                sys.stderr.flush()
        except OSError:
            self.quiet, self.bar = True, False
            silence(2)


def _columns() -> int:
    """Columns of the terminal that can be written without a line break."""
    return size(sys.stderr)[0] - 1


@contextmanager
def observer(is_quiet: bool, tensorboard: bool) -> Iterator[Observer]:
    """Who watches the run: the progress on stderr, and event files where they are wanted."""
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


def print_result(result: Result, as_json: bool, is_quiet: bool) -> None:
    """How the run ended, to stderr; its directory, or its summary as JSON, to stdout."""
    best: dict[str, Any] = result.summary.get("best") or result.summary.get("final") or {}
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
        click.echo(os.fsencode(result.run_dir))  # the very bytes of its name, whatever the encoding of stdout
