"""Files that are never half-written, and the one way numbers become JSON.

`write_atomic` leaves, whatever fails and whenever the process is killed, either the earlier file or the new one, whole.
A durable write also survives a power cut, as far as the disk keeps what it has acknowledged: the file is fsynced
before the rename, the directory after it.

macOS: fsync reaches the drive, not its cache.  Windows: a directory cannot be fsynced, so a power cut may bring the
earlier file back; replacing a file that another program holds open fails (StorageError).
"""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from math import isfinite
from typing import TYPE_CHECKING

from nntrain.errors import StorageError
from nntrain.files.plain_values import Json

if TYPE_CHECKING:
    from pathlib import Path

TEMPORARY_PREFIX, TEMPORARY_SUFFIX = ".nntrain-", ".tmp"
_BLOCK = 1 << 20
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)

Bytes = bytes | bytearray | memoryview


@contextmanager
def naming(path: str | os.PathLike[str], failed: str) -> Iterator[None]:
    """Turn an OSError into the line a user can act on: which file, what failed, why."""
    try:
        yield
    except OSError as error:
        raise StorageError(f"{os.fspath(path)}: {failed}: {error.strerror or error}") from error


def write_atomic(path: str | os.PathLike[str], chunks: Iterable[Bytes], durable: bool = True) -> None:
    """Write `chunks` to a temporary file beside `path`, then rename it into place.

    Raises StorageError when anything fails; the temporary file is then gone and the earlier file untouched, but for
    one case: if only the last step fails, the fsync of the directory, the new file is already there, whole.
    """
    from pathlib import Path  # with an address parser behind it, which reading needs not

    target = Path(path)
    with naming(target, "cannot be written"):
        _refuse_special(target)
        # Its own random name, short enough beside a 255-byte one; O_EXCL makes a collision an error.
        temporary = target.parent / f"{TEMPORARY_PREFIX}{os.urandom(8).hex()}{TEMPORARY_SUFFIX}"
        descriptor = os.open(temporary, _CREATE, 0o666)
        try:
            try:
                for block in _blocks(chunks):
                    write_all(descriptor, block)
                if durable:
                    os.fsync(descriptor)
            finally:
                os.close(descriptor)
            os.replace(temporary, target)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise
        if durable:
            sync_directory(target.parent)


def write_all(descriptor: int, block: Bytes) -> None:
    """os.write until nothing is left: the system may take less than it is given."""
    rest = memoryview(block)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def sync_directory(path: str | os.PathLike[str]) -> None:
    """Make the names in a directory durable.  Raises OSError."""
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some network file systems sync names by themselves and refuse the call
            raise
    finally:
        os.close(descriptor)


def remove_leftovers(directory: str | os.PathLike[str]) -> None:
    """Remove temporary files of writers that were killed.  Only the process that holds the run's lock may call it."""
    with naming(directory, "cannot be tidied"):
        for name in os.listdir(directory):
            if name.startswith(TEMPORARY_PREFIX) and name.endswith(TEMPORARY_SUFFIX):
                with suppress(FileNotFoundError):
                    os.unlink(os.path.join(directory, name))


def json_bytes(value: Json, indent: int | None = None) -> bytes:
    """JSON in ASCII, keys in the order given, floats in their shortest exact form; NaN and infinity are null."""
    return json_text(_plain(value), indent).encode("ascii")


def json_text(value: Json, indent: int | None = None) -> str:
    """The same for what came from JSON.  Raises ValueError for NaN and infinity."""
    separators = (",", ":") if indent is None else (",", ": ")
    return json.dumps(value, allow_nan=False, indent=indent, separators=separators)


def write_json(path: str | os.PathLike[str], value: Json) -> None:
    """A small file for people and scripts: atomic, but not fsynced, as no resume depends on it."""
    write_atomic(path, [json_bytes(value, indent=2), b"\n"], durable=False)


def _plain(value: Json) -> Json:
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise TypeError(f"JSON keys must be strings: {list(value)!r}")
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):  # NumPy scalars and arrays, without importing NumPy
        return _plain(value.tolist())
    if isinstance(value, float) and not isfinite(value):
        return None
    return value


def _blocks(chunks: Iterable[Bytes]) -> Iterator[Bytes]:
    """Small chunks joined, large ones passed on without a copy."""
    joined = bytearray()
    for chunk in chunks:
        if len(chunk) < _BLOCK:
            joined += chunk
        if joined and (len(chunk) >= _BLOCK or len(joined) >= _BLOCK):
            yield joined
            joined = bytearray()
        if len(chunk) >= _BLOCK:
            yield chunk
    if joined:
        yield joined


def _refuse_special(target: Path) -> None:
    """A rename would replace a link by a file, and would fail on a directory only after everything was written."""
    try:
        mode = os.lstat(target).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(mode):
        kind = "a directory" if stat.S_ISDIR(mode) else "a symbolic link" if stat.S_ISLNK(mode) else "no regular file"
        raise StorageError(f"{target}: cannot be written: it is {kind}; remove it or choose another path")
