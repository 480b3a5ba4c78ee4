"""A log of JSON lines that survives kills, full disks and resumes without a line doubled, torn or lost."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from nntrain.errors import CheckpointError, StorageError
from nntrain.files.plain_values import Json
from nntrain.files.regular_files import open_regular, read_regular
from nntrain.files.storage import json_bytes, naming, write_all, write_atomic
from nntrain.runs.log_reader import Seal, line_ends

_OPEN = os.O_RDWR | os.O_CREAT | os.O_APPEND


class Log:
    """Append one line at a time; a line is in the system's hands when `append` returns, on the disk after `sync`.

    Opening cuts a torn last line, so that the next one is never glued to it.  A file that has a second name, as in a
    snapshot of hard links, is copied first: the other name keeps what it had.
    """

    def __init__(self, path: Path):
        self.path = path
        with naming(path, "cannot be opened"):
            self._descriptor = open_regular(path, _OPEN)
            content = read_regular(path)
            self._ends = line_ends(content)
            if os.fstat(self._descriptor).st_nlink > 1:
                os.close(self._descriptor)
                write_atomic(path, [content])
                self._descriptor = open_regular(path, _OPEN)
            if len(content) > self._end:
                os.ftruncate(self._descriptor, self._end)
        self._hash = hashlib.sha256(content[: self._end])
        self._synced = not content
        self.seal = Seal(0, hashlib.sha256().hexdigest())  # of what is on the disk

    @property
    def lines(self) -> int:
        """The number of lines: what a checkpoint notes, and what `truncate` is given on resume."""
        return len(self._ends)

    @property
    def sha256(self) -> str:
        """Of all lines."""
        return self._hash.hexdigest()

    @property
    def _end(self) -> int:
        return self._ends[-1] if self._ends else 0

    def append(self, line: Mapping[str, Json]) -> None:
        """Add one line.  Raises StorageError, with the log as it was before."""
        text = json_bytes(dict(line)) + b"\n"
        self._check_place()
        with naming(self.path, "cannot be written"):
            try:
                write_all(self._descriptor, text)
            except BaseException:
                os.ftruncate(self._descriptor, self._end)
                raise
        self._ends.append(self._end + len(text))
        self._hash.update(text)
        self._synced = False

    def sync(self) -> None:
        """Put all lines on the disk: before a checkpoint that counts them takes its name."""
        if not self._synced:
            with naming(self.path, "cannot be written"):
                os.fsync(self._descriptor)
            self._synced = True
        self.seal = self._seal()

    def check(self, lines: int, sha256: str = "") -> None:
        """Raise CheckpointError where lines that a checkpoint counts are missing, or are others than it says."""
        if lines > self.lines:
            raise CheckpointError(
                f"{self.path}: has {self.lines} whole lines, and the checkpoint was saved after {lines}: some are lost"
            )
        kept = self._first(lines)
        if sha256 and kept.hexdigest() != sha256:
            raise CheckpointError(
                f"{self.path}: its first {lines} lines are not those of the checkpoint; the file is damaged"
            )
        self.seal = Seal(lines, kept.hexdigest())  # the checkpoint was written after them

    def truncate(self, lines: int) -> None:
        """Cut what was written after the checkpoint.  Raises CheckpointError as `check` does."""
        self.check(lines)
        if lines < self.lines:
            kept = self._first(lines)
            del self._ends[lines:]
            with naming(self.path, "cannot be cut"):
                os.ftruncate(self._descriptor, self._end)
            self._hash, self._synced = kept, False

    def _first(self, lines: int) -> hashlib._Hash:
        """The hash of the first lines."""
        with naming(self.path, "cannot be read"):
            content = read_regular(self.path)
        return hashlib.sha256(content[: self._ends[lines - 1] if lines else 0])

    def close(self) -> None:
        """Give the file back; nothing can be appended any more."""
        os.close(self._descriptor)

    def _seal(self) -> Seal:
        return Seal(self.lines, self.sha256)

    def _check_place(self) -> None:
        """Raise StorageError where somebody else has moved, removed, replaced or changed the file meanwhile."""
        with naming(self.path, "cannot be written"):
            ours, there = os.fstat(self._descriptor), os.lstat(self.path)
        if (ours.st_dev, ours.st_ino) != (there.st_dev, there.st_ino):
            raise StorageError(
                f"{self.path}: cannot be written: another file has taken its place while the run wrote it"
            )
        if ours.st_size != self._end:
            raise StorageError(f"{self.path}: cannot be written: another program has changed it while the run wrote it")


class NoLog(Log):
    """Lines that nobody keeps, or that another process writes."""

    def __init__(self, path: Path):
        self.path, self._ends, self._hash = path, [], hashlib.sha256()
        self.seal = self._seal()

    def append(self, line: Mapping[str, Json]) -> None:
        """Nothing."""

    def sync(self) -> None:
        """Nothing."""

    def check(self, lines: int, sha256: str = "") -> None:
        """Nothing."""

    def truncate(self, lines: int) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""
