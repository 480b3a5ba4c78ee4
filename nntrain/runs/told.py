"""What a person's own program has told of a run (`nntrain tell`): the value that a search goes by."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal, NamedTuple

from nntrain.errors import CheckpointError, ConfigError
from nntrain.files import storage
from nntrain.runs import records
from nntrain.runs.records import FINISHED
from nntrain.runs.run_files import RunFiles

if TYPE_CHECKING:
    from pathlib import Path

FILE = "told.json"


class Told(NamedTuple):
    """value   None where the run has failed
    better   "less" or "more"; None: as the config's monitored value
    """

    value: float | None
    better: Literal["less", "more"] | None = None


def read(run: RunFiles) -> Told | None:
    """What was told of a run; None where nothing was."""
    path = f"{run.name}/{FILE}"
    if not os.access(path, os.F_OK):  # as of nearly all, in half the time of an error
        return None
    found = records.read_object(path, records.TOLD).value
    return Told(found["value"], found.get("better")) if "value" in found else None


def write(path: Path, told: Told) -> None:
    """Tell the value of a run, or that it has failed; the last word counts.

    Raises CheckpointError where there is no run, ConfigError where a process trains it, StorageError.
    """
    from nntrain.runs.run import Run

    run = Run(path)
    if not run.is_run():
        raise CheckpointError(run.no_directory() if not path.is_dir() else f"{path}: no run directory")
    if run.is_live():
        raise ConfigError(f"{path}: a process is training it; tell what came of it when it has ended")
    storage.write_json(path / FILE, dict(told._asdict()))
    status = run.read_status()
    if status.pop("status", None) not in FINISHED:
        status.pop("pid", None)
        run.write_status("failed" if told.value is None else "told", **status)
