"""Files from the network, into a cache folder, whole or not at all."""

from __future__ import annotations

import hashlib
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from nntrain.errors import DataError
from nntrain.messages import is_terminal

if TYPE_CHECKING:
    from http.client import HTTPResponse

TIMEOUT = 30  # seconds without an answer


def cache_folder(name: str) -> Path:
    """NNTRAIN_CACHE, else XDG_CACHE_HOME/nntrain, else ~/.cache/nntrain; below it a folder for each dataset."""
    if cache := os.environ.get("NNTRAIN_CACHE"):
        return Path(cache) / name
    if xdg := os.environ.get("XDG_CACHE_HOME"):
        return Path(xdg) / "nntrain" / name
    try:
        return Path.home() / ".cache" / "nntrain" / name
    except RuntimeError as error:
        raise DataError(f"{name}: error: no home folder to keep the files in; set NNTRAIN_CACHE or root") from error


def fetch(url: str, path: Path, sha256: str) -> None:
    """Download `url` to `path`, which appears only when the checksum is right.  Raises DataError."""
    import http.client
    import urllib.request  # slow to import, and only a download needs it

    temporary = path.with_name(f"{path.name}.{os.urandom(8).hex()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with urllib.request.urlopen(url, timeout=TIMEOUT) as answer, _made(temporary) as file:
            found = _copy(answer, file, path.name)
            file.flush()
            if found != sha256:
                raise DataError(f"{url}: error: SHA-256 {found} where {sha256} was expected; the file was not kept")
            if not temporary.exists():
                _name(file, temporary)
        temporary.replace(path)
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = " ".join(str(getattr(error, "reason", None) or error).split())
        raise DataError(
            f"{url}: error: cannot be downloaded to {path.parent} ({reason}); "
            f"put {path.name} there by hand, or give dataset.root, the folder that holds the files"
        ) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _made(path: Path) -> IO[bytes]:
    """A new file, with the rights of any other.  Linux gives it a name only when it is whole, so that a download that
    is killed leaves nothing behind; else it has that of `path` from the start.  Raises OSError.
    """
    nameless = getattr(os, "O_TMPFILE", 0)
    if nameless and os.path.isdir("/proc/self/fd"):
        with suppress(OSError):  # not every file system has it
            return os.fdopen(os.open(path.parent, os.O_WRONLY | nameless, 0o666), "wb")
    return path.open("xb")


def _name(file: IO[bytes], path: Path) -> None:
    """Give a file without a name one.  Raises OSError."""
    files = os.open("/proc/self/fd", os.O_RDONLY)
    try:
        os.link(str(file.fileno()), path, src_dir_fd=files)  # relative to a directory: only so is the link followed
    finally:
        os.close(files)


def _copy(answer: HTTPResponse, file: IO[bytes], name: str) -> str:
    """Copy and hash; the progress shows on a terminal only."""
    sha, done = hashlib.sha256(), 0
    total = int(answer.headers.get("Content-Length") or 0)
    terminal = is_terminal(sys.stderr)
    while block := answer.read(1 << 16):
        file.write(block)
        sha.update(block)
        done += len(block)
        if terminal:
            of_total = f" of {total / 1e6:.1f}" if total else ""
            sys.stderr.write(f"\r{name}: {done / 1e6:.1f}{of_total} MB")
    if terminal:
        sys.stderr.write("\n")
    return sha.hexdigest()
