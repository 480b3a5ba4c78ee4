"""Files that lie in memory page by page as they are needed: what becomes of one while a run reads it is noticed.

A page behind the end of a file that was cut is no error that can be caught: the system ends the program with SIGBUS.
So the file is looked at before each batch, which costs microseconds.  One that another has taken the place of, or that
was removed, is read on: its pages are those of the old one.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from weakref import WeakValueDictionary

import numpy as np

from nntrain.errors import DataError
from nntrain.model.shapes import Array

_read_only: WeakValueDictionary[int, mmap.mmap] = WeakValueDictionary()  # maps of ours, in which nobody writes
_stamps: dict[str, tuple[int, ...]] = {}  # of each file as it was when it was opened last


def open_mapped(path: Path) -> Array:
    """An array of an .npy file.  Raises OSError, ValueError."""
    stamp = _stamp(os.path.abspath(path))
    array = np.lib.format.open_memmap(path, mode="r")
    if stamp is not None:
        _stamps[os.path.abspath(path)] = stamp
    if isinstance(array.base, mmap.mmap):
        _read_only[id(array.base)] = array.base
    return array


def let_go(array: object) -> None:
    """Give back the pages of a mapped file that was gone through: they would count as the program's memory until the
    system needs them.  They are read again from the file where they are wanted.
    """
    while isinstance(array, np.ndarray):
        array = array.base
    if isinstance(array, mmap.mmap) and id(array) in _read_only and hasattr(mmap, "MADV_DONTNEED"):
        array.madvise(mmap.MADV_DONTNEED)


class MappedFile:
    """The file behind an array, as it was when it was opened."""

    def __init__(self, name: str):
        self.name = name
        self._stamp = _stamps.get(name) or _stamp(name)

    def check(self) -> None:
        """Raise DataError where the file was cut, or written to, since."""
        if self._stamp is None or (now := _stamp(self.name)) == self._stamp:
            return
        if now is not None and now[:2] == self._stamp[:2]:
            cut = f"cut from {self._stamp[2]:,} to {now[2]:,} bytes" if now[2] < self._stamp[2] else "changed"
            raise DataError(f"{self.name}: error: the file was {cut} while the run read it")


def files_behind(*arrays: object) -> tuple[MappedFile, ...]:
    """The files that arrays, or what they are views of, lie in."""
    names = {_file_of(array) for array in arrays}
    return tuple(MappedFile(name) for name in sorted(names) if name)


def _file_of(array: object) -> str:
    while isinstance(array, np.ndarray):
        if isinstance(array, np.memmap):
            return os.path.abspath(array.filename) if array.filename is not None else ""
        array = array.base
    return ""


def _stamp(name: str) -> tuple[int, ...] | None:
    """Device, inode, size and time of change; None where no file is any more."""
    try:
        found = os.stat(name)
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
