"""What lies in a folder, but for what programs leave there."""

from __future__ import annotations

from pathlib import Path

from nntrain.errors import DataError

_LEFT_BY_PROGRAMS = frozenset(["__MACOSX", "Thumbs.db", "desktop.ini", "__pycache__"])


def listed(folder: Path) -> list[Path]:
    """Files and folders in it by name; hidden ones, __MACOSX and their like are passed over.  Raises DataError."""
    try:
        inside = sorted(folder.iterdir())
    except OSError as error:
        raise DataError(f"{folder}: error: {error.strerror}") from error
    return [path for path in inside if not path.name.startswith(".") and path.name not in _LEFT_BY_PROGRAMS]
