"""The space a sweep searches: grids, random draws and seeds, as lists of `key=value` overrides."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, prod

from nntrain.errors import ConfigError
from nntrain.runtime import streams

MOST_RUNS = 100_000
_EXAMPLES = {"-g": "0.1,0.01", "-r": "log:1e-4:1e-1"}


@dataclass(frozen=True)
class Range:
    """Where the values of one key are drawn from.

    log      log:1e-4:1e-1   uniform in the logarithm
    uniform  uniform:0:0.5
    int      int:16:128      whole numbers, both ends included
    choice   choice:relu,tanh
    """

    kind: str
    low: float = 0.0
    high: float = 0.0
    choices: tuple[str, ...] = ()

    def at(self, q: float) -> str:
        """The value below which the share q of the distribution lies, 0 <= q < 1; four digits of it."""
        if self.kind == "choice":
            return self.choices[int(q * len(self.choices))]
        if self.kind == "int":
            return str(int(self.low + q * (self.high - self.low + 1)))
        if self.kind == "log":
            return f"{self.low * (self.high / self.low) ** q:.4g}"
        return f"{self.low + q * (self.high - self.low):.4g}"


def split_key(text: str, option: str) -> tuple[str, str]:
    """`optimizer.lr=0.1,0.01` -> the key and what it may be."""
    key, _, values = text.partition("=")
    if not key or not values:
        raise ConfigError(f"{option} {text}: expected KEY=VALUES, such as {option} optimizer.lr={_EXAMPLES[option]}")
    return key, values


def split_values(text: str, option: str) -> list[str]:
    """`0.1,[1,2],{type: sgd, lr: 0.1}` at the commas that stand in no bracket and no quotes."""
    values, depth, quote, start = [], 0, "", 0
    for i, c in enumerate(text):
        if quote:
            quote = "" if c == quote else quote
        elif c in "\"'" and (i == start or text[i - 1] in " ,:[{"):
            quote = c
        elif c in "[{":
            depth += 1
        elif c in "]}":
            depth -= 1
        elif c == "," and depth == 0:
            values.append(text[start:i].strip())
            start = i + 1
    values.append(text[start:].strip())
    if "" in values:
        raise ConfigError(f"{option}: an empty value; write values with a comma between them: 0.1,0.01")
    return values


def parse_range(text: str, option: str) -> Range:
    """`log:1e-4:1e-1`, `uniform:0:1`, `int:1:9`, `choice:a,b`.  Raises ConfigError."""
    kind, _, rest = text.partition(":")
    if kind == "choice":
        return Range(kind, choices=tuple(split_values(rest, option)))
    if kind not in ("log", "uniform", "int"):
        raise ConfigError(
            f"{option}: expected log:LOW:HIGH, uniform:LOW:HIGH, int:LOW:HIGH or choice:A,B; got '{text}'"
        )
    try:
        low, high = (float(part) for part in rest.split(":"))
    except ValueError:
        raise ConfigError(f"{option}: expected {kind}:LOW:HIGH with two numbers, got '{text}'") from None
    if not (isfinite(low) and isfinite(high)) or low >= high:
        raise ConfigError(f"{option}: LOW must be less than HIGH, and both finite; got '{text}'")
    if kind == "log" and low <= 0:
        raise ConfigError(f"{option}: log needs LOW > 0, got '{text}'")
    if kind == "int" and not (low.is_integer() and high.is_integer()):
        raise ConfigError(f"{option}: int needs whole numbers, got '{text}'")
    return Range(kind, low, high)


def parse_seeds(text: str, option: str) -> list[int]:
    """`0-4`, `0,2,7` or both: `0-4,7`.  Raises ConfigError."""
    seeds: list[int] = []
    for piece in text.replace(" ", "").split(","):
        found = re.fullmatch(r"([0-9]{1,18})(?:-([0-9]{1,18}))?", piece)
        if not found:
            raise ConfigError(f"{option} {text}: expected numbers and ranges, such as 0-4 or 0,2,7")
        first, last = int(found[1]), int(found[2] or found[1])
        if last < first or last - first >= MOST_RUNS:
            raise ConfigError(f"{option} {text}: {piece} is no range of at most {MOST_RUNS:,} seeds")
        seeds.extend(range(first, last + 1))
    return list(dict.fromkeys(seeds))


def latin_hypercube(ranges: Mapping[str, Range], count: int, seed: int) -> list[tuple[str, ...]]:
    """`count` combinations, as overrides: of every key's distribution, cut into `count` equally likely pieces, each
    piece is drawn from exactly once (McKay, Beckman, Conover 1979)."""
    columns = []
    for key, drawn_from in ranges.items():
        draws = streams.stream(seed, streams.SWEEP, streams.key(key))
        pieces, inside = draws.permutation(count), draws.uniform((count,))
        columns.append([f"{key}={drawn_from.at(float(q))}" for q in (pieces + inside) / count])
    return list(zip(*columns, strict=True))


def combinations(
    grid: Mapping[str, Sequence[str]], ranges: Mapping[str, Range], count: int, seeds: Sequence[int], seed: int
) -> list[tuple[str, ...]]:
    """Every grid point with every random draw with every seed, as overrides, the last fastest.  Raises ConfigError."""
    axes: list[list[tuple[str, ...]]] = [[(f"{key}={value}",) for value in values] for key, values in grid.items()]
    if ranges:
        axes.append(latin_hypercube(ranges, count, seed))
    if seeds:
        axes.append([(f"seed={number}",) for number in seeds])
    if (total := prod(map(len, axes))) > MOST_RUNS:
        raise ConfigError(f"sweep: {total:,} runs; a sweep has at most {MOST_RUNS:,}")
    return [tuple(itertools.chain.from_iterable(point)) for point in itertools.product(*axes)]
