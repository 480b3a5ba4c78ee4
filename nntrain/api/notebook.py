"""Runs in a notebook: a bar that is drawn again in its place, and the small report that a run shows of itself.

A notebook is asked for nothing but `IPython.display.display`, where it is there.
"""

from __future__ import annotations

import base64
import sys
import time
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Protocol

from nntrain.cli.epoch_lines import step_time
from nntrain.cli.value_texts import clock, number
from nntrain.runs import FINISHED
from nntrain.training.engine import Observer

if TYPE_CHECKING:
    from nntrain.files.plain_values import JsonObject
    from nntrain.training.engine import Engine

REFRESH_SECONDS = 0.25
_CELL = "padding:2px 10px 2px 0;text-align:right;font-variant-numeric:tabular-nums"


class Shown:
    """HTML that a notebook shows; elsewhere its plain words."""

    def __init__(self, html: str, words: str):
        self.html, self.words = html, words

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.words


class Handle(Protocol):
    """What `display` gives back: an output that can be shown anew."""

    def update(self, shown: Shown) -> None:
        """Show this in place of what stood there."""


class NotebookProgress(Observer):
    """The bar of a training in a notebook, with the newest values and the best, drawn again in its place."""

    def __init__(self, display: Callable[..., Handle]):
        self.display = display
        self.handle: Handle | None = None
        self.draw_at = 0.0
        self.line_of_best: JsonObject = {}
        self.newest: JsonObject = {}
        self.warnings: list[str] = []

    def begun(self, engine: Engine) -> None:
        """Note where the run stands, and show the bar."""
        self.engine, self.started = engine, (time.perf_counter(), engine.step)
        self._draw()

    def step(self, engine: Engine) -> None:
        """Draw again, if it is time."""
        if time.perf_counter() >= self.draw_at:
            self._draw()

    def line(self, line: JsonObject, timing: JsonObject) -> None:
        """Keep the newest values, and the best."""
        self.newest = line
        monitor = self.engine.monitor
        if monitor is not None and monitor.best_step == line["step"]:
            self.line_of_best = line
        if self.engine.finished:
            self._draw()

    def warning(self, message: str) -> None:
        """Show it above the bar, or where there is none yet, print it."""
        self.warnings.append(message)
        if self.handle is None:
            print(f"warning: {message}", file=sys.stderr)
        else:
            self._draw()

    def _draw(self) -> None:
        engine, (began, first) = self.engine, self.started
        now = time.perf_counter()
        a_step = (now - began) / max(1, engine.step - first)
        epochs = -(-engine.total // engine.steps_per_epoch)
        words = f"epoch {engine.epoch}/{epochs}"
        if engine.finished:
            words += f", {clock(now - began)}"
        elif engine.step > first:
            words += f", {clock((engine.total - engine.step) * a_step)} left, {step_time(a_step)} ms/step"
        rows = {"epoch": self.newest, "best": self.line_of_best}
        table = _table({f"{what} {line['epoch']}": line for what, line in rows.items() if line})
        told = "".join(f"<div>warning: {escape(text)}</div>" for text in self.warnings)
        bar = f'<progress value="{engine.step}" max="{engine.total}" style="width:20em"></progress>'
        shown = Shown(f"<div>{told}{bar} {words}{table}</div>", words)
        if self.handle is None:
            self.handle = self.display(shown, display_id=True)
        else:
            self.handle.update(shown)
        self.draw_at = time.perf_counter() + max(REFRESH_SECONDS, 9 * (time.perf_counter() - now))


def progress_here() -> Observer | None:
    """The bar of a notebook, where this program runs in one."""
    if "ipykernel" not in sys.modules:
        return None
    try:
        from IPython.display import display
    except ImportError:
        return None
    return NotebookProgress(display)


def small_report(
    where: Path, is_run: bool, status: str, config: JsonObject, summary: JsonObject, history: list[JsonObject]
) -> str:
    """A run, or a checkpoint alone, as HTML: how it ended, its best values, its curves, and how to go on."""
    best = summary.get("best") or summary.get("final") or {}
    monitored = f" by {escape(summary['monitor'])}" if "monitor" in summary else ""
    told = f"{escape(status)}, {summary['epochs']} epochs, {summary['steps']:,} steps" if summary else escape(status)
    head = f"<b>{escape(config['name'])}</b> {told}"
    which = "best" if "best" in summary else "last"
    values = _table({f"{which} epoch {best['epoch']}{monitored}": best}) if best else ""
    after = "run.predict(X)   run.evaluate()"
    if is_run:
        epochs = config["training"]["epochs"]
        more = f", {{'training.epochs': {2 * epochs}}}" if epochs and status in FINISHED else ""
        after += f"\nnntrain.resume({str(where)!r}{more})\nnntrain report {quote(str(where))}"
    curves = _curves(config["name"], history, best) if history else ""
    return f"<div><div>{head}</div>{values}{curves}<pre>{escape(after)}</pre></div>"


def _curves(name: str, history: list[JsonObject], best: JsonObject) -> str:
    """The curves of the log, as a picture with a style sheet of its own."""
    from nntrain.report import plots
    from nntrain.report.history import charts, place

    x_name = place([history])
    marked = {0: float(best[x_name])} if x_name in best else {}
    drawn = base64.b64encode(plots.svg(plots.Plot(charts([history]), [name], x_name, (), marked)).encode()).decode()
    return f'<img alt="curves" src="data:image/svg+xml;base64,{drawn}"/>'


def _table(rows: Mapping[str, JsonObject]) -> str:
    """A row for each, a column for each value of a part."""
    names = {
        (part, name): None
        for row in rows.values()
        for part in ("train", "validation", "test")
        for name, value in row.get(part, {}).items()
        if isinstance(value, int | float)
    }
    if not names:
        return ""
    head = "".join(f'<th style="{_CELL}">{escape(part)} {escape(name)}</th>' for part, name in names)
    body = "".join(
        f'<tr><th style="{_CELL}">{what}</th>'
        + "".join(f'<td style="{_CELL}">{number(row.get(part, {}).get(name, ""))}</td>' for part, name in names)
        + "</tr>"
        for what, row in rows.items()
    )
    return f"<table><tr><th></th>{head}</tr>{body}</table>"
