"""The files that nntrain makes in a run directory: those, and no others, it also removes."""

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress
from pathlib import Path

from nntrain.errors import StorageError
from nntrain.files import storage
from nntrain.files.regular_files import kind
from nntrain.files.storage import naming

_NEEDED = ("metrics.jsonl", "checkpoints", "checkpoints/last.npz", "checkpoints/best.npz")
_FOR_PEOPLE = ("meta.json", "timing.jsonl", "status.json", "summary.json")
_MADE = ("config.yaml", "meta.json", "metrics.jsonl", "timing.jsonl", "summary.json")
# directory -> the files in it that nntrain makes, among which a person may have put some of his own
_MADE_IN = {
    "checkpoints": r"(last|best)\.npz",
    "samples": r"epoch_\d{4,}\.(png|npy|txt)",
    "tensorboard": r"events\.out\.tfevents\..*",
}


def remove_made(path: Path) -> None:
    """Remove what nntrain made below a run directory, but for its status and lock; a person's own files stay."""
    for name in _MADE:
        _remove(path / name)
    for name, made in _MADE_IN.items():
        _remove_from(path / name, made)


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
    blocked = [name for name in _FOR_PEOPLE if stat.S_ISDIR(_mode(path / name) or 0)]
    return [f"{path / name}: a directory; the run goes on without this file" for name in blocked]


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


def _mode(path: Path) -> int | None:
    """What stands there; None where nothing does.  Raises OSError."""
    try:
        return os.lstat(path).st_mode
    except FileNotFoundError:
        return None


def _remove(path: Path) -> None:
    """Remove a file; a directory that stands in its place is nobody's but the person's who made it."""
    with naming(path, "cannot be removed"), suppress(FileNotFoundError):
        os.unlink(path)


def _remove_from(folder: Path, made: str) -> None:
    """Remove the files of these names, and the folder where nothing else is in it; a link to one is only unlinked."""
    with naming(folder, "cannot be removed"), suppress(FileNotFoundError):
        if folder.is_symlink() or not folder.is_dir():
            os.unlink(folder)
            return
        storage.remove_leftovers(folder)
        for name in os.listdir(folder):
            if re.fullmatch(made, name):
                os.unlink(folder / name)
        if not os.listdir(folder):
            os.rmdir(folder)
