"""Where the values of a config stand, and the problems found there: one line each, all reported at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, NoReturn

from nntrain.components import frozen
from nntrain.errors import ConfigError
from nntrain.messages import escape

MAX_PROBLEMS = 100  # a file with more is not a config; looking for suggestions would only take time


@dataclass(frozen=True, eq=False)
class Source:
    """What a value was written in: a file, an override of the command line, or (neither) a Python mapping.

    directory   what relative paths start from: the file's own, or the current one
    """

    directory: Path
    file: str | None = None
    override: str | None = None
    order: int = 0  # problems are listed by source: the file, what it extends, overrides


class Mark(NamedTuple):
    """The place of one value.  Lines and columns count from 1."""

    source: Source
    line: int = 0
    column: int = 0


@frozen
class Place:
    """A mark with the dotted path of what stands there: `architecture.3.units`; "" is the whole config."""

    mark: Mark
    path: str = ""

    @property
    def file(self) -> str | None:
        """The file as it was named; None for overrides and Python mappings."""
        return self.mark.source.file

    @property
    def line(self) -> int:
        """Counted from 1; 0 where there is no file."""
        return self.mark.line

    @property
    def column(self) -> int:
        """Counted from 1; 0 where there is no file."""
        return self.mark.column

    def error(self, message: str) -> str:
        """The line a user reads.  Files give `file:line:column: error: path: …`, overrides `override key: error: …`,
        Python mappings `path: error: …`."""
        source = self.mark.source
        path = escape(self.path)
        if source.override is not None:
            where = f"override {escape(source.override)}"
            path = "" if self.path == source.override else path
        elif source.file is not None:
            where = f"{escape(source.file, 500)}:{self.line}:{self.column}"
        else:
            where, path = path or "config", ""
        return f"{where}: error: {path}: {message}" if path else f"{where}: error: {message}"


# id(component) -> (component, where it stands): the component too, as ids are only unique among the living
Placed = dict[int, tuple[object, Place]]


class Problems:
    """What was found wrong so far.  Everything is reported at once."""

    def __init__(self) -> None:
        self._found: list[tuple[Mark, str]] = []

    def __bool__(self) -> bool:
        return bool(self._found)

    def copy(self) -> Problems:
        """The same problems, to go on from."""
        copied = Problems()
        copied._found = list(self._found)
        return copied

    def add(self, mark: Mark, path: str, message: str) -> None:
        """One more, at a place; `path` is the dotted path of what stands there.  Raises ConfigError at MAX_PROBLEMS."""
        self._found.append((mark, Place(mark, path).error(message)))
        if len(self._found) == MAX_PROBLEMS:
            self._raise(f"these are the first {MAX_PROBLEMS} problems; the rest was not looked at")

    def stop(self, mark: Mark, path: str, message: str) -> NoReturn:
        """A problem after which nothing else can be read."""
        self._found.append((mark, Place(mark, path).error(message)))
        self._raise()

    def stop_plain(self, line: str) -> NoReturn:
        """Likewise, for a problem that has no place in a file."""
        self._raise(line)

    def check(self) -> None:
        """Raise if there is any."""
        if self._found:
            self._raise()

    def _raise(self, *more: str) -> NoReturn:
        self._found.sort(key=lambda found: (found[0].source.order, found[0].line, found[0].column))
        lines = dict.fromkeys(line for _, line in self._found)  # a value used twice through an alias is wrong once
        raise ConfigError(*lines, *more)
