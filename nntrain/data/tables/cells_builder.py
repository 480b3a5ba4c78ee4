"""Makes the cells of a column, which comes in pieces."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Literal

import numpy as np

from nntrain.data.tables.cells import Cells, Missing
from nntrain.data.tables.known_words import KnownWords
from nntrain.data.tables.numerals import Numerals, all_numbers, number_word
from nntrain.data.tables.packed_numbers import Numbers, PackedNumbers, packed
from nntrain.model.shapes import Array

_MAY_BE_GROUPED = re.compile(r" *[+-]?(?:[1-9]\d{0,2}(\.\d{3})|\d{1,3}) *", re.ASCII)
_NO_WORDS = np.zeros(0, bool)
_NO_CODES: dict[str, int] = {}  # shared by all columns of numbers
_ZEROS_BEFORE = re.compile(r"0\d{2,}", re.ASCII)
_REMEMBERED = 1 << 16  # different cells whose meaning is kept between pieces


@cache
def _all_numbers(pieces: int) -> Sequence[Array | None]:
    """The codes of columns of numbers."""
    return (None,) * pieces


class CellsBuilder:
    """Makes Cells of a column that comes in pieces.

    watch_points   whether a point may stand between thousands, as the config does not say
    """

    __slots__ = (  # a table may have a hundred thousand columns
        *("_numerals", "_missing", "_groups", "_with_point", "_without", "_values", "_codes", "_code"),
        *("_known", "_numbers", "_words", "_padded", "_packing"),
    )

    def __init__(self, numerals: Numerals, missing: Missing, watch_points: bool = False):
        self._numerals, self._missing = numerals, missing
        # whether a point may still be one between thousands, and whether there are numbers with and without it
        self._groups, self._with_point, self._without = watch_points and numerals.plain, False, False
        self._values: list[Numbers] = []
        self._codes: list[Array | None] | None = None  # where all are numbers
        self._code = _NO_CODES  # of every word
        self._known: dict[str, int] | None = (
            None  # of every different cell as it is written: its code, or -1 - its number's
        )
        self._numbers: list[float]
        self._words: KnownWords | None = None
        self._packing = False
        self._padded = ""  # of the first rows a whole number with zeros before it

    def add(self, cells: Sequence[str]) -> None:
        """The cells of further rows."""
        if not self._values:
            self._padded = next((cell for cell in cells if cell[:1] == "0" and _ZEROS_BEFORE.fullmatch(cell)), "")
        values = self._all_numbers(cells)
        if values is not None:
            self._add(values, None)
            return
        if (there := [cell for cell in cells if cell]) and len(there) < len(cells):  # numbers and empty cells
            numbers = self._all_numbers(there)
            if numbers is not None:
                empty = np.fromiter((not cell for cell in cells), bool, len(cells))
                values = np.full(len(cells), np.nan)
                values[~empty] = numbers
                self._add(values, np.where(empty, self._code_of(""), -1).astype(np.int32))
                return
        self._add(*self._look_up(cells))

    def add_numbers(self, values: Numbers) -> None:
        """The numbers of further rows, float64 or packed already; they are kept."""
        self._add(values, None, packing=False)

    def add_gaps(self, values: Numbers, at: Array) -> None:
        """The numbers of further rows, but for empty cells `at` some of them; `values` is kept."""
        self._add(_without(values, at), self._codes_at(len(values), at, self._code_of("")), packing=False)

    def add_mixed(self, values: Numbers, at: Array, cells: Sequence[str]) -> None:
        """The numbers of further rows, but for the cells `at` some of them, which may be anything; `values` is kept."""
        others, codes = self._all_numbers(cells), None
        if others is None:
            others, of_cells = self._look_up(cells)
            codes = None if of_cells is None else self._codes_at(len(values), at, of_cells)
            if of_cells is not None and of_cells.min() >= 0:
                self._add(_without(values, at), codes, packing=False)
                return
        numbers = values[:]
        numbers[at] = others
        self._add(numbers, codes)

    def _codes_at(self, count: int, at: Array, codes: Array | int) -> Array:
        """(count,) -1 but for some rows."""
        found = np.full(count, -1, np.min_scalar_type(-1 - len(self._code)))
        found[at] = codes
        return found

    def _add(self, values: Numbers, codes: Array | None, packing: bool = True) -> None:
        for number in self._missing.numbers:
            if (at := values[:] == number).any():
                values = np.where(at, np.nan, values[:])
                others = -1 if codes is None else codes
                codes = np.where(at, self._code_of(number_word(number)), others).astype(np.int32)
        if codes is not None:
            codes = codes.astype(np.min_scalar_type(-1 - len(self._code)), copy=False)
            self._codes = self._codes or [None] * len(self._values)
        if self._codes is not None:
            self._codes.append(codes)
        if self._packing and packing and isinstance(values, np.ndarray):
            values = packed(values, self._values[-1] if self._values else None) or values
        self._values.append(values)

    def add_bytes(self, content: Array, starts: Array, ends: Array, cells: Callable[[Array | None], list[str]]) -> None:
        """The cells content[starts:ends] of further rows, few different ones; `cells` gives some of them, or all."""

        found = None
        if self.mostly_words:
            self._words = self._words or KnownWords()
            found = self._words.codes(content, starts, ends, lambda rows: self._found(cells(rows)))
        if found is None:
            self.add(cells(None))
        else:
            self._add(*self._of_found(found))

    def _look_up(self, cells: Sequence[str]) -> tuple[Array, Array | None]:
        """Values and codes of cells: each different one is looked at once."""
        return self._of_found(self._found(cells))

    def _found(self, cells: Sequence[str]) -> Array:
        """The codes of cells as `_known` has them."""
        if self._known is None:
            self._known, self._numbers = {}, []
        known = self._known
        if len(known) > _REMEMBERED:
            known.clear()
            self._numbers.clear()
        for cell in dict.fromkeys(cells):  # in order, so that codes are too
            if cell not in known:
                self._learn(cell, known)
        return np.fromiter(map(known.__getitem__, cells), np.int32, len(cells))

    def _of_found(self, found: Array) -> tuple[Array, Array | None]:
        if not len(found) or found.min() >= 0:
            return np.broadcast_to(np.float64(np.nan), found.shape), found
        are_words, numbers = found >= 0, np.array(self._numbers)
        if not are_words.any():
            return numbers[-1 - found], None
        return np.where(are_words, np.nan, numbers[np.maximum(-1 - found, 0)]), np.maximum(found, -1)

    def _learn(self, cell: str, known: dict[str, int]) -> None:
        word = cell.strip()
        value = self._numerals.read(word)
        if value is None:
            known[cell] = self._code_of(word)
        else:
            known[cell] = -1 - len(self._numbers)
            self._numbers.append(value)
            if self._groups:
                self._look_for_groups([word])

    def _code_of(self, word: str) -> int:
        if not self._code:
            self._code = {}
        return self._code.setdefault(word, len(self._code))

    def pack(self) -> None:
        """Keep further numbers in fewer bytes, where these can hold them."""
        if not self._packing:
            self._values = [
                v if isinstance(v, PackedNumbers) else packed(v, self._values[-1]) or v for v in self._values
            ]
            self._packing = True

    @property
    def mostly_words(self) -> bool:
        """Whether more than half of the cells that came last were no numbers."""
        last = self._codes[-1] if self._codes else None
        return last is not None and bool(np.mean(last >= 0) > 0.5)

    @property
    def watches_points(self) -> bool:
        """Whether more must be known of further numbers than their values (see `watch`)."""
        return self._groups

    def watch(self, fits: bool, with_point: bool, without: bool) -> None:
        """Of further numbers: whether all may have a point between thousands, and whether some have one, or none."""
        self._groups = self._groups and fits
        self._with_point, self._without = self._with_point or with_point, self._without or without

    def _all_numbers(self, cells: Sequence[str]) -> Array | None:
        """The cells as numbers in one go, where all are; else None, which says nothing."""
        values = all_numbers(cells, self._numerals)
        if values is not None and self._groups:
            self._look_for_groups(set(cells))
        return values

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
        words, absent = tuple(self._code), _NO_WORDS
        if words:
            absent = np.array([word in self._missing for word in words], bool)
        grouped: Literal["all", "some", "none"] = "none"
        if self._groups and self._with_point:
            grouped = "some" if self._without else "all"
        codes = _all_numbers(len(self._values)) if self._codes is None else self._codes
        return Cells(self._values, codes, words, absent, grouped, self._padded)


def _without(values: Numbers, at: Array) -> Numbers:
    """With gaps at some rows, in place."""
    if isinstance(values, PackedNumbers):
        return values.without(at)
    values[at] = np.nan
    return values
