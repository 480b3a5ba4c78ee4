"""Progress of a sweep on stderr: a live table on a terminal, a line a run elsewhere."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Sequence
from math import isfinite
from pathlib import Path

import click

from nntrain.cli.live_lines import Live
from nntrain.cli.tables import Column, table
from nntrain.cli.terminal import COLOURS, broken, say
from nntrain.cli.value_texts import clock, fixed, values_line
from nntrain.files.plain_values import JsonObject
from nntrain.messages import printable_lines
from nntrain.runs import effects, rungs
from nntrain.runs.best_runs import Ranking, rankings, two_digits
from nntrain.runs.comparison import Compared
from nntrain.runs.rows import row
from nntrain.runs.run_files import RunFiles
from nntrain.sweep import Outcome, Planned, Watcher
from nntrain.sweep.halving import monitored, score
from nntrain.sweep.space import without_seed

REFRESH_SECONDS = 0.5
_NUMBER = 7  # columns of a value


class SweepProgress(Watcher):
    """Prints how a sweep of `total` runs stands, `jobs` of them at a time."""

    def __init__(self, total: int, jobs: int, quiet: bool, comes_bit_by_bit: bool = False):
        self.total, self.jobs, self.quiet = total, min(total, jobs), quiet
        self.live = Live(None if quiet else sys.stderr)
        self.running: list[Planned] = []
        self.ended_here: list[Outcome] = []
        self.rung_size = 0 if comes_bit_by_bit else total
        self.scores: dict[Path, tuple[Planned, float]] = {}
        self.places: dict[Path, str] = {}
        self.drawn_at = 0.0
        self.began = self.rung_began = time.monotonic()

    def rung(self, runs: Sequence[Planned], length: int | None, unit: str) -> None:
        """Say how long the next runs will be, where that is not the whole."""
        later = bool(self.ended_here)
        self.ended_here.clear()
        self.rung_size, self.rung_began = len(runs), time.monotonic()
        if length is not None or later:
            self._say(
                f"{_runs(len(runs))} "
                + (
                    f"up to {length} {unit.removesuffix('s') if length == 1 else unit}"
                    if length is not None
                    else "to the end"
                )
            )

    def more(self, tasks: Sequence[tuple[Planned, int | None]]) -> None:
        """Count them among those that come."""
        self.rung_size += len(tasks)

    def started(self, planned: Planned) -> None:
        """Show it among those that run."""
        self.running.append(planned)
        self.tick()

    def placed(self, planned: Planned, where: str) -> None:
        """Show the worker that has it."""
        self.places[planned.run_dir] = where

    def ended(self, outcome: Outcome) -> None:
        """Count it; a line for it where it failed, and everywhere but in the live table."""
        if outcome.fresh:
            self.running.remove(outcome.planned)
        self.ended_here.append(outcome)
        if outcome.good and self.live.drawable and outcome.planned.config.training.loop.monitors:
            self.scores[outcome.planned.run_dir] = outcome.planned, score(outcome.planned)
        if not outcome.good or (outcome.fresh and not self.live.drawable):
            place = f"[{len(self.ended_here)}/{self.rung_size}]"
            status = click.style(outcome.status, **COLOURS.get(outcome.status, {}))
            text = f"{place} {status}  {printable_lines(f'{label(outcome.planned)}  {_result(outcome)}')}"
            if not self.quiet:
                self._say(text)
            elif not outcome.good:
                say(click.unstyle(text))  # a failure is no progress
        self.tick()

    def again(self, planned: Planned) -> None:
        """Say that it is started again."""
        self.running.remove(planned)
        if not self.quiet:
            self._say(printable_lines(f"{label(planned)}  was killed, or another process had it: it is started again"))

    def tick(self) -> None:
        """Draw the table again, if it is time."""
        if self.live.drawable and time.monotonic() - self.drawn_at >= REFRESH_SECONDS:
            self.drawn_at = time.monotonic()
            self.live.draw([*self._head(), *self._table()])

    def close(self, outcomes: Sequence[Outcome]) -> None:
        """The last words: how many ended how, and which is best."""
        counts = Counter(map(_stands, outcomes))
        counts["not started"] = self.total - len(outcomes)
        said = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
        self._say(f"{_runs(self.total)}: {said} in {clock(time.monotonic() - self.began)}")
        self._say_best([o for o in outcomes if o.good and o.planned.config.training.loop.monitors])

    def _say_best(self, good: Sequence[Outcome]) -> None:
        """The best experiment by its mean over seeds, and its best run."""
        rows = [row(RunFiles(outcome.planned.run_dir)) for outcome in good]
        compared = Compared(rows)
        for ranking in rankings(compared):
            if ranking.best is None or ranking.metric is None:
                continue
            best, group = good[ranking.best], ranking.groups[0]
            place = f"{_result(best)}  {best.planned.run_dir}"
            if group.mean is None or group.deviation is None:
                self._say(printable_lines(f"best: {label(best.planned)}  {place}"))
                self._say_effects(compared, ranking)
                continue
            what = "folds and seeds" if any("dataset.fold=" in text for text in best.planned.varied) else "seeds"
            told = (
                f"{ranking.metric} {fixed(group.mean, _NUMBER)} ± {two_digits(group.deviation)} over {len(group.runs)} "
            )
            of = " ".join(without_seed(best.planned.varied))
            self._say(printable_lines(f"best: {of}  {told}{what}; its best run: {place}"))
            self._say_effects(compared, ranking)

    def _say_effects(self, compared: Compared, ranking: Ranking) -> None:
        """Which keys matter, where there are enough runs to tell."""
        if told := effects.told(effects.effects(compared, ranking)):
            self._say(
                printable_lines(f"importance: {told} (share of the variance of ranks that each explains by itself)")
            )

    def _say(self, text: str) -> None:
        self.live.print(broken(text, self.live.columns if self.live.drawable else None))

    def _head(self) -> list[str]:
        """`12/30  11 done  1 diverged  2 running  16 waiting  1:23 left  best 0.93 lr=0.1`, in several lines."""
        counts = Counter(outcome.status for outcome in self.ended_here)
        waiting = self.rung_size - len(self.ended_here) - len(self.running)
        pieces = [f"{len(self.ended_here)}/{self.rung_size}", *(f"{n} {status}" for status, n in counts.items())]
        pieces += [f"{len(self.running)} running", f"{waiting} waiting", self._left()]
        return broken("  ".join(filter(None, [*pieces, self.best_so_far()])), self.live.columns).split("\n")

    def best_so_far(self) -> str:
        """The best mean over seeds among those of which as many runs have ended as of any."""
        groups: dict[tuple[str, ...], list[float]] = {}
        for planned, value in self.scores.values():
            groups.setdefault(without_seed(planned.varied), []).append(value)
        most = max(map(len, groups.values()), default=0)
        means = {point: sum(values) / most for point, values in groups.items() if len(values) == most}
        best = min(means, key=lambda point: means[point], default=None)
        if best is None or not isfinite(means[best]):
            return ""
        sign = monitored(next(iter(self.scores.values()))[0].config)[1]
        return printable_lines(f"best {fixed(sign * means[best], _NUMBER).strip()} {' '.join(best)}".rstrip())

    def _table(self) -> list[str]:
        """Those that run: always as many lines, so that the table keeps its place."""
        rows = max(1, min(self.jobs, self.live.height - 5))
        running = self.running[:rows]
        lines = [_newest(one) for one in running]
        names = list(dict.fromkeys(name for _, values in lines for name in values))
        places = [
            f"{epoch}/{one.config.training.epochs or '?'}" for one, (epoch, _) in zip(running, lines, strict=True)
        ]
        columns = [Column("run", [label(one, short=True) for one in running], right=False), Column("epoch", places)]
        if self.places:
            columns.append(Column("worker", [self.places.get(one.run_dir, "") for one in running], right=False))
        for i, name in enumerate(names):
            cells = [fixed(values[name], _NUMBER) if name in values else "" for _, values in lines]
            columns.append(Column(name, cells, rank=i))
        drawn = table(columns, self.live.columns)[0].split("\n")
        return drawn + [""] * (rows - len(running))

    def _left(self) -> str:
        fresh = sum(outcome.fresh for outcome in self.ended_here)
        if not fresh:
            return ""
        each = (time.monotonic() - self.rung_began) / fresh
        return f"{clock(each * (self.rung_size - len(self.ended_here)))} left"


def label(planned: Planned, short: bool = False) -> str:
    """What is special about a run: `optimizer.lr=0.1 seed=2`, or short: `lr=0.1 seed=2`."""
    varied = planned.varied
    if short:
        keys = [text.partition("=")[0].rpartition(".")[2] for text in varied]
        if len(set(keys)) == len(keys):
            varied = tuple(f"{key}={text.partition('=')[2]}" for key, text in zip(keys, varied, strict=True))
    return " ".join(varied) or planned.run_dir.name


def _result(outcome: Outcome) -> str:
    if not outcome.good:
        return outcome.message
    summary = RunFiles(outcome.planned.run_dir).read_summary()
    best: JsonObject = summary.get("best") or summary.get("final") or {}
    part = next((p for p in ("validation", "test", "train") if p in best), None)
    return f"{part}: {values_line(best[part])}" if part else ""


def _newest(planned: Planned) -> tuple[int, dict[str, float]]:
    """Epoch and newest numbers of a live run."""
    line = RunFiles(planned.run_dir).newest_line()[0]
    part = next((p for p in ("validation", "train") if p in line), "")
    values = {name: value for name, value in line.get(part, {}).items() if isinstance(value, int | float)}
    return line.get("epoch", 0), {n: v for n, v in values.items() if not n.startswith("naive_")}


def _stands(outcome: Outcome) -> str:
    """Its status; of one that halving gave up the rung."""
    run = RunFiles(outcome.planned.run_dir)
    rung = rungs.read(run, run.read_status().get("step")) if outcome.status == "done" else None
    return rung or outcome.status


def _runs(number: int) -> str:
    return f"{number} run{'s' * (number != 1)}"
