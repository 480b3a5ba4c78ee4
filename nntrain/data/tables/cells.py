"""The cells of a column: its numbers, and its words by number, each different one kept once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Literal

import numpy as np

from nntrain.data.tables.numerals import is_number, number_word
from nntrain.data.tables.packed_numbers import Numbers
from nntrain.model.shapes import Array

# in whatever case; the last ones are how Excel and old C libraries write them
USUAL_MISSING = frozenset(
    [
        "",
        "?",
        "na",
        "n/a",
        "nan",
        "-nan",
        "<na>",
        "null",
        "#n/a",
        "#n/a n/a",
        "#na",
        "#null!",
        "1.#ind",
        "-1.#ind",
        "1.#qnan",
        "-1.#qnan",
    ]  # "" too
)


@dataclass(frozen=True)
class Missing:
    """Which cells stand for no value: empty ones, and these words; None: the usual ones, in whatever case."""

    words: frozenset[str] | None = None

    def __contains__(self, cell: str) -> bool:
        if self.words is None:
            return cell.lower() in USUAL_MISSING
        return not cell or cell in self.words or (is_number(cell) and float(cell) in self.numbers)

    @cached_property
    def numbers(self) -> tuple[float, ...]:
        """The numbers among them, in whatever spelling, such as -999."""
        return tuple(sorted({float(word) for word in self.words or () if is_number(word)}))


@dataclass(slots=True)  # a table may have a hundred thousand columns
class Cells:
    """A column of N cells, in pieces.

    value_pieces  piece[:] is float64, NaN where the cell is no number
    code_pieces   of each cell its place in `words`, in the smallest integers, -1 where it is a number; None where all
                  of a piece are numbers
    words         the different cells that are no numbers
    absent        (words,) True for those that stand for no value
    grouped       "all" or "some" where as many numbers have a point before three digits, and the others none: it could
                  stand before decimals, or between thousands
    padded        a whole number with zeros before it as it is written, such as 01067, which may be a name; "" where the
                  first rows have none
    """

    value_pieces: list[Numbers]
    code_pieces: Sequence[Array | None]
    words: Sequence[str]
    absent: Array
    grouped: Literal["all", "some", "none"] = "none"
    padded: str = ""

    def __len__(self) -> int:
        return sum(map(len, self.value_pieces))

    @property
    def values(self) -> Array:
        """(N,) float64, NaN where the cell is no number: a copy where there are several pieces."""
        if len(self.value_pieces) == 1:
            return self.value_pieces[0][:]
        values, start = np.empty(len(self)), 0
        for piece in self.value_pieces:
            values[start : start + len(piece)] = piece[:]
            start += len(piece)
        return values

    @property
    def codes(self) -> Array | None:
        """(N,) the place of each cell in `words`, -1 where it is a number; None where all are numbers."""
        if not self.words:
            return None
        pairs = zip(self.code_pieces, self.value_pieces, strict=True)
        return np.concatenate([np.full(len(v), -1, np.int8) if c is None else c for c, v in pairs], dtype=np.int32)

    @property
    def missing(self) -> Array:
        """(N,) True where there is no value."""
        if not self.words or not self.absent.any():
            return np.zeros(len(self), bool)
        return np.concatenate([self._of_words(piece, self.absent) for piece in range(len(self.value_pieces))])

    def _of_words(self, piece: int, which: Array) -> Array:
        """(rows of the piece,) True where one of those words stands: `which` (words,)."""
        codes = self.code_pieces[piece]
        if codes is None:
            return np.zeros(len(self.value_pieces[piece]), bool)
        found: Array = np.append(which, False)[codes]  # the last for -1, a number
        return found

    def _first_of_words(self, which: Array) -> int | None:
        """The first row in which one of those words stands: `which` (words,)."""
        start = 0
        for piece, values in enumerate(self.value_pieces):
            found = self._of_words(piece, which)
            if found.any():
                return start + int(np.argmax(found))
            start += len(values)
        return None

    @property
    def has_numbers(self) -> bool:
        """Whether any cell is a number."""
        return any(codes is None or bool((codes < 0).any()) for codes in self.code_pieces)

    @property
    def numbers(self) -> Array:
        """The different numbers, ascending."""
        values = self.values
        return different(values[~np.isnan(values)])

    @property
    def present(self) -> list[str]:
        """The different words that stand for something, in the order of their first rows."""
        return [word for word, absent in zip(self.words, self.absent, strict=True) if not absent]

    @property
    def empty(self) -> bool:
        """Whether there is nothing in any row, not even a word for a missing value."""
        return list(self.words) == [""] and not self.has_numbers

    def names(self) -> set[str]:
        """The different values as names of categories."""
        return {*self.present, *map(number_word, self.numbers.tolist())}

    @property
    def all_numbers(self) -> bool:
        """Whether every cell is a number."""
        return not self.words

    def first_other(self) -> int:
        """The first row that holds no number."""
        codes = self.codes
        return 0 if codes is None else int(np.argmax(codes >= 0))

    def first_number(self) -> int:
        """The first row that holds a number."""
        codes = self.codes
        return 0 if codes is None else int(np.argmax(codes < 0))

    def row_of(self, word: str) -> int:
        """The first row that holds a word."""
        return self._first_of_words(np.arange(len(self.words)) == self.words.index(word)) or 0

    def row_of_name(self, name: str) -> int:
        """The first row that holds a value of this name (see `names`)."""
        if name in self.words:
            return self.row_of(name)
        return int(np.argmax(self.values == float(name)))

    def text(self, row: int) -> str:
        """A cell as it was written; a number in its usual spelling."""
        ends = list(accumulate(map(len, self.value_pieces)))
        row = range(ends[-1])[row]
        piece = bisect_right(ends, row)
        values, codes = self.value_pieces[piece], self.code_pieces[piece]
        at = row - (ends[piece] - len(values))
        if codes is not None and codes[at] >= 0:
            return self.words[int(codes[at])]
        return number_word(values[at : at + 1].item())

    def first_word(self) -> int | None:
        """The first row that is neither a number nor missing."""
        return None if self.absent.all() else self._first_of_words(~self.absent)

    def category_numbers(self, categories: Sequence[str]) -> Array:
        """(N,) float64: the number of each cell among the categories; NaN where missing, -1 where there is none."""
        number = {name: float(i) for i, name in enumerate(categories)}
        of_words = np.array([number.get(word, -1.0) for word in self.words])
        of_words[self.absent] = np.nan
        numbers = self.numbers
        of_numbers = np.array([number.get(number_word(value), -1.0) for value in numbers.tolist()])
        found = np.full(len(self), np.nan)
        if (codes := self.codes) is not None:
            found = np.where(codes >= 0, of_words[codes], np.nan)
        if len(numbers):
            values = self.values
            there = ~np.isnan(values)
            found[there] = of_numbers[np.searchsorted(numbers, values[there])]
        return found


def different(values: Array) -> Array:
    """The different numbers, ascending; a sort is several times as fast as np.unique with its table of hashes."""
    ascending = np.sort(values)
    return ascending[np.concatenate([[True], ascending[1:] != ascending[:-1]])] if len(values) else ascending
