"""All runs below a directory, each with its true status."""

from __future__ import annotations

import os
import re
from typing import Any

from nntrain.errors import CheckpointError, ConfigError, StorageError
from nntrain.files.plain_values import JsonObject
from nntrain.files.storage import naming
from nntrain.runs import rungs, told
from nntrain.runs.records import FINAL
from nntrain.runs.run_files import RunFiles
from nntrain.runtime.garbage import collecting_no_garbage


class Row(dict[str, Any]):
    """What is known of a run, by name; and the text of its config, so that who compares runs need not read it again."""

    config = ""


_OURS = ("status", "pid", "lines", "log_sha256", "config_crc32")  # in status.json, for nntrain itself


def scan(runs_root: str | os.PathLike[str], logs: bool = False) -> list[JsonObject]:
    """One row a run directory below `runs_root`, by name and number; other directories are passed over.

    A row has `run` (its path), `status`, what status.json says about where it stands (`epoch`, `step`, …), and what
    summary.json says; before there is a summary, `final` is the last line of the metrics log.  A run that has no
    final status and no live process was killed: `interrupted`.  See `row` for one that is damaged.
    Raises ConfigError if there is no such directory, StorageError if it cannot be read.
    """
    root = _plain(os.fspath(runs_root))
    if not os.path.isdir(root):
        reason = "a file; give a directory of runs" if os.path.exists(root) else "no such directory"
        raise ConfigError(f"{root}: {reason}")
    with naming(root, "cannot be listed"), os.scandir(root) as entries:
        names = sorted((entry.name for entry in entries if entry.is_dir()), key=_by_number)
    paths = names if root == "." else [os.path.join(root, name) for name in names]
    rows: list[JsonObject] = []
    texts = dict[str, str]()  # each once: thousands of runs may have the same config
    with collecting_no_garbage():
        for run in map(RunFiles, paths):
            if run.is_run():
                found = row(run, logs)
                if isinstance(found, Row):
                    found.config = texts.setdefault(found.config, found.config)
                rows.append(found)
    return rows


def _plain(path: str) -> str:
    """A path as pathlib writes it, and so every other command: runs for ./runs and runs//.  A listing loads no
    pathlib."""
    if os.sep != "/":
        return path
    return "/" * path.startswith("/") + "/".join(part for part in path.split("/") if part not in ("", ".")) or "."


def row(run: RunFiles, log: bool = False) -> JsonObject:
    """The row of one run.  One of which a file is damaged has the status "damaged", and `damage` says where; no number
    of it is to be compared with those of others.  `log`: whether all of metrics.jsonl is to be looked at.
    """
    status, damage = run.status_record()
    summary, worse = run.summary_record()
    damage = damage or worse
    if not summary and not damage:
        line, damage = run.newest_line()
        summary = {"final": line}
    if not damage:
        config, damage = _config(run, status.get("config_crc32", ""))
    damage = damage or (run.log_damage() if log else "")
    if damage:
        return {"run": run.name, "status": "damaged", "damage": damage}
    state = status.get("status", summary.get("status"))
    if state not in FINAL:
        state = "running" if run.is_live() else "interrupted"
    if state == "done" and (rung := rungs.read(run, status.get("step"))) is not None:
        state = rung  # halving gave it up
    said = {key: value for key, value in status.items() if key not in _OURS}
    if (by_tell := told.read(run)) is not None:
        said["told"] = by_tell.value
    found = Row(summary)
    found |= {**said, "run": run.name, "status": state}
    found.config = config
    return found


def _config(run: RunFiles, crc32: str) -> tuple[str, str]:
    """Its config, and what is wrong with that; a run that was killed before it had one has nothing that is wrong."""
    try:
        return run.read_config(crc32), ""
    except StorageError as error:
        return "", "" if isinstance(error.__cause__, FileNotFoundError) and not run.trained_files() else str(error)
    except CheckpointError as error:
        return "", str(error)


def _by_number(name: str) -> tuple[str, int, str]:
    """digits-2000 after digits-999."""
    stem, number = re.fullmatch(r"(.*?)([0-9]{0,18})", name, re.DOTALL).groups()  # type: ignore[union-attr]
    return stem, int(number or 0), name
