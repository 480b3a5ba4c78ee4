"""A log of JSON lines that survives kills, full disks and resumes without a line doubled, torn or lost."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from nntrain.errors import CheckpointError
from nntrain.files.plain_values import Json, JsonObject
from nntrain.files.storage import json_bytes, naming, write_all

_OPEN = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


class Log:
    """Append one line at a time; a line is in the system's hands when `append` returns, on the disk after `sync`.

    Opening cuts a torn last line, so that the next one is never glued to it.
    """

    def __init__(self, path: Path):
        self.path = path
        with naming(path, "cannot be opened"):
            self._descriptor = os.open(path, _OPEN, 0o666)
            content = path.read_bytes()
            self._ends = _line_ends(content)
            if len(content) > self._end:
                os.ftruncate(self._descriptor, self._end)
        self._synced = not content

    @property
    def lines(self) -> int:
        """The number of lines: what a checkpoint notes, and what `truncate` is given on resume."""
        return len(self._ends)

    @property
    def _end(self) -> int:
        return self._ends[-1] if self._ends else 0

    def append(self, line: Mapping[str, Json]) -> None:
        """Add one line.  Raises StorageError, with the log as it was before."""
        text = json_bytes(dict(line)) + b"\n"
        with naming(self.path, "cannot be written"):
            try:
                write_all(self._descriptor, text)
            except BaseException:
                os.ftruncate(self._descriptor, self._end)
                raise
        self._ends.append(self._end + len(text))
        self._synced = False

    def sync(self) -> None:
        """Put all lines on the disk: before a checkpoint that counts them takes its name."""
        if not self._synced:
            with naming(self.path, "cannot be written"):
                os.fsync(self._descriptor)
            self._synced = True

    def truncate(self, lines: int) -> None:
        """Cut what was written after the checkpoint.  Raises CheckpointError if lines that it counts are missing."""
        if lines > self.lines:
            raise CheckpointError(
                f"{self.path}: has {self.lines} whole lines, and the checkpoint was saved after {lines}: some are lost"
            )
        if lines < self.lines:
            del self._ends[lines:]
            with naming(self.path, "cannot be cut"):
                os.ftruncate(self._descriptor, self._end)
            self._synced = False

    def close(self) -> None:
        """Give the file back; nothing can be appended any more."""
        os.close(self._descriptor)


def read_log(path: Path, first: int | None = None) -> list[JsonObject]:
    """All whole lines or the first ones, of a live run too; no file has none.  Raises StorageError, CheckpointError."""
    lines = _lines(path)[:first]
    rows = _good(lines)
    if len(rows) < len(lines):
        raise CheckpointError(f"{path}:{len(rows) + 1}: no line of JSON; the file is damaged")
    return rows


def good_lines(path: Path) -> int:
    """The number of lines before the first damaged one.  Raises StorageError."""
    return len(_good(_lines(path)))


def _lines(path: Path) -> list[bytes]:
    with naming(path, "cannot be read"):
        content = path.read_bytes() if path.exists() else b""
    return content[: (_line_ends(content) or [0])[-1]].split(b"\n")[:-1]


def _good(lines: list[bytes]) -> list[JsonObject]:
    rows = []
    for line in lines:
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            break
        if not isinstance(row, dict):
            break
        rows.append(row)
    return rows


def _line_ends(content: bytes) -> list[int]:
    ends, end = [], 0
    while end := content.find(b"\n", end) + 1:
        ends.append(end)
    return ends
