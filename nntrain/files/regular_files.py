"""Files opened for what they are: no link is followed in their place, no pipe is waited for."""

from __future__ import annotations

import errno
import os
import stat

_FLAGS = 0
for _name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):  # none of the first three on Windows
    _FLAGS |= getattr(os, _name, 0)
_KINDS = (
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
)


class NotRegularError(OSError):
    """Something else stands where a file should."""


def kind(mode: int) -> str:
    """What a thing is that is no regular file, in words."""
    return next((words for holds, words in _KINDS if holds(mode)), "a device")


def open_regular(path: str | os.PathLike[str], flags: int = os.O_RDONLY) -> int:
    """A descriptor of the file.  Raises OSError: NotRegularError for a link, directory, pipe, socket or device."""
    return _opened(path, flags)[0]


def _opened(path: str | os.PathLike[str], flags: int) -> tuple[int, int]:
    """A descriptor of the file, and its size."""
    try:
        descriptor = os.open(path, flags | _FLAGS, 0o666)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EMLINK, errno.ENXIO, errno.EISDIR):
            raise _not_regular(path, os.lstat(path).st_mode) from None
        raise
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        raise _not_regular(path, found.st_mode)
    return descriptor, found.st_size


def read_regular(path: str | os.PathLike[str]) -> bytes:
    """All that the file holds.  Raises OSError."""
    descriptor, expected = _opened(path, os.O_RDONLY)
    try:
        content = os.read(descriptor, expected + 1)
        if len(content) == expected:  # as nearly always: what comes less than asked for is all there is
            return content
        pieces = [content]
        while pieces[-1]:
            pieces.append(os.read(descriptor, 1 << 20))
    finally:
        os.close(descriptor)
    return b"".join(pieces)


def is_regular(path: str | os.PathLike[str]) -> bool:
    """Whether a file stands there, and no link to one."""
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except (OSError, ValueError):
        return False


def _not_regular(path: str | os.PathLike[str], mode: int) -> NotRegularError:
    return NotRegularError(errno.EINVAL, f"it is {kind(mode)}, not a file", os.fspath(path))
