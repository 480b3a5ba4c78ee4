"""Ranges that values are drawn from, and lists of values, as a person writes them behind `-r` and `-g`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil, floor, isfinite

from nntrain.errors import ConfigError

_BELOW_1 = 1 - 1e-12


@dataclass(frozen=True)
class Range:
    """Where the values of one key are drawn from.

    log      log:1e-4:1e-1   uniform in the logarithm
    uniform  uniform:0:0.5
    int      int:16:128      whole numbers, both ends included
    choice   choice:relu,tanh

    A bound may be another key's value, or a multiple of it: int:16:architecture.0.units, log:0.1*optimizer.lr:1.

    low, high         the bounds, or what multiplies the values of these keys:
    low_of, high_of   keys; empty where the bound is a number
    text              as it was written
    """

    kind: str
    low: float = 0.0
    high: float = 0.0
    choices: tuple[str, ...] = ()
    low_of: str = ""
    high_of: str = ""
    text: str = field(default="", compare=False)

    @property
    def keys(self) -> list[str]:
        """The keys that bounds refer to."""
        return list(dict.fromkeys(filter(None, (self.low_of, self.high_of))))

    def fixed(self, known: Mapping[str, str]) -> Range:
        """With the values of the keys that bounds refer to put in.  Raises ConfigError."""
        if not self.keys:
            return self
        low = self.low * (_number(self.low_of, known) if self.low_of else 1.0)
        high = self.high * (_number(self.high_of, known) if self.high_of else 1.0)
        if self.kind == "int":
            low, high = float(ceil(low)), float(floor(high))
        if low > high or (self.kind == "log" and low <= 0):
            because = " and ".join(f"{key} is {known[key]}" for key in self.keys)
            raise ConfigError(f"{self.text}: nothing lies between {low:g} and {high:g}, as {because}")
        return replace(self, low=low, high=high, low_of="", high_of="")

    def at(self, q: float) -> str:
        """The value below which the share q of the distribution lies, 0 <= q <= 1; four digits of it."""
        q = min(q, _BELOW_1)
        if self.kind == "choice":
            return self.choices[int(q * len(self.choices))]
        if self.kind == "int":
            return str(int(self.low + q * (self.high - self.low + 1)))
        if self.kind == "log":
            return f"{self.low * (self.high / self.low) ** q:.4g}"
        return f"{self.low + q * (self.high - self.low):.4g}"


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
    """`log:1e-4:1e-1`, `uniform:0:1`, `int:1:9`, `int:1:2*dataset.batch_size`, `choice:a,b`.  Raises ConfigError."""
    kind, _, rest = text.partition(":")
    if kind == "choice":
        return Range(kind, choices=tuple(split_values(rest, option)), text=text)
    if kind not in ("log", "uniform", "int"):
        raise ConfigError(
            f"{option}: expected log:LOW:HIGH, uniform:LOW:HIGH, int:LOW:HIGH or choice:A,B; got '{text}'"
        )
    try:
        (low, low_of), (high, high_of) = (_bound(part) for part in rest.split(":"))
    except ValueError:
        raise ConfigError(
            f"{option}: expected {kind}:LOW:HIGH with two numbers, or keys of the config, got '{text}'"
        ) from None
    if low_of or high_of:
        return Range(kind, low, high, (), low_of, high_of, text)
    if not (isfinite(low) and isfinite(high)) or low >= high:
        raise ConfigError(f"{option}: LOW must be less than HIGH, and both finite; got '{text}'")
    if kind == "log" and low <= 0:
        raise ConfigError(f"{option}: log needs LOW > 0, got '{text}'")
    if kind == "int" and not (low.is_integer() and high.is_integer()):
        raise ConfigError(f"{option}: int needs whole numbers, got '{text}'")
    return Range(kind, low, high, text=text)


def _bound(text: str) -> tuple[float, str]:
    """`16`, `architecture.0.units` or `0.5*architecture.0.units` -> a number, and the key whose value it multiplies."""
    factor, star, key = text.strip().rpartition("*")
    if re.fullmatch(r"[A-Za-z_]\w*(\.\w+)+", key.strip()):
        return (float(factor) if star else 1.0), key.strip()
    return float(text), ""


def in_order(ranges: Mapping[str, Range], sets: Mapping[str, Sequence[str]]) -> dict[str, Range]:
    """The ranges so that each stands behind those that its bounds refer to; else as they were.  Raises ConfigError.

    sets   the keys that each range sets, by its name
    """
    ordered: dict[str, Range] = {}
    left = dict(ranges)
    while left:
        waiting = {key for name in left for key in sets[name]}
        ready = next((name for name, one in left.items() if not waiting & set(one.keys)), None)
        if ready is None:
            circle = " and ".join(name for name in left if waiting & set(left[name].keys))
            raise ConfigError(f"-r: bounds refer to each other in a circle: {circle}")
        ordered[ready] = left.pop(ready)
    return ordered


def _number(key: str, known: Mapping[str, str]) -> float:
    try:
        return float(known[key])
    except (KeyError, ValueError):
        there = f"it is {known[key]}" if key in known else "neither the config nor the sweep gives it"
        raise ConfigError(f"a range refers to {key}, which has to be a number: {there}") from None
