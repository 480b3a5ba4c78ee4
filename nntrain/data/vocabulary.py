"""The symbols that texts are made of, characters or words, and their numbers.

Symbol 0 is the unknown one, whatever the training part does not have: it is shown as � and never drawn by `sample`.
In evaluation it is a symbol like any other, which a model that never met it finds unlikely.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from nntrain.files.json_fields import Fields, Saved
from nntrain.model.shapes import Array

UNKNOWN = "\ufffd"
Level = Literal["characters", "words"]
# a line break, a word with its apostrophes and hyphens, or any other sign
_WORD = re.compile(r"\n|\w+(?:['’-]\w+)*|[^\w\s]")
_NO_SPACE_BEFORE = frozenset("\n.,;:!?)]}%…’”'")
_NO_SPACE_AFTER = frozenset("\n([{“‘")


@dataclass(frozen=True, eq=False, repr=False)
class Vocabulary(Saved):
    """symbols: symbol k has number k, and symbol 0 is the unknown one; level: what a symbol is."""

    symbols: tuple[str, ...]
    level: Level

    @classmethod
    def fit(cls, symbols: Sequence[str], level: Level, most: int | None = None) -> Vocabulary:
        """The different symbols after the unknown one, by code; with `most` the most frequent, as many in all."""
        counts = Counter(symbols)
        counts.pop(UNKNOWN, None)
        kept = sorted(counts, key=lambda symbol: (-counts[symbol], symbol))
        return cls((UNKNOWN, *sorted(kept if most is None else kept[: most - 1])), level)

    def encode(self, symbols: Sequence[str]) -> Array:
        """Numbers (N,) of symbols; 0 where one is not known."""
        number = {symbol: i for i, symbol in enumerate(self.symbols)}
        return np.fromiter((number.get(symbol, 0) for symbol in symbols), np.int32, len(symbols))

    def split(self, text: str) -> Sequence[str]:
        """The symbols of a text, in order."""
        return split(text, self.level)

    def joint(self, before: str, after: str) -> str:
        """What stands between two symbols in a text: nothing, or a space between words."""
        if self.level == "characters" or not before:
            return ""
        return "" if after in _NO_SPACE_BEFORE or before in _NO_SPACE_AFTER else " "

    def as_json(self) -> dict[str, object]:
        """As a checkpoint keeps it."""
        return {"symbols": list(self.symbols), "level": self.level}

    @classmethod
    def from_json(cls, saved: Fields) -> Vocabulary:
        """Raises ValueError for what `as_json` does not give."""
        words = saved.text("level", ("characters", "words")) == "words"
        return cls(saved.texts("symbols"), "words" if words else "characters")


def split(text: str, level: Level) -> Sequence[str]:
    """The symbols of a text, in order."""
    return text if level == "characters" else _WORD.findall(text)
