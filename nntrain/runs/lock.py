"""One process a run: flock on an empty file, which the system releases however the process ends.

Windows has no flock: there no lock is taken, a second process on one run goes unnoticed, and a killed run is listed
as interrupted while a live one is too.  File systems that refuse flock (some network ones) are worked on without it,
with a warning.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from typing import TYPE_CHECKING

from nntrain.errors import StorageError
from nntrain.files.regular_files import open_regular
from nntrain.files.storage import naming

if TYPE_CHECKING:
    from pathlib import Path

_REFUSED = {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}
_TRIES, _PAUSE = 20, 0.005

if sys.platform == "win32":

    def flock(descriptor: int, exclusive: bool) -> bool | None:
        """None: there are no locks here."""
        return None

else:
    import fcntl

    def flock(descriptor: int, exclusive: bool) -> bool | None:
        """True: locked.  False: another process holds it.  None: there are no locks here."""
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno in _REFUSED:
                return None
            raise
        return True


class Lock:
    """Held until `release` or the end of the process; `enforced` is False where the file system has no locks."""

    def __init__(self, descriptor: int, enforced: bool):
        self.descriptor = descriptor
        self.enforced = enforced

    def check(self, path: Path) -> None:
        """Raise StorageError where the file locked is not the one that stands there: the directory was moved, removed
        or replaced, and what was written now would come into somebody else's."""
        with naming(path.parent, "moved or removed while the run wrote it"):
            ours, there = os.fstat(self.descriptor), os.lstat(path)
        if (ours.st_dev, ours.st_ino) != (there.st_dev, there.st_ino):
            raise StorageError(f"{path.parent}: another directory has taken its place while the run wrote it")

    def release(self) -> None:
        """Let another process take the run."""
        os.close(self.descriptor)


def take(path: Path) -> Lock | None:
    """The lock, or None if another process holds it.  Raises StorageError."""
    with naming(path, "cannot be locked"):
        descriptor = open_regular(path, os.O_RDWR | os.O_CREAT)
        try:
            for _ in range(_TRIES):  # `is_held` takes the lock for microseconds: a listing must not stop a start
                taken = flock(descriptor, exclusive=True)
                if taken is not False:
                    return Lock(descriptor, enforced=taken is True)
                time.sleep(_PAUSE)
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        return None


def is_held(path: Path | str) -> bool:
    """Whether a live process holds the lock.  Leaves no trace; a lock that cannot be asked counts as free."""
    try:
        descriptor = open_regular(path)
    except OSError:
        return False
    try:
        return flock(descriptor, exclusive=False) is False
    except OSError:
        return False
    finally:
        os.close(descriptor)
