"""A run in place of another: the old one lies aside until the new one has saved something.

.nntrain-replaced     the old run's files; whoever opens the run next puts them back
.nntrain-discarded    the same after the new run's first save; they go
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from nntrain.files.storage import naming
from nntrain.runs.made_files import made_files

ASIDE, DISCARDED = ".nntrain-replaced", ".nntrain-discarded"


def set_aside(path: Path) -> None:
    """Move what nntrain made below a run directory aside; a person's own files stay.  Raises StorageError."""
    for name in made_files(path):
        with naming(path / name, "cannot be moved aside"):
            there = path / ASIDE / name
            os.makedirs(there.parent, exist_ok=True)
            os.replace(path / name, there)
    for folder in ("samples", "tensorboard"):
        with suppress(OSError):  # other files are in it
            os.rmdir(path / folder)


def put_back(path: Path) -> None:
    """Move what lies aside back to where it was, over what the new run wrote.  Raises StorageError."""
    for name in _files(path / ASIDE):
        with naming(path / name, "cannot be put back"):
            os.makedirs((path / name).parent, exist_ok=True)
            os.replace(path / ASIDE / name, path / name)
    _remove(path / ASIDE)


def forget(path: Path) -> None:
    """Remove what lies aside: the new run has saved something.  Raises StorageError."""
    with naming(path / ASIDE, "cannot be removed"), suppress(FileNotFoundError):
        os.replace(path / ASIDE, path / DISCARDED)
    _remove(path / DISCARDED)


def recover(path: Path) -> None:
    """Go on with what a process that was killed was about.  Only who holds the run's lock may.  Raises StorageError."""
    _remove(path / DISCARDED)
    if os.path.isdir(path / ASIDE):
        put_back(path)


def _files(folder: Path) -> list[str]:
    """Files and links below a folder, by their names in it."""
    found = []
    for directory, folders, names in os.walk(folder):
        links = [name for name in folders if os.path.islink(os.path.join(directory, name))]
        found += [os.path.relpath(os.path.join(directory, name), folder) for name in (*names, *links)]
    return sorted(found)


def _remove(folder: Path) -> None:
    """A folder that nntrain made, with all in it; a link is only unlinked."""
    with naming(folder, "cannot be removed"):
        if os.path.islink(folder):
            os.unlink(folder)
        if not os.path.isdir(folder):
            return
        for directory, folders, names in os.walk(folder, topdown=False):
            for name in (*names, *folders):
                inside = os.path.join(directory, name)
                os.rmdir(inside) if name in folders and not os.path.islink(inside) else os.unlink(inside)
        os.rmdir(folder)
