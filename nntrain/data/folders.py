"""What lies in a folder, but for what programs leave there."""

from __future__ import annotations

from pathlib import Path

from nntrain.errors import DataError

# folders that hold the parts of a data set, as they are often laid out
_PARTS = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
}
_LEFT_BY_PROGRAMS = frozenset(["__MACOSX", "Thumbs.db", "desktop.ini", "__pycache__"])


def listed(folder: Path) -> list[Path]:
    """Files and folders in it by name; hidden ones, __MACOSX and their like are passed over.  Raises DataError."""
    try:
        inside = sorted(folder.iterdir())
    except OSError as error:
        what = "a file, expected a folder; unpack it if it is an archive" if folder.is_file() else error.strerror
        raise DataError(f"{folder}: error: {what}") from error
    return [path for path in inside if not path.name.startswith(".") and path.name not in _LEFT_BY_PROGRAMS]


def holds_folders(folder: Path) -> bool:
    """Whether there are folders in it."""
    return any(path.is_dir() for path in listed(folder))


def folders_of_parts(folder: Path, warnings: list[str]) -> dict[str, Path] | None:
    """The folders train, validation and test in it, as they are often called, where those of the classes lie in them,
    with a word; None where there are none.  Raises DataError where others stand beside them.
    """
    inside = {path.name.lower(): path for path in listed(folder) if path.is_dir()}
    parts = {_PARTS[name]: path for name, path in inside.items() if name in _PARTS}
    if "train" not in parts or not holds_folders(parts["train"]):
        return None
    if others := [path.name for name, path in inside.items() if name not in _PARTS]:
        if len(parts) == 1:
            return None
        named, more = ", ".join(path.name for path in parts.values()), ", ".join(others)
        hint = f"path: {parts['train']} reads it alone, or take the others out"
        raise DataError(f"{folder}: error: {named} are parts, but what is {more}?  {hint}")
    folders = {part: parts[part] for part in ("train", "validation", "test") if part in parts}
    names = ", ".join(path.name for path in folders.values())
    warnings.append(f"{folder}: the folders {names} are taken for the parts, not for classes")
    return folders
