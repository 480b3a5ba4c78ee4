"""Pairs of texts drawn from the seed: what a network that reads and writes can learn in minutes."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from datetime import date, timedelta

import numpy as np

from nntrain.components import arg, component, component_base
from nntrain.data.text_pairs import Pair, Pairs, TextPairs
from nntrain.model.shapes import Ints
from nntrain.runtime import streams


@component_base(kw_only=True)
class GeneratedPairs(TextPairs):
    """Base: no two examples ask the same, so what stands in test was never seen in training."""

    @abstractmethod
    def draw(self, stream: streams.Stream) -> list[Pair]:
        """All examples."""

    def pairs(self, seed: int) -> Pairs:
        drawn = self.draw(streams.stream(seed, streams.GENERATE, streams.key(self.type)))
        content = "".join(f"{source}\t{target}\n" for source, target in drawn)
        return Pairs({"train": drawn}, hashlib.sha256(content.encode()).hexdigest(), [])


@component("additions")
class Additions(GeneratedPairs):
    """Sums, digit by digit: 17+25 is turned into 42.

    X (T_x, m), Y (T_y, m) symbols, both ended by the end mark.  Every two numbers stand together once, in one order or
    the other: where 17+25 is an example, 25+17 is none, so a network that has learned its examples by heart knows none
    of the test part.
    """

    examples: int = arg("number of examples", default=5000, ge=2, le=1_000_000)
    digits: int = arg("most digits of a number", default=2, ge=1, le=6, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.examples > self._all:
            raise ValueError(f"examples: of {self.digits} digits there are {self._all:,}, got {self.examples:,}")

    @property
    def _all(self) -> int:
        """Pairs of numbers a ≥ b."""
        numbers: int = 10**self.digits
        return numbers * (numbers + 1) // 2

    def draw(self, stream: streams.Stream) -> list[Pair]:
        chosen = _different(self.examples, self._all, stream)
        a = ((np.sqrt(8.0 * chosen + 1) - 1) / 2).astype(np.int64)  # pair number a (a + 1) / 2 + b
        a -= a * (a + 1) // 2 > chosen
        a += (a + 1) * (a + 2) // 2 <= chosen
        b = chosen - a * (a + 1) // 2
        swapped = stream.integers(2, (self.examples,)) == 1
        first, second = np.where(swapped, b, a).tolist(), np.where(swapped, a, b).tolist()
        return [(f"{x}+{y}", str(x + y)) for x, y in zip(first, second, strict=True)]


def _different(count: int, whole: int, stream: streams.Stream) -> Ints:
    """`count` different numbers below `whole`, in random order."""
    if count > whole // 4:
        return stream.permutation(whole)[:count]
    drawn: dict[int, None] = {}
    while len(drawn) < count:
        drawn |= dict.fromkeys(stream.integers(whole, (count,)).tolist())
    return np.array(list(drawn)[:count])


MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# how people write a day: d its number, th with its ending, m the month's, B its name, b the short form, A the weekday
FORMS = (
    *("{d} {B} {Y}", "{B} {d}, {Y}", "{d} {b} {Y}", "{b} {d} {Y}", "{A} {d} {B} {Y}", "{A}, {B} {d}, {Y}"),
    *("{th} of {B} {Y}", "{B} {th}, {Y}", "{d:02}.{m:02}.{y:02}", "{d}.{m}.{Y}", "{m}/{d}/{Y}", "{d} {b} {y:02}"),
)
FIRST, LAST = date(1970, 1, 1), date(2029, 12, 31)  # two digits of a year mean one of them


@component("dates")
class Dates(GeneratedPairs):
    """Days as people write them: 3 May 1979, Thursday, May 3, 1979, 3.5.1979 or 5/3/1979 are turned into 1979-05-03.

    X (T_x, m), Y (T_y, m) symbols, both ended by the end mark.  A day stands once, in one of twelve forms, a quarter of
    them in small letters: no day of the test part occurs in training.  Days are those of 1970 to 2029.  Course 5,
    week 3 (neural machine translation with attention).
    """

    examples: int = arg("number of examples", default=10_000, ge=2, le=(LAST - FIRST).days + 1)

    def draw(self, stream: streams.Stream) -> list[Pair]:
        days = _different(self.examples, (LAST - FIRST).days + 1, stream).tolist()
        forms = stream.integers(len(FORMS), (self.examples,)).tolist()
        small = (stream.integers(4, (self.examples,)) == 0).tolist()
        pairs = []
        for day, form, lower in zip(days, forms, small, strict=True):
            when = FIRST + timedelta(days=day)
            text = written(when, FORMS[form])
            pairs.append((text.lower() if lower else text, when.isoformat()))
        return pairs


def written(when: date, form: str) -> str:
    """A day in one of the forms."""
    d, month = when.day, MONTHS[when.month - 1]
    th = f"{d}{'th' if 10 < d < 14 else {1: 'st', 2: 'nd', 3: 'rd'}.get(d % 10, 'th')}"
    weekday, y = WEEKDAYS[when.weekday()], when.year % 100
    return form.format(d=d, th=th, m=when.month, B=month, b=month[:3], A=weekday, Y=when.year, y=y)
