"""Progress of a run on stderr: a bar on a terminal, a line an epoch elsewhere."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any

from nntrain.cli.common import silence, values_line
from nntrain.training.engine import Observer

if TYPE_CHECKING:
    from nntrain.training.engine import Engine

REFRESH_SECONDS = 0.1


class Progress(Observer):
    """Prints what a run does.  The bar shows loss, metric, examples per second and time left."""

    def __init__(self, quiet: bool):
        self.quiet = quiet or sys.stderr is None
        self.bar = not self.quiet and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
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
        left = _clock((engine.total - engine.step) / speed) if speed else "--:--"
        values = engine.trainer.results()
        share = engine.step / engine.total
        # what must be seen comes first: in a narrow window the metrics are cut, not the time left
        fixed = f" {share:4.0%}  {left} left  {speed * engine.batch_size:,.0f} examples/s  epoch {engine.epoch}"
        columns = _columns()
        width = min(20, columns - len(fixed) - 12)
        if width >= 5:
            full = round(width * share)
            fixed = "█" * full + "░" * (width - full) + fixed
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
    """Columns of the terminal behind stderr that can be written without a line break; stdout may be a pipe."""
    try:
        return int(os.environ["COLUMNS"]) - 1
    except (KeyError, ValueError):
        pass
    try:
        return (os.get_terminal_size(sys.stderr.fileno()).columns or 80) - 1
    except OSError:
        return 79


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
