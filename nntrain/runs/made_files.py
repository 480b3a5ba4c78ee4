"""The files that nntrain makes in a run directory: those, and no others, it also moves and removes."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from nntrain.errors import StorageError
from nntrain.files.regular_files import kind, open_regular
from nntrain.files.storage import naming
from nntrain.runs.run_files import LOCK, RunFiles

_NEEDED = ("metrics.jsonl", "checkpoints", "checkpoints/last.npz", "checkpoints/best.npz")
_FOR_PEOPLE = ("meta.json", "timing.jsonl", "status.json", "summary.json")
# status.json first: what is half moved is not done
_MADE = (
    *("status.json", "config.yaml", "meta.json", "metrics.jsonl", "timing.jsonl", "summary.json"),
    *("told.json", "rung.json"),
)
# directory -> the files in it that nntrain makes, among which a person may have put some of his own
_MADE_IN = {
    "checkpoints": r"(last|best)\.npz",
    "samples": r"(epoch|boundary)_\d{4,}\.(png|npy|txt)",
    "tensorboard": r"events\.out\.tfevents\..*",
}


def made_files(path: Path) -> list[str]:
    """What nntrain made below a run directory, by name; a person's own files, and directories in place of ours, are not
    in it.  Of a folder that is a link the link alone is.
    """
    found = [name for name in _MADE if _is_ours(path / name)]
    for folder, made in _MADE_IN.items():
        inside = path / folder
        with naming(inside, "cannot be listed"):
            if not os.path.lexists(inside):
                continue
            if inside.is_symlink() or not inside.is_dir():
                found.append(folder)
                continue
            names = sorted(os.listdir(inside))
        found += [f"{folder}/{name}" for name in names if re.fullmatch(made, name) and _is_ours(inside / name)]
    return found


def run_with_file(path: Path) -> Path | None:
    """The run directory of which a path is a file that nntrain made: what a person writes there, would be lost or
    would be damage.  None of any other path.
    """
    with naming(path, "cannot be used"):
        real = path.parent.resolve() / path.name
    run = real.parent
    if real.name not in (*_MADE, LOCK):
        made = _MADE_IN.get(real.parent.name)
        if made is None or not re.fullmatch(made, real.name):
            return None
        run = real.parent.parent
    return run if os.path.lexists(real) and RunFiles(run).is_run() else None


def _is_ours(path: Path) -> bool:
    with naming(path, "cannot be used"):
        mode = _mode(path)
    return mode is not None and not stat.S_ISDIR(mode)


def check_places(path: Path) -> list[str]:
    """Look at what stands where the files of a run belong, before anything is written.

    Where a run could not go on, StorageError: nothing is written through a link, or in place of what is none of ours.
    What no resume needs it goes on without: those are warnings.
    """
    for name in _NEEDED:
        with naming(path / name, "cannot be used"):
            mode = _mode(path / name)
        if mode is not None and (stat.S_ISDIR if name == "checkpoints" else stat.S_ISREG)(mode) is False:
            said = "a file" if stat.S_ISREG(mode) else kind(mode)
            wanted = "a directory" if name == "checkpoints" else "a file"
            raise StorageError(f"{path / name}: cannot be used: it is {said}, not {wanted} of this run; move it away")
    blocked = {name: "a directory" for name in _FOR_PEOPLE if stat.S_ISDIR(_mode(path / name) or 0)}
    if not may_grow(path / "timing.jsonl"):
        blocked["timing.jsonl"] = "not to be read or written"
    return [f"{path / name}: {what}; the run goes on without this file" for name, what in blocked.items()]


def make_room(path: Path) -> bool:
    """Whether a file for people can be written here: a link or a pipe in its place goes, and what it leads to stays."""
    with naming(path, "cannot be removed"):
        mode = _mode(path)
        if mode is None or stat.S_ISREG(mode):
            return True
        if stat.S_ISDIR(mode):
            return False
        os.unlink(path)
    return True


def may_grow(path: Path) -> bool:
    """Whether a file, if there is one, may be read and written to."""
    try:
        os.close(open_regular(path, os.O_RDWR))
    except PermissionError:
        return False
    except OSError:
        return True
    return True


def _mode(path: Path) -> int | None:
    """What stands there; None where nothing does.  Raises OSError."""
    try:
        return os.lstat(path).st_mode
    except FileNotFoundError:
        return None
