"""Text as numbers of symbols: characters, or words.

Symbol 0 is the unknown one, whatever the training part does not have: it is shown as � and never drawn by `sample`.
In evaluation it is a symbol like any other, which a model that never met it finds unlikely.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from nntrain.data.csv_text import read_bytes
from nntrain.errors import DataError
from nntrain.model.shapes import Array

UNKNOWN = "\ufffd"
Level = Literal["characters", "words"]

# a line break, a word with its apostrophes and hyphens, or any other sign
_WORD = re.compile(r"\n|\w+(?:['’-]\w+)*|[^\w\s]")
_NO_SPACE_BEFORE = frozenset("\n.,;:!?)]}%…’”'")
_NO_SPACE_AFTER = frozenset("\n([{“‘")


def read_text(path: Path, content: bytes | None = None) -> str:
    """A file's text with line breaks as \\n.  Raises DataError for what is not UTF-8, or nothing."""
    try:
        text = (read_bytes(path) if content is None else content).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise DataError(f"{path}:{line}:1: error: not UTF-8 text: {error.reason}; save it as UTF-8") from error
    if not text.strip():
        raise DataError(f"{path}: error: the file is empty")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def split(text: str, level: Level) -> Sequence[str]:
    """The symbols of a text, in order."""
    return text if level == "characters" else _WORD.findall(text)


def vocabulary(symbols: Sequence[str], most: int | None = None) -> list[str]:
    """The different symbols after the unknown one, by code; with `most` the most frequent, as many in all."""
    counts = Counter(symbols)
    counts.pop(UNKNOWN, None)
    kept = sorted(counts, key=lambda symbol: (-counts[symbol], symbol))
    return [UNKNOWN, *sorted(kept if most is None else kept[: most - 1])]


def encode(symbols: Sequence[str], known: Sequence[str]) -> Array:
    """Numbers (N,) of symbols; 0 where one is not known."""
    number = {symbol: i for i, symbol in enumerate(known)}
    return np.fromiter((number.get(symbol, 0) for symbol in symbols), np.int32, len(symbols))


def joint(before: str, after: str, level: Level) -> str:
    """What stands between two symbols in a text: nothing, or a space between words."""
    if level == "characters" or not before:
        return ""
    return "" if after in _NO_SPACE_BEFORE or before in _NO_SPACE_AFTER else " "
