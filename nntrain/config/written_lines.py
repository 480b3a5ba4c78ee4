"""The values of a config that nntrain wrote, from its lines: what `yaml_writer` writes needs no parser of all YAML.

A listing of runs reads their configs alone; the parser behind it takes as long to import as the rest of the listing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nntrain.files.plain_values import Plain, scalar

_WORD = r"-?[A-Za-z0-9_/$.][A-Za-z0-9_/$.+-]*"
_TOKEN = re.compile(rf"{_WORD}|[{{}}\[\]]|: |, ")
_KEY = re.compile(rf"({_WORD}):(?: (?=[^ ])|$)")
_MARKS = ("{", "}", "[", "]", ": ", ", ")


class _Other(Exception):
    """A line that is not written as the writer writes, or holds a text in quotes."""


def read_lines(text: str) -> dict[str, Plain] | None:
    """The values; None where some line is not plain enough, and the parser has to read all of it."""
    lines = [((bare := line.lstrip(" ")), len(line) - len(bare)) for line in text.split("\n") if line]
    try:
        value = _value(lines) if lines else {}
    except (_Other, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _value(lines: list[tuple[str, int]]) -> Plain:
    """The value that lines of one block make."""
    first, depth = lines[0]
    if first.startswith("- "):
        return [_value([(dash[2:], depth + 2), *below]) for (dash, _), *below in _parts(lines, depth)]
    if not _KEY.match(first):
        if len(lines) > 1:
            raise _Other
        return _flow(first)
    values: dict[str, Plain] = {}
    for (line, _), *below in _parts(lines, depth):
        key = _KEY.match(line)
        if not key or key[1] in values or (key.end() < len(line)) == bool(below):
            raise _Other
        values[key[1]] = _value(below) if below else _flow(line[key.end() :])
    return values


def _parts(lines: list[tuple[str, int]], depth: int) -> list[list[tuple[str, int]]]:
    """The lines cut where one stands as far left as the first."""
    parts: list[list[tuple[str, int]]] = []
    dashes = lines[0][0].startswith("- ")
    for line in lines:
        if line[1] == depth and line[0].startswith("- ") == dashes:
            parts.append([line])
        elif line[1] >= depth + 2:
            parts[-1].append(line)
        else:
            raise _Other
    return parts


def _flow(text: str) -> Plain:
    """The value of one line."""
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != text:
        raise _Other
    rest = iter(tokens)
    value = _next(next(rest), rest)
    if next(rest, None) is not None:
        raise _Other
    return value


def _next(token: str, rest: Iterator[str]) -> Plain:
    if token == "[":
        return _items(rest)
    if token == "{":
        return _entries(rest)
    if token in _MARKS:
        raise _Other
    return scalar(token)


def _items(rest: Iterator[str]) -> list[Plain]:
    items: list[Plain] = []
    for token in rest:
        if token == "]" and not items:
            return items
        items.append(_next(token, rest))
        if (after := next(rest, "")) == "]":
            return items
        if after != ", ":
            break
    raise _Other


def _entries(rest: Iterator[str]) -> dict[str, Plain]:
    entries: dict[str, Plain] = {}
    for token in rest:
        if token == "}" and not entries:
            return entries
        if token in _MARKS or token in entries or next(rest, "") != ": ":
            break
        entries[token] = _next(next(rest, "]"), rest)
        if (after := next(rest, "")) == "}":
            return entries
        if after != ", ":
            break
    raise _Other
