"""How a run of a sweep stands: before it is started, as its directory says, and after its process has ended."""

from __future__ import annotations

import signal
from dataclasses import dataclass

import numpy as np

from nntrain.data.parts import Data
from nntrain.errors import CheckpointError, ConfigError, NNTrainError, RunDirectoryError
from nntrain.files import checkpoint
from nntrain.runs import FINISHED, Run, records, told
from nntrain.runs.log_reader import Seal, read_log
from nntrain.runs.rows import row
from nntrain.sweep import halving
from nntrain.sweep.plan import Planned

# a diverged run would diverge again: it is reported, not repeated
_NOT_REPEATED = (*FINISHED, "diverged")
_KILLED = 128 + signal.SIGKILL
_BY_CODE = {4: "diverged", 129: "interrupted", 130: "interrupted", 143: "interrupted"}


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
        return self.status in (*FINISHED, "told")

    @property
    def open(self) -> bool:
        """Whether somebody has cut it short, or is still at it, so that nobody knows yet what will have come of it."""
        return self.status in ("interrupted", "in use")


def finished(planned: Planned, length: int | None = None) -> Outcome | None:
    """How a run ended that needs no more training, at least up to a rung; None where it does."""
    run = Run(planned.run_dir)
    if length is None and (said := told.read(run)) is not None:
        if said.value is None:
            return Outcome(planned, "failed", ConfigError.exit_code, "as was told", fresh=False)
        return Outcome(planned, "told", 0, fresh=False)
    status = run.read_status()
    state = status.get("status")
    if state not in _NOT_REPEATED:
        return Outcome(planned, "done", 0, fresh=False) if _has_passed(run, planned, length) else None
    trained_on = run.read_meta().get("data_sha256")
    same = not planned.sha256 or trained_on in (None, planned.sha256) or trained_on == own_data(planned).sha256
    if not same:
        message = (
            f"the data have changed since: SHA-256 was {str(trained_on)[:16]}…, is {planned.sha256[:16]}…; "
            f"remove {planned.run_dir} to train it anew"
        )
        return Outcome(planned, "failed", ConfigError.exit_code, message, fresh=False)
    if state in FINISHED and (damage := _damage(run)):
        if _is_made_again(run):
            return None
        return Outcome(planned, "failed", CheckpointError.exit_code, damage, fresh=False)
    if state == "done" and status.get("step", 0) < halving.steps(planned, length):
        return None
    return Outcome(planned, state, 4 if state == "diverged" else 0, status.get("message", ""), fresh=False)


def _has_passed(run: Run, planned: Planned, length: int | None) -> bool:
    """Whether a run was cut short on a later rung than this one, whose end its log has.

    To be sent here again, it would be called done in the middle of an epoch.
    """
    if length is None:
        return False
    try:
        step = checkpoint.read_manifest(run.last).get("step")
    except NNTrainError:
        return False  # there is none, or the run itself says what is wrong
    return isinstance(step, int) and step > halving.steps(planned, length)


def _damage(run: Run) -> str:
    """What of a finished run is damaged or lost; "" where all is there that says how it ended."""
    if found := str(row(run).get("damage", "")) or run.log_damage():
        return found
    return "" if "final" in run.read_summary() else f"{run.summary_path}: lost"


def _is_made_again(run: Run) -> bool:
    """Whether log and last state are good, so that going on makes again what else is damaged, or says why it cannot."""
    try:
        said = checkpoint.read(run.last).manifest
        read_log(run.metrics_path, wrong=records.wrong_line, seal=Seal(said["lines"], said["log_sha256"]))
    except (NNTrainError, KeyError):
        return False
    return True


def own_data(planned: Planned) -> Data:
    """The run's own data: the sweep has loaded those of one seed."""
    config = planned.config
    return config.dataset.load(config.seed, np.dtype(config.dtype))


def was_killed(code: int, words: str) -> bool:
    """Whether a process was killed in the middle of its work: it has said no error."""
    return code == _KILLED and "error: " not in words


def is_held(code: int, words: str) -> bool:
    """Whether another process has the run, such as one of a sweep that was killed just now."""
    return code == RunDirectoryError.exit_code and ": in use by " in words


def ended(planned: Planned, code: int, words: str) -> Outcome:
    """How a run stands whose process has ended, by its exit code and what it wrote to stderr."""
    status = Run(planned.run_dir).read_status()
    if code == 0:
        return Outcome(planned, status.get("status", "done"), code)
    lines = [line for line in words.splitlines() if line.strip() and not line.startswith("warning:")]
    told = next((line for line in lines if "error: " in line), lines[-1] if lines else "")
    if any(line.startswith("Traceback") for line in lines):
        told = lines[-1]
    message = told.removeprefix("error: ") or status.get("message", "")
    if not message:
        message = f"killed by signal {code - 128}" if code > 128 else f"ended with exit code {code}"
    how = (
        "interrupted" if was_killed(code, words) else "in use" if is_held(code, words) else _BY_CODE.get(code, "failed")
    )
    return Outcome(planned, how, code, message)
