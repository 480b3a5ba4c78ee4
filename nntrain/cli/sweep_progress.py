"""Progress of a sweep on stderr: a live table on a terminal, a line a run elsewhere."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Sequence
from math import isfinite
from typing import Any

from nntrain.cli.terminal import clock, is_live, size, table, values_line
from nntrain.errors import NNTrainError
from nntrain.runs import Run
from nntrain.sweep import Outcome, Planned, Watcher
from nntrain.sweep.halving import score

REFRESH_SECONDS = 0.5


class SweepProgress(Watcher):
    """Prints how a sweep stands."""

    def __init__(self, total: int, quiet: bool):
        self.total, self.quiet = total, quiet
        self.live = not quiet and is_live(sys.stderr)
        self.running: list[Planned] = []
        self.ended_here: list[Outcome] = []
        self.rung_size = total
        self.lines = 0
        self.drawn_at = 0.0
        self.began = self.rung_began = time.monotonic()

    def rung(self, runs: Sequence[Planned], length: int | None, unit: str) -> None:
        later = bool(self.ended_here)
        self.ended_here.clear()
        self.rung_size, self.rung_began = len(runs), time.monotonic()
        if length is not None or later:
            self._say(f"{_runs(len(runs))} " + (f"up to {length} {unit}" if length is not None else "to the end"))

    def started(self, planned: Planned) -> None:
        self.running.append(planned)
        self.tick()

    def ended(self, outcome: Outcome) -> None:
        if outcome.fresh:
            self.running.remove(outcome.planned)
        self.ended_here.append(outcome)
        if not outcome.good or (outcome.fresh and not self.live):
            place = f"[{len(self.ended_here)}/{self.rung_size}]"
            self._say(f"{place} {outcome.status}  {label(outcome.planned)}  {_result(outcome)}")
        self.tick()

    def tick(self) -> None:
        if self.live and time.monotonic() - self.drawn_at >= REFRESH_SECONDS:
            self._draw()

    def close(self, outcomes: Sequence[Outcome]) -> None:
        """The last words: how many ended how, and which is best."""
        self._erase()
        if self.quiet:
            return
        counts = Counter(outcome.status for outcome in outcomes)
        counts["not started"] = self.total - len(outcomes)
        said = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
        sys.stderr.write(f"{_runs(self.total)}: {said} in {clock(time.monotonic() - self.began)}\n")
        good = [o for o in outcomes if o.good and o.planned.config.training.loop.monitors]
        best = min(good, key=lambda o: score(o.planned), default=None)
        if best is not None and isfinite(score(best.planned)):
            sys.stderr.write(f"best: {label(best.planned)}  {_result(best)}  {best.planned.run_dir}\n")
        sys.stderr.flush()

    def _say(self, text: str) -> None:
        if not self.quiet:
            self._erase()
            sys.stderr.write(text + "\n")
            sys.stderr.flush()

    def _erase(self) -> None:
        if self.lines:
            sys.stderr.write(f"\x1b[{self.lines}A\x1b[J")  # up, and clear what is below
            self.lines = 0

    def _draw(self) -> None:
        self.drawn_at = time.monotonic()
        columns, height = size(sys.stderr)
        counts = Counter(outcome.status for outcome in self.ended_here)
        waiting = self.rung_size - len(self.ended_here) - len(self.running)
        head = [f"{len(self.ended_here)}/{self.rung_size}", *(f"{n} {status}" for status, n in counts.items())]
        text = "  ".join([*head, f"{len(self.running)} running", f"{waiting} waiting", self._left()])
        rows = [[label(one), *_where(one)] for one in self.running[: max(1, height - 4)]]
        lines = [text, *(table(["run", "epoch", "now"], rows).splitlines() if rows else [])]
        self._erase()
        sys.stderr.write("".join(line[: columns - 1] + "\n" for line in lines))
        sys.stderr.flush()
        self.lines = len(lines)

    def _left(self) -> str:
        fresh = sum(outcome.fresh for outcome in self.ended_here)
        if not fresh:
            return ""
        each = (time.monotonic() - self.rung_began) / fresh
        return f"{clock(each * (self.rung_size - len(self.ended_here)))} left"


def label(planned: Planned) -> str:
    """What is special about a run: `optimizer.lr=0.1 seed=2`."""
    return " ".join(planned.varied) or planned.run_dir.name


def _result(outcome: Outcome) -> str:
    if not outcome.good:
        return outcome.message
    summary = Run(outcome.planned.run_dir).read_summary()
    best: dict[str, Any] = summary.get("best") or summary.get("final") or {}
    part = next((p for p in ("validation", "test", "train") if p in best), None)
    return f"{part}: {values_line(best[part])}" if part else ""


def _where(planned: Planned) -> tuple[str, str]:
    """Epoch and newest values of a live run."""
    try:
        line = (Run(planned.run_dir).read_metrics() or [{}])[-1]
    except NNTrainError:
        line = {}
    part = next((p for p in ("validation", "train") if p in line), None)
    return str(line.get("epoch", "")), values_line(line[part]) if part else ""


def _runs(number: int) -> str:
    return f"{number} run{'s' * (number != 1)}"
