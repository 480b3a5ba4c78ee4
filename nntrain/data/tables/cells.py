"""The cells of a column: its numbers, and its words by number, each different one kept once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from nntrain.data.tables.numerals import EXACT, Numerals, number_word
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
_MAY_BE_GROUPED = re.compile(r" *[+-]?(?:[1-9]\d{0,2}(\.\d{3})|\d{1,3}) *", re.ASCII)


@dataclass(frozen=True)
class Missing:
    """Which cells stand for no value: empty ones, and these words; None: the usual ones, in whatever case."""

    words: frozenset[str] | None = None

    def __contains__(self, cell: str) -> bool:
        return cell.lower() in USUAL_MISSING if self.words is None else not cell or cell in self.words


@dataclass
class Cells:
    """A column of N cells.

    values   (N,) float64, NaN where the cell is no number
    codes    (N,) its place in `words`, -1 where the cell is a number; None where all are numbers
    words    the different cells that are no numbers
    absent   (words,) True for those that stand for no value
    grouped  "all" or "some" where as many numbers have a point before three digits, and the others none: it could stand
             before decimals, or between thousands
    """

    values: Array
    codes: Array | None
    words: list[str]
    absent: Array
    grouped: Literal["all", "some", "none"] = "none"

    def __len__(self) -> int:
        return len(self.values)

    @property
    def missing(self) -> Array:
        """(N,) True where there is no value."""
        if self.codes is None or not self.absent.any():
            return np.zeros(len(self), bool)
        return (self.codes >= 0) & self.absent[self.codes]

    @property
    def has_numbers(self) -> bool:
        """Whether any cell is a number."""
        return self.codes is None or bool((self.codes < 0).any())

    @property
    def numbers(self) -> Array:
        """The different numbers, ascending."""
        return np.unique(self.values[~np.isnan(self.values)])

    @property
    def present(self) -> list[str]:
        """The different words that stand for something, in the order of their first rows."""
        return [word for word, absent in zip(self.words, self.absent, strict=True) if not absent]

    @property
    def empty(self) -> bool:
        """Whether there is nothing in any row, not even a word for a missing value."""
        return self.codes is not None and self.words == [""] and not self.has_numbers

    def names(self) -> set[str]:
        """The different values as names of categories."""
        return {*self.present, *map(number_word, self.numbers.tolist())}

    @property
    def all_numbers(self) -> bool:
        """Whether every cell is a number."""
        return self.codes is None or bool((self.codes < 0).all())

    def first_other(self) -> int:
        """The first row that holds no number."""
        return 0 if self.codes is None else int(np.argmax(self.codes >= 0))

    def first_number(self) -> int:
        """The first row that holds a number."""
        return 0 if self.codes is None else int(np.argmax(self.codes < 0))

    def row_of(self, word: str) -> int:
        """The first row that holds a word."""
        return 0 if self.codes is None else int(np.argmax(self.codes == self.words.index(word)))

    def row_of_name(self, name: str) -> int:
        """The first row that holds a value of this name (see `names`)."""
        if name in self.words:
            return self.row_of(name)
        return int(np.argmax(self.values == float(name)))

    def text(self, row: int) -> str:
        """A cell as it was written; a number in its usual spelling."""
        if self.codes is not None and self.codes[row] >= 0:
            return self.words[int(self.codes[row])]
        return number_word(float(self.values[row]))

    def first_word(self) -> int | None:
        """The first row that is neither a number nor missing."""
        if self.codes is None or self.absent.all():
            return None
        return int(np.argmax((self.codes >= 0) & ~self.absent[self.codes]))

    def category_numbers(self, categories: Sequence[str]) -> Array:
        """(N,) float64: the number of each cell among the categories; NaN where missing, -1 where there is none."""
        number = {name: float(i) for i, name in enumerate(categories)}
        found = np.full(len(self), np.nan)
        if self.codes is not None and self.words:
            of_words = np.array([number.get(word, -1.0) for word in self.words])
            of_words[self.absent] = np.nan
            found = np.where(self.codes >= 0, of_words[self.codes], np.nan)
        numbers = self.numbers
        if len(numbers):
            of_numbers = np.array([number.get(number_word(value), -1.0) for value in numbers.tolist()])
            there = ~np.isnan(self.values)
            found[there] = of_numbers[np.searchsorted(numbers, self.values[there])]
        return found


class CellsBuilder:
    """Makes Cells of a column that comes in pieces."""

    def __init__(self, numerals: Numerals, missing: Missing, watch_points: bool = False):
        self._numerals, self._missing = numerals, missing
        # whether a point may still be one between thousands, and whether there are numbers with and without it
        self._groups, self._with_point, self._without = watch_points and numerals.plain, False, False
        self._values: list[Array] = []
        self._codes: list[Array | None] = []
        self._code: dict[str, int] = {}

    def add(self, cells: Sequence[str]) -> None:
        """The cells of further rows."""
        values = self._all_numbers(cells)
        if values is not None:
            if self._groups:
                self._look_for_groups(set(cells))
            self.add_numbers(values)
            return
        if (there := [cell for cell in cells if cell]) and len(there) < len(cells):  # numbers and empty cells
            values = self._all_numbers(there)
            if values is not None:
                self._add_with_gaps(cells, there, values)
                return
        read, codes_of = self._numerals.read, self._code
        value_of, code_of = dict[str, float](), dict[str, int]()
        for cell in dict.fromkeys(cells):  # in order, so that codes are too
            word = cell.strip()
            value = read(word)
            value_of[cell] = np.nan if value is None else value
            code_of[cell] = codes_of.setdefault(word, len(codes_of)) if value is None else -1
        if self._groups:
            self._look_for_groups([cell.strip() for cell, code in code_of.items() if code < 0])
        self._values.append(np.fromiter(map(value_of.__getitem__, cells), np.float64, len(cells)))
        self._codes.append(np.fromiter(map(code_of.__getitem__, cells), np.int32, len(cells)))

    def _add_with_gaps(self, cells: Sequence[str], there: Sequence[str], numbers: Array) -> None:
        if self._groups:
            self._look_for_groups(set(there))
        empty = np.fromiter((not cell for cell in cells), bool, len(cells))
        values = np.full(len(cells), np.nan)
        values[~empty] = numbers
        self._values.append(values)
        self._codes.append(np.where(empty, self._code.setdefault("", len(self._code)), -1).astype(np.int32))

    def add_numbers(self, values: Array) -> None:
        """The numbers of further rows, float64, whose writing is known (see `depends_on_writing`)."""
        self._values.append(values)
        self._codes.append(None)

    @property
    def has_words(self) -> bool:
        """Whether any cell so far was no number."""
        return bool(self._code)

    def depends_on_writing(self, values: Array, zeros: bool) -> bool:
        """Whether more must be known of further numbers than their values: a point before three digits may yet stand
        between thousands.  `zeros`: whole numbers may have such a point too.
        """
        if not self._groups:
            return False
        thousandths = values * 1000
        if (np.abs(values) >= 1000).any() or (np.abs(np.rint(thousandths) - thousandths) > 1e-6).any():
            self._groups = False
            return False
        if zeros or (values != np.floor(values)).any():
            return True
        self._without = True
        return False

    def _all_numbers(self, cells: Sequence[str]) -> Array | None:
        """The cells as numbers in one go, where float() reads them all and reads them as Numerals does."""
        joined = "".join(cells)
        if not self._numerals.plain or not joined.isascii() or "_" in joined:
            return None
        try:
            values = np.array(list(map(float, cells)))
        except ValueError:
            return None
        return values if (np.abs(values) < EXACT).all() else None  # not so for nan and inf either

    def _look_for_groups(self, numbers: Iterable[str]) -> None:
        """Whether these too are whole numbers below 1000, or have a point before three digits."""
        for number in numbers:
            match = _MAY_BE_GROUPED.fullmatch(number)
            if match is None:
                self._groups = False
                return
            self._with_point, self._without = self._with_point or bool(match[1]), self._without or not match[1]

    def build(self) -> Cells:
        """The whole column."""
        words = list(self._code)
        values, pieces = np.concatenate(self._values), self._codes
        codes = None
        if words:
            whole = [
                np.full(len(v), -1, np.int32) if c is None else c for v, c in zip(self._values, pieces, strict=True)
            ]
            codes = np.concatenate(whole)
        absent = np.array([word in self._missing for word in words], bool)
        grouped: Literal["all", "some", "none"] = "none"
        if self._groups and self._with_point:
            grouped = "some" if self._without else "all"
        return Cells(values, codes, words, absent, grouped)
