"""Progress of a run on stderr: a bar on a terminal, a line an epoch elsewhere."""

from __future__ import annotations

import os
import shutil
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

    def step(self, engine: Engine) -> None:
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
        self._write(f"{self._blank()}epoch {line['epoch']}  {'  '.join(parts)}\n")

    def warning(self, message: str) -> None:
        self._write(f"{self._blank()}warning: {message}\n")

    def _draw(self, engine: Engine, now: float) -> None:
        assert self.started is not None
        seconds, steps = now - self.started[0], engine.step - self.started[1]
        speed = steps / seconds if seconds > 0 and steps else 0.0
        left = _clock((engine.total - engine.step) / speed) if speed else "--:--"
        values = engine.trainer.results()
        share = engine.step / engine.total
        tail = (
            f" {share:4.0%}  epoch {engine.epoch}  {values_line(values)}"
            f"  {speed * engine.batch_size:,.0f} examples/s  {left} left"
        )
        columns = shutil.get_terminal_size().columns - 1
        width = min(30, columns - len(tail))
        if width >= 5:
            full = round(width * share)
            tail = "█" * full + "░" * (width - full) + tail
        self._write("\r" + tail.strip()[:columns].ljust(columns))
        self.shown = True

    def _blank(self) -> str:
        """What clears the line of the bar."""
        shown, self.shown = self.shown, False
        return "\r" + " " * (shutil.get_terminal_size().columns - 1) + "\r" if shown else ""

    def _write(self, text: str) -> None:
        """A reader of the progress who has gone, or a full disk under a log of it, does not stop the run."""
        try:
            if sys.stderr is not None:
                sys.stderr.write(text)
                sys.stderr.flush()
        except OSError:
            self.quiet, self.bar = True, False
            silence(2)


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
