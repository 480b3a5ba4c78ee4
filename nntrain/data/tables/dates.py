"""Dates in tables, as numbers and as inputs.

A date is held as seconds since 1970 (float64), and becomes year, month, day, weekday (Monday 0) and, where the column
has a time of day, hour (with fractions).  No time zones are converted: a clock shows what people do at that hour.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from datetime import time as clock

import numpy as np

from nntrain.model.shapes import Array

_SHORT = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = "(?P<word>" + "|".join(_SHORT) + r")[a-z]*\.?"
_TIME = (
    r"(?:[T ]\s*(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2})(?:[.,]\d+)?)?\s*(?P<half>[AaPp]\.?[Mm]\.?)?"
    r"\s*(?:Z|UTC|[+-]\d{2}:?\d{2})?)?"
)
_DAY = {
    "ymd": r"(?P<y>\d{4})(?P<s>[-/.])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})",
    "ym": r"(?P<y>\d{4})[-/Mm](?P<m>\d{1,2})",
    "dmy": r"(?P<d>\d{1,2})(?P<s>[-/.])(?P<m>\d{1,2})(?P=s)(?P<y>\d{4})",
    "mdy": r"(?P<m>\d{1,2})(?P<s>[-/])(?P<d>\d{1,2})(?P=s)(?P<y>\d{4})",
    "words": rf"(?:(?P<d>\d{{1,2}})\.?[- ]{_MONTH}[-, ]+(?P<y>\d{{4}}))",
    "words first": rf"(?:{_MONTH} (?P<d>\d{{1,2}}),? (?P<y>\d{{4}}))",
    "my": r"(?P<m>\d{1,2})[-/](?P<y>\d{4})",
    "word and year": rf"{_MONTH}[-, /]*(?P<y>\d{{4}})",
    "quarter": r"(?P<y>\d{4})[-_/ ]?Q(?P<q>[1-4])",
    "quarter first": r"Q(?P<q>[1-4])[-_/ ]?(?P<y>\d{4})",
    "week": r"(?P<y>\d{4})-?W(?P<w>\d{2})(?:-?(?P<wd>[1-7]))?",  # ISO 8601
}
_FORMS = {order: re.compile(day + _TIME, re.ASCII | re.IGNORECASE) for order, day in _DAY.items()}
ORDERS = tuple(_FORMS)
_OF_MONTHS = ("ym", "my", "word and year", "quarter", "quarter first")


@dataclass(frozen=True)
class DateForm:
    """order: which of year, month and day comes first; hour: whether there is a time of day."""

    order: str
    hour: bool

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the inputs that a date becomes."""
        days = ("year", "month") if self.order in _OF_MONTHS else ("year", "month", "day", "weekday")
        return (*days, "hour") if self.hour else days

    def read(self, cell: str) -> float | None:
        """Seconds since 1970, or None where the cell is no date in this form."""
        match = _FORMS[self.order].fullmatch(cell)
        if match is None or (not self.hour and match["H"] is not None):
            return None
        part = match.groupdict()
        hour = int(part["H"] or 0)
        if part["half"]:
            if not 1 <= hour <= 12:
                return None
            hour = hour % 12 + (12 if part["half"][0] in "Pp" else 0)
        try:
            time = datetime.combine(_day(part), clock(hour, int(part["M"] or 0), int(part["S"] or 0)))
        except ValueError:
            return None
        return (time - datetime(1970, 1, 1)).total_seconds()

    def expand(self, seconds: Array) -> Array:
        """(N, parts) of dates (N,)."""
        time = np.floor(seconds)
        days = np.floor(time / 86400).astype("datetime64[D]")
        months, years = days.astype("datetime64[M]"), days.astype("datetime64[Y]")
        numbers = {
            "year": years.astype(np.int64) + 1970,
            "month": (months - years).astype(np.int64) + 1,
            "day": (days - months).astype(np.int64) + 1,
            "weekday": (days.astype(np.int64) + 3) % 7,  # 1 January 1970 was a Thursday
            "hour": np.mod(time, 86400) / 3600,
        }
        return np.stack([numbers[part] for part in self.parts], axis=1).astype(np.float64)

    def text(self, parts: Sequence[float]) -> str:
        """The date of such inputs as people read it."""
        named = dict(zip(self.parts, parts, strict=True))
        text = f"{named['year']:.0f}-{named['month']:02.0f}" + (f"-{named['day']:02.0f}" if "day" in named else "")
        return text + (f" {named['hour']:.4g} h" if self.hour else "")


def _day(part: dict[str, str | None]) -> date:
    """The day of what a date is made of; the first of a month, a quarter or a week.  Raises ValueError."""
    year, day = int(part["y"] or 0), int(part.get("d") or 1)
    if week := part.get("w"):
        return date.fromisocalendar(year, int(week), int(part.get("wd") or 1))
    if quarter := part.get("q"):
        return date(year, 3 * int(quarter) - 2, 1)
    word = part.get("word")
    return date(year, _SHORT.index(word.lower()) + 1 if word else int(part["m"] or 0), day)


def forms_of(cells: Sequence[str]) -> list[DateForm]:
    """The forms in which all the cells are dates: none, one, or two where day and month could be either."""
    found = []
    for order in ORDERS:
        hours = any((match := _FORMS[order].fullmatch(cell)) and match["H"] for cell in cells)
        form = DateForm(order, hours)
        if cells and all(form.read(cell) is not None for cell in cells):
            found.append(form)
    return found


def is_date(cell: str) -> bool:
    """Whether a cell is a date in some form."""
    return any(DateForm(order, True).read(cell) is not None for order in ORDERS)
