"""All runs below a directory, each with its true status."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from nntrain.errors import ConfigError
from nntrain.runs.run import FINAL, Run
from nntrain.storage import naming


def scan(runs_root: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """One row a run directory below `runs_root`, by name and number; other directories are passed over.

    A row has `run` (its path), `state`, `summary` (empty until there is one) and what status.json says about where
    it stands (`epoch`, `step`, …).  A run that has no final state and no live process was killed: `interrupted`.
    Raises ConfigError if there is no such directory, StorageError if it cannot be read.
    """
    root = Path(runs_root)
    if not root.is_dir():
        raise ConfigError(f"{root}: no such directory")
    with naming(root, "cannot be listed"), os.scandir(root) as entries:
        names = sorted((entry.name for entry in entries if entry.is_dir()), key=_by_number)
    return [_row(run) for run in (Run(root / name) for name in names) if run.is_run()]


def _row(run: Run) -> dict[str, Any]:
    status = run.read_status()
    state = status.pop("state", None)
    status.pop("pid", None)
    if state not in FINAL:
        state = "running" if run.is_live() else "interrupted"
    return {**status, "run": str(run.path), "state": state, "summary": run.read_summary()}


def _by_number(name: str) -> tuple[str, int, str]:
    """digits-2000 after digits-999."""
    stem, number = re.fullmatch(r"(.*?)([0-9]{0,18})", name, re.DOTALL).groups()  # type: ignore[union-attr]
    return stem, int(number or 0), name
