"""config.yaml of a run: the complete config, below a line by which a cut or changed one is noticed.

A copy may be edited and trained: `nntrain fit` takes the line for the comment that it is.
"""

from __future__ import annotations

import os
import re
import zlib
from typing import TYPE_CHECKING

from nntrain.errors import CheckpointError, StorageError
from nntrain.files.regular_files import read_regular
from nntrain.files.storage import naming, write_atomic

if TYPE_CHECKING:
    from pathlib import Path

_HEAD = "# As nntrain wrote it: CRC-32 {} of the lines below.\n"
_FOUND = re.compile(rb"# As nntrain wrote it: CRC-32 ([0-9a-f]{8}) of the lines below\.\n")
_SECTIONS = (b"dataset", b"architecture", b"loss", b"optimizer", b"training")  # every config has them


class Written:
    """The config as this process has written it, durably; `crc32` is its sum.  Raises StorageError."""

    def __init__(self, path: Path, text: str):
        self.path, self.crc32, self._content = path, crc32(text), sealed(text)
        write_atomic(path, [self._content])
        self._stamp = self._now()

    def check(self) -> None:
        """Raise StorageError where somebody else has removed or changed it since: nothing could go on with the run, or
        it would be taken for another."""
        if (now := self._now()) == self._stamp:
            return
        with naming(self.path, "cannot be read"):
            content = read_regular(self.path)
        if content != self._content:
            raise StorageError(f"{self.path}: another program has changed it while the run went on")
        self._stamp = now  # touched, as against the cleaning of a scratch disk

    def _now(self) -> tuple[int, ...]:
        with naming(self.path, "is not there any more"):
            found = os.lstat(self.path)
        return found.st_ino, found.st_size, found.st_mtime_ns


def crc32(text: str) -> str:
    """The sum of a config's text."""
    return f"{zlib.crc32(text.encode('utf-8', 'surrogateescape')):08x}"


def sealed(text: str) -> bytes:
    """The bytes of the file for a config's text."""
    return _HEAD.format(crc32(text)).encode() + text.encode("utf-8", "surrogateescape")


def checked(content: bytes, path: object, expected: str = "") -> str:
    """The config's text.  Raises CheckpointError where it is not as nntrain wrote it, or not that of the expected sum.

    Earlier releases wrote no sum: theirs has to have every section, and its last line an end.
    """
    found = _FOUND.match(content)
    text = content[found.end() :] if found else content
    if found and zlib.crc32(text) != int(found[1], 16):
        raise CheckpointError(f"{path}: not as nntrain wrote it: edited, or damaged")
    if expected and zlib.crc32(text) != int(expected, 16):
        raise CheckpointError(f"{path}: not the config that this run was trained with")
    if not found:
        lost = next((name for name in _SECTIONS if not re.search(rb"^%s:" % name, text, re.MULTILINE)), None)
        if lost or not text.endswith(b"\n"):
            raise CheckpointError(f"{path}: damaged: " + (f"it has no {lost.decode()}" if lost else "its end is lost"))
    return text.decode("utf-8", "surrogateescape")
