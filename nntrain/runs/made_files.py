"""The files that nntrain makes in a run directory: those, and no others, it also removes."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from nntrain.files import storage
from nntrain.files.storage import naming

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
