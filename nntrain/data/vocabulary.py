"""The symbols that texts are made of, characters or words, and their numbers.

Symbol 0 is the unknown one, whatever the training part does not have: it is shown as � and never drawn by `sample`.
In evaluation it is a symbol like any other, which a model that never met it finds unlikely.

Where texts come in pairs, three more symbols stand behind it that no text has: padding, start and end.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from nntrain.files.json_fields import Fields, Saved, WrongFieldsError
from nntrain.model.shapes import Array

UNKNOWN = "\ufffd"
PADDING, START, END = MARKS = ("<padding>", "<start>", "<end>")
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
    def fit(
        cls,
        symbols: Iterable[str],
        level: Level,
        most: int | None = None,
        marks: tuple[str, ...] = (),
        at_least: int = 1,
    ) -> Vocabulary:
        """The different symbols after the unknown one and the marks, by code: those that occur so often; with `most`
        the most frequent, as many in all."""
        counts = Counter(symbols)
        counts.pop(UNKNOWN, None)
        if at_least > 1:
            counts = Counter({symbol: count for symbol, count in counts.items() if count >= at_least})
        kept = sorted(counts, key=lambda symbol: (-counts[symbol], symbol))
        before = (UNKNOWN, *marks)
        return cls((*before, *sorted(kept if most is None else kept[: most - len(before)])), level)

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

    def text(self, numbers: Iterable[int]) -> str:
        """Symbols put together as a text, up to its end."""
        text = last = ""
        for number in numbers:
            symbol = self.symbols[number]
            if symbol in (END, PADDING):
                break
            text, last = text + self.joint(last, symbol) + symbol, symbol
        return text

    def as_json(self) -> dict[str, object]:
        """As a checkpoint keeps it."""
        return {"symbols": list(self.symbols), "level": self.level}

    @classmethod
    def from_json(cls, saved: Fields) -> Vocabulary:
        """Raises WrongFieldsError for what `as_json` does not give."""
        words = saved.text("level", ("characters", "words")) == "words"
        return cls(saved.texts("symbols"), "words" if words else "characters")


@dataclass(frozen=True, eq=False, repr=False)
class TargetTexts(Saved):
    """What texts are turned into: their symbols, and the most of them that one has, the end mark included."""

    vocabulary: Vocabulary
    length: int

    def as_json(self) -> dict[str, object]:
        """As a checkpoint keeps it."""
        return {**self.vocabulary.as_json(), "length": self.length}

    @classmethod
    def from_json(cls, saved: Fields) -> TargetTexts:
        """Raises WrongFieldsError for what `as_json` does not give."""
        with saved:
            found = cls(Vocabulary.from_json(saved), saved.whole("length", 1))
        if missing := [mark for mark in MARKS if mark not in found.vocabulary.symbols]:
            raise WrongFieldsError(f"target_texts.symbols: no {missing[0]}")
        return found


def split(text: str, level: Level) -> Sequence[str]:
    """The symbols of a text, in order."""
    return text if level == "characters" else _WORD.findall(text)
