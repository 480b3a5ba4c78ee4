"""All runs below a directory, each with its true status."""

from __future__ import annotations

import os
import re
from pathlib import Path

from nntrain.errors import ConfigError, NNTrainError
from nntrain.files.plain_values import JsonObject
from nntrain.files.storage import naming
from nntrain.runs.run import FINAL, Run


def scan(runs_root: str | os.PathLike[str]) -> list[JsonObject]:
    """One row a run directory below `runs_root`, by name and number; other directories are passed over.

    A row has `run` (its path), `status`, what status.json says about where it stands (`epoch`, `step`, …), and what
    summary.json says; before there is a summary, `final` is the last line of the metrics log.  A run that has no
    final status and no live process was killed: `interrupted`.
    Raises ConfigError if there is no such directory, StorageError if it cannot be read.
    """
    root = Path(runs_root)
    if not root.is_dir():
        raise ConfigError(f"{root}: {'a file; give a directory of runs' if root.exists() else 'no such directory'}")
    with naming(root, "cannot be listed"), os.scandir(root) as entries:
        names = sorted((entry.name for entry in entries if entry.is_dir()), key=_by_number)
    return [row(run) for run in (Run(root / name) for name in names) if run.is_run()]


def row(run: Run) -> JsonObject:
    """The row of one run."""
    status = run.read_status()
    state = status.pop("status", None)
    status.pop("pid", None)
    if state not in FINAL:
        state = "running" if run.is_live() else "interrupted"
    summary = run.read_summary() or {"final": _last_line(run)}
    return {**summary, **status, "run": str(run.path), "status": state}


def _last_line(run: Run) -> JsonObject:
    try:
        return (run.read_metrics() or [{}])[-1]
    except NNTrainError:
        return {}  # a listing shows what it can


def _by_number(name: str) -> tuple[str, int, str]:
    """digits-2000 after digits-999."""
    stem, number = re.fullmatch(r"(.*?)([0-9]{0,18})", name, re.DOTALL).groups()  # type: ignore[union-attr]
    return stem, int(number or 0), name
