"""config.yaml of a run: the complete config, below a line by which a cut or changed one is noticed.

A copy may be edited and trained: `nntrain fit` takes the line for the comment that it is.
"""

from __future__ import annotations

import re
import zlib

from nntrain.errors import CheckpointError

_HEAD = "# As nntrain wrote it: CRC-32 {} of the lines below.\n"
_FOUND = re.compile(rb"# As nntrain wrote it: CRC-32 ([0-9a-f]{8}) of the lines below\.\n")
_SECTIONS = (b"dataset", b"architecture", b"loss", b"optimizer", b"training")  # every config has them


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
