"""Runs what a plan says and is not there yet, several at a time; one that fails does not stop the others."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import nntrain
from nntrain import plugins
from nntrain.runs import FINISHED, Run
from nntrain.sweep import children, halving
from nntrain.sweep.plan import Planned, Settings

# a diverged run would diverge again: it is reported, not repeated
_NOT_REPEATED = (*FINISHED, "diverged")
_BY_CODE = {4: "diverged", 130: "interrupted", 143: "interrupted"}


@dataclass(frozen=True)
class Outcome:
    """How a run stands.  `code`: what `nntrain fit` returned or would return; `message`: what it said, if it failed."""

    planned: Planned
    status: str
    code: int
    message: str = ""
    fresh: bool = True  # run now, not found done

    @property
    def good(self) -> bool:
        """Whether the run came to its end."""
        return self.status in FINISHED


class Watcher:
    """What a person may want to see of a sweep.  This one sees nothing."""

    def rung(self, runs: Sequence[Planned], length: int | None, unit: str) -> None:
        """These runs come next; with halving, up to `length` epochs or steps (None: to the end)."""

    def started(self, planned: Planned) -> None:
        """A process was started."""

    def ended(self, outcome: Outcome) -> None:
        """A run has ended, or had ended before the sweep came to it."""

    def tick(self) -> None:
        """Some time has passed."""


def run(
    settings: Settings,
    planned: Sequence[Planned],
    jobs: int,
    watcher: Watcher,
    stop: Callable[[], int | None] = lambda: None,
) -> list[Outcome]:
    """Run all that is missing; the last outcome of every run, in the order of the plan."""
    outcomes: dict[Path, Outcome] = {}
    lengths: list[int | None] = [None]
    kind = halving.unit(planned[0].config)[0]
    if settings.halving:
        halving.monitored(planned[0].config)
        lengths = halving.rungs(planned[0].config, planned[0].total, len(planned))
    current = list(planned)
    for length in lengths:
        watcher.rung(current, length, kind)
        for outcome in _run_rung(current, length, settings.config, jobs, watcher, stop):
            outcomes[outcome.planned.run_dir] = outcome
        good = [one for one in current if one.run_dir in outcomes and outcomes[one.run_dir].good]
        if stop() is not None or not good:
            break
        if length is not None:
            current = halving.best_third(good, length)
    return [outcomes[one.run_dir] for one in planned if one.run_dir in outcomes]


def _run_rung(
    planned: Sequence[Planned],
    length: int | None,
    config: Path,
    jobs: int,
    watcher: Watcher,
    stop: Callable[[], int | None],
) -> list[Outcome]:
    outcomes = []

    def note(outcome: Outcome) -> None:
        outcomes.append(outcome)
        watcher.ended(outcome)

    missing = []
    for one in planned:
        if (found := finished(one, length)) is not None:
            note(found)
        else:
            missing.append(one)
    children.run_all(
        missing,
        jobs,
        lambda one: [*_python(), *command(one, config, length)[1:]],
        started=watcher.started,
        ended=lambda one, code, words: note(_outcome(one, code, words)),
        tick=watcher.tick,
        stop=stop,
    )
    return outcomes


def command(planned: Planned, config: Path, length: int | None = None) -> list[str]:
    """The `nntrain fit` that does the run, or what is left of it, to the end or up to a rung."""
    overrides = [*planned.overrides, *halving.limit(planned.config, length)]
    where = ["--run-dir", str(planned.run_dir), "--on-exist", "resume"]
    return ["nntrain", "fit", str(config), *overrides, *where, *plugins.arguments(), "--threads", "1", "--quiet"]


def finished(planned: Planned, length: int | None = None) -> Outcome | None:
    """How a run ended that needs no more training, at least up to a rung; None where it does."""
    status = Run(planned.run_dir).read_status()
    state = status.get("status")
    if state not in _NOT_REPEATED:
        return None
    if state == "done":
        kind, wanted = ("steps", planned.total) if length is None else (halving.unit(planned.config)[0], length)
        if status.get(kind.removesuffix("s"), 0) < wanted:
            return None
    return Outcome(planned, state, 4 if state == "diverged" else 0, status.get("message", ""), fresh=False)


def _outcome(planned: Planned, code: int, words: str) -> Outcome:
    status = Run(planned.run_dir).read_status()
    if code == 0:
        return Outcome(planned, status.get("status", "done"), code)
    lines = [line for line in words.splitlines() if line.strip() and not line.startswith("warning:")]
    message = lines[-1].removeprefix("error: ") if lines else status.get("message", "")
    if not message:
        message = f"killed by signal {code - 128}" if code > 128 else f"ended with exit code {code}"
    return Outcome(planned, _BY_CODE.get(code, "failed"), code, message)


def _python() -> list[str]:
    """This nntrain as a command.  The current directory is no place to import from, unless we came from there."""
    home = Path(nntrain.__file__).resolve().parents[1]
    from_here = home == Path.cwd().resolve() or str(home) in os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return [sys.executable, *([] if from_here else ["-P"]), "-m", "nntrain"]
