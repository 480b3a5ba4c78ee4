"""Claiming a run directory: one mkdir decides, whoever else starts in the same moment."""

from __future__ import annotations

import os
import re
from os.path import isdir
from pathlib import Path

from nntrain.errors import ConfigError, RunDirectoryError
from nntrain.files import storage
from nntrain.files.regular_files import is_regular
from nntrain.files.storage import naming
from nntrain.messages import by_door
from nntrain.runs.run import Run

ON_EXIST = ("error", "resume", "skip", "replace")


def create(runs_root: str | os.PathLike[str], name: str) -> Run:
    """A fresh directory `<name>-001` under `runs_root`, -002, … when taken: mkdir itself decides, so none is shared."""
    if not name or name in (".", "..") or "\0" in name or Path(name).name != name:
        raise ConfigError(f"name: {name!r} cannot name a directory")
    root = Path(runs_root)
    with naming(root, "cannot be made"):
        os.makedirs(root, exist_ok=True)
        number = _highest(root, name) + 1  # a first guess that saves a thousand tries
    while (run := _make(root / f"{name}-{number:03d}")) is None:
        number += 1
    return run


def open_exact(path: str | os.PathLike[str], on_exist: str = "error") -> Run:
    """The run directory `path`, its parents made; `on_exist`, one of ON_EXIST, says what to do if it is there.

    error     RunDirectoryError
    resume    lock it; `origin` tells if there is something to resume ("resumed") or it was half-made ("new")
    skip      hand it back unlocked, `origin` "skipped"
    replace   move what nntrain made aside until the new run's first save, keep other files; refused if nntrain did not
              make the directory
    """
    if on_exist not in ON_EXIST:
        raise ValueError(f"{on_exist!r} is none of {ON_EXIST}")
    path = Path(path)
    with naming(path.parent, "cannot be made"):
        os.makedirs(path.parent, exist_ok=True)
    made = _make(path)
    if made is not None:
        return made
    run = Run(path)
    empty = _check_existing(run, on_exist)
    if on_exist == "skip" and not empty:
        run.origin = "skipped"
        return run
    run.take()
    try:
        has_config = is_regular(run.config_path)
        if on_exist == "resume" and not has_config and (left := run.trained_files()):
            replace = by_door("--on-exist replace", 'on_exist="replace"')
            raise RunDirectoryError(
                f"{path}: has {left[0]} and no config.yaml that can be read; put it back, or give up what was trained "
                f"with {replace}"
            )
        run.origin = "resumed" if on_exist == "resume" and has_config else "new"
        run.prepare() if run.origin == "resumed" else run.clear()
    except BaseException:
        run.close()
        raise
    return run


def check_free(path: str | os.PathLike[str], on_exist: str = "error") -> None:
    """Raise RunDirectoryError where `open_exact` would; make and lock nothing."""
    run = Run(path)
    if not os.path.lexists(run.path):
        return
    empty = _check_existing(run, on_exist)
    if run.is_live() and (empty or on_exist != "skip"):
        raise run.in_use()


def _check_existing(run: Run, on_exist: str) -> bool:
    """Whether the directory is empty.  Raises RunDirectoryError where it is not to be used."""
    path = run.path
    if not isdir(path):
        raise RunDirectoryError(f"{path}: exists already and is no directory; choose another")
    if on_exist == "error":
        others = by_door("--on-exist resume, skip or replace", 'on_exist="resume", "skip" or "replace"')
        raise RunDirectoryError(f"{path}: exists already; choose another, or {others}")
    with naming(path, "cannot be listed"):
        empty = not os.listdir(path)  # killed between mkdir and the lock
    if not empty and not run.is_run():
        raise RunDirectoryError(f"{path}: exists already, and nntrain did not make it; choose another")
    return empty


def _make(path: Path) -> Run | None:
    """A new directory with its lock held, or None if something of that name is there."""
    with naming(path, "cannot be made"):
        try:
            os.mkdir(path)
        except FileExistsError:
            return None
    run = Run(path, "new")
    run.made_here = True
    try:
        run.take()
        run.prepare()
        run.write_status("running", epoch=0, step=0)
        with naming(path, "cannot be made"):
            storage.sync_directory(path.parent)
    except BaseException:
        run.discard()
        raise
    return run


def _highest(root: Path, name: str) -> int:
    numbered = re.compile(re.escape(name) + "-([0-9]{3,18})")
    matches = (numbered.fullmatch(entry) for entry in os.listdir(root))
    return max((int(match[1]) for match in matches if match), default=0)
