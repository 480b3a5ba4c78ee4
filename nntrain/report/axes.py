"""Scales: values to places along an axis, and the ticks that a person reads them by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil, floor, isfinite, log10

from nntrain.files.plain_values import Json

_LOG_FROM = 50.0  # the largest value over the smallest from which a logarithmic scale may show more


class Scale:
    """Maps numbers to 0 … 1, logarithmically where they are positive and span orders of magnitude."""

    def __init__(self, values: Iterable[float | None], logarithmic: bool | None = None):
        finite = [float(v) for v in values if v is not None and isfinite(v)] or [0.0, 1.0]
        low, high = min(finite), max(finite)
        # the middle value tells what was drawn evenly in the logarithm from what was drawn evenly
        crowded = sorted(finite)[len(finite) // 2] - low < 0.25 * (high - low)
        wide = low > 0 and high / low >= _LOG_FROM and crowded
        self.logarithmic = wide if logarithmic is None else logarithmic and low > 0
        if low == high:
            margin = abs(low) / 2 or 0.5
            low, high = low - margin, high + margin
            self.logarithmic = False
        self.low, self.high = low, high

    def __call__(self, value: float) -> float:
        low, high = self.low, self.high
        if self.logarithmic:
            value, low, high = log10(max(value, 1e-300)), log10(low), log10(high)
        return min(1.0, max(0.0, (value - low) / (high - low)))

    def ticks(self, most: int = 5, least: float = 0.0) -> list[float]:
        """Round values within the range, at least so far apart."""
        if self.logarithmic:
            powers = range(ceil(log10(self.low) - 1e-9), floor(log10(self.high) + 1e-9) + 1)
            if len(powers) >= 2:
                return [10.0**p for p in powers][:: ceil(len(powers) / most)]
        span = (self.high - self.low) / most
        step = 10.0 ** floor(log10(span))
        step = next(step * factor for factor in (1, 2, 5, 10, 20, 50, 100) if step * factor >= max(span * 0.999, least))
        first = ceil(self.low / step - 1e-9)
        return [i * step for i in range(first, floor(self.high / step + 1e-9) + 1)]


class Categories:
    """Maps words to places at equal distances."""

    def __init__(self, values: Sequence[Json]):
        self.words = sorted(dict.fromkeys(map(word, values)))

    def __call__(self, value: Json) -> float:
        return (self.words.index(word(value)) + 0.5) / len(self.words)


def scale_of(values: Sequence[Json]) -> Scale | Categories:
    """Numbers get a scale, anything else categories."""
    numeric = all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
    return Scale(values) if numeric else Categories(values)


def word(value: Json) -> str:
    """A config value as a label."""
    if isinstance(value, float):
        return short(value)
    if isinstance(value, dict) and "type" in value:
        return str(value["type"])
    if isinstance(value, dict | list):
        return "…"
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)


def short(value: float) -> str:
    """A tick's number: 0.001, 1e-05, 12000."""
    text = f"{value:.4g}"
    return text.replace("e-0", "e-").replace("e+0", "e")
