"""One value, or a few, as people read them: numbers, times, bars, a curve in a line."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import floor, isfinite, log10

from nntrain.files.plain_values import JsonObject

_ROUNDING = 1e-12  # of the largest value: differences that are none
_BLOCKS = "▁▂▃▄▅▆▇█"


def number(value: object) -> str:
    """A metric for people: five significant digits; tables (confusion, per_class) are left to `nntrain eval`."""
    if value is None:  # as JSON has it
        return "nan"
    if isinstance(value, float):
        return f"{value:.5g}"
    return f"[{len(value)} rows]" if isinstance(value, list | dict) else str(value)


def aligned(values: Sequence[object]) -> list[str]:
    """The cells of a column: numbers with as many decimals each, five digits of the largest; what is None is empty."""
    numbers = [abs(v) for v in values if isinstance(v, float) and isfinite(v) and v]
    if not numbers:
        return ["" if v is None else number(v) for v in values]
    low, high = min(numbers), max(numbers)
    if high >= 1e6 or low < 1e-6:
        return ["" if v is None else f"{v:.3g}" if isinstance(v, float) else number(v) for v in values]
    places = max(0, 4 - max(0, floor(log10(high))), min(6, 1 - floor(log10(low))))
    return ["" if v is None else f"{v:.{places}f}" if isinstance(v, float) else number(v) for v in values]


def fixed(value: object, width: int) -> str:
    """A number of a column that grows line by line: four decimals, fewer or an exponent where they say too little."""
    if not isinstance(value, float) or not isfinite(value):
        return number(value)
    if value and not 1e-3 <= abs(value) < 10.0 ** (width - 2):
        return f"{value:.1e}"
    whole = len(f"{value:.0f}")
    return f"{value:.{max(0, min(4, width - whole - 1))}f}"


def cell(value: object) -> str:
    """A config value in a table: of a component the name, as its arguments are keys of their own."""
    if value is None:
        return ""
    if isinstance(value, dict) and "type" in value:
        return str(value["type"])
    if isinstance(value, list | dict):
        from nntrain.config import flow

        return flow(value)
    return number(value)


def spread(value: tuple[float, float | None] | None) -> str:
    """Mean and standard deviation: `0.9612 ± 0.0031`; of one value no deviation."""
    if value is None:
        return ""
    from nntrain.runs.best_runs import two_digits  # here, as training starts sooner without tables of many runs

    mean, deviation = value
    return number(float(mean)) + ("" if deviation is None else f" ± {two_digits(deviation)}")


def values_line(values: JsonObject) -> str:
    """`loss 0.1234  accuracy 0.97`: the numbers of a metrics mapping on one line."""
    return "  ".join(f"{name} {number(value)}" for name, value in values.items() if not isinstance(value, list | dict))


def clock(seconds: float) -> str:
    """A time that is left or has passed: 0:07, 12:30, 3:05:00."""
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def bar(share: float, width: int) -> str:
    """A bar of so many columns, filled to a share of it."""
    full = round(width * share)
    return "█" * full + "░" * (width - full)


def sparkline(values: Sequence[float | None], width: int = 40) -> str:
    """A character a value, from the lowest to the highest; of more values than there is room each mean of a few."""
    if len(values) > width:
        cuts = [round(i * len(values) / width) for i in range(width + 1)]
        values = [_mean(values[a:b]) for a, b in pairwise(cuts)]
    finite = [v for v in values if v is not None and isfinite(v)]
    if not finite:
        return " " * len(values)
    low, high = min(finite), max(finite)
    if high - low <= _ROUNDING * max(abs(low), abs(high)):  # the mean of three times 0.1 is not 0.1
        high = low
    span = high - low or 1.0
    shares = [None if v is None or not isfinite(v) else min(high, v) - low for v in values]
    return "".join(" " if share is None else _BLOCKS[min(7, int(share / span * 8))] for share in shares)


def _mean(values: Sequence[float | None]) -> float | None:
    finite = [v for v in values if v is not None and isfinite(v)]
    return sum(finite) / len(finite) if finite else None
