"""The space a sweep searches: grids, random draws and seeds, as lists of `key=value` overrides."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from math import prod

from nntrain.errors import ConfigError
from nntrain.runtime import streams
from nntrain.sweep.ranges import Range, in_order, parse_range, split_values

MOST_RUNS = 100_000
_EXAMPLES = {"-g": "0.1,0.01", "-r": "log:1e-4:1e-1"}


def split_key(text: str, option: str) -> tuple[str, str]:
    """`optimizer.lr=0.1,0.01` -> the key and what it may be."""
    key, _, values = text.partition("=")
    if not key or not values:
        raise ConfigError(f"{option} {text}: expected KEY=VALUES, such as {option} optimizer.lr={_EXAMPLES[option]}")
    return key, values


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


Point = tuple[str, ...]  # overrides


def conditional(text: str, option: str) -> tuple[str, Range] | None:
    """`optimizer=sgd:optimizer.momentum=uniform:0:0.99` -> "optimizer=sgd:optimizer.momentum" and the range; None where
    the text is no such thing.  Raises ConfigError."""
    found = re.fullmatch(r"([\w.]+)=([^:=,]+):([\w.]+)=(.+)", text)
    if not found:
        return None
    return f"{found[1]}={found[2]}:{found[3]}", parse_range(found[4], option)


def keys_of(name: str) -> list[str]:
    """The config keys that an axis sets: of `a,b` both, of `optimizer=sgd:optimizer.momentum` the last."""
    return [key.strip() for key in name.rpartition(":")[2].split(",")]


def condition_of(name: str) -> tuple[str, str] | None:
    """What another key has to be, for a conditional range to be drawn from."""
    condition = name.rpartition(":")[0]
    return (condition.partition("=")[0], condition.partition("=")[2]) if condition else None


def split_pairs(name: str, text: str, option: str) -> list[str]:
    """`1,2|3,4` of the keys `a,b`: values that belong together, each as it was written.  Raises ConfigError."""
    pairs = [piece.strip() for piece in text.split("|")]
    for piece in pairs:
        if len(split_values(piece, option)) != len(keys_of(name)):
            raise ConfigError(
                f"{option}: expected {len(keys_of(name))} values between bars, as a,b=1,2|3,4; got '{piece}'"
            )
    return pairs


def axis(name: str, values: Sequence[str]) -> list[Point]:
    """The points of a grid's axis; of several keys at once, their values together."""
    keys = keys_of(name)
    if len(keys) == 1:
        return [(f"{keys[0]}={value}",) for value in values]
    cut = [split_values(value, "grid") for value in values]
    cut = [split_values(each[0][1:-1], "grid") if len(each) == 1 else each for each in cut]  # of a file: [1, 2]
    return [tuple(f"{key}={value}" for key, value in zip(keys, each, strict=True)) for each in cut]


def draws(ranges: Mapping[str, Range], count: int, seed: int) -> list[list[float]]:
    """`count` points spread evenly over the unit cube of the ranges; the first ones are the same for every `count`.

    q_i = s + i (1/g, 1/g², …) mod 1 with g^(d + 1) = g + 1, which fills a cube of d dimensions without gaps or heaps
    (Roberts 2018, "The unreasonable effectiveness of quasirandom sequences"); s is drawn by seed and key.
    """
    g = 2.0
    for _ in range(64):
        g = (1 + g) ** (1 / (len(ranges) + 1))
    shifts = [float(streams.stream(seed, streams.SWEEP, streams.key(name)).uniform((1,))[0]) for name in ranges]
    return [[(s + i * g ** -(k + 1)) % 1 for k, s in enumerate(shifts)] for i in range(count)]


def drawn(ranges: Mapping[str, Range], place: Sequence[float], known: Mapping[str, str]) -> Point:
    """The overrides at a place in the unit cube; conditional ranges where `known` or those before say so."""
    found: dict[str, str] = {}
    for (name, drawn_from), q in zip(ranges.items(), place, strict=True):
        if holds(name, {**known, **found}):
            found[keys_of(name)[0]] = drawn_from.fixed({**known, **found}).at(q)
    return tuple(f"{key}={value}" for key, value in found.items())


def holds(name: str, known: Mapping[str, str]) -> bool:
    """Whether a range is drawn from: always, or where another key has a value."""
    condition = condition_of(name)
    if condition is None:
        return True
    value = known.get(condition[0], "").strip()
    return condition[1] in (value, *re.findall(r"type: *([\w-]+)", value), *re.findall(r"^{ *([\w-]+):", value))


def check_conditions(grid: Mapping[str, Sequence[str]], ranges: Mapping[str, Range], known: Mapping[str, str]) -> None:
    """Raise ConfigError where a condition can never hold, as for a misspelled name."""
    varied: dict[str, list[str]] = {}
    for point in itertools.chain.from_iterable(axis(name, values) for name, values in grid.items()):
        for key, value in as_mapping(point).items():
            varied.setdefault(key, []).append(value)
    for name, drawn_from in ranges.items():
        varied.setdefault(keys_of(name)[0], []).extend(drawn_from.choices)
    for name in ranges:
        if (condition := condition_of(name)) is None:
            continue
        key, value = condition
        possible = varied[key] if key in varied else [known[key]] if key in known else []
        drawn_evenly = any(keys_of(other)[0] == key and not one.choices for other, one in ranges.items())
        if not drawn_evenly and not any(holds(name, {key: one}) for one in possible):
            types = [re.sub(r"^{.*?type: *([\w-]+).*", r"\1", one) for one in possible]
            there = (
                f"it is {' or '.join(dict.fromkeys(types))}" if types else "neither the config nor the sweep gives it"
            )
            raise ConfigError(f"-r {name}: {key} is never {value}: {there}")


def sorted_ranges(ranges: Mapping[str, Range]) -> dict[str, Range]:
    """Each behind those that its bounds refer to.  Raises ConfigError."""
    return in_order(ranges, {name: keys_of(name) for name in ranges})


def asked(ranges: Mapping[str, Range]) -> list[str]:
    """The keys whose values conditions and bounds ask for."""
    conditions = [condition[0] for name in ranges if (condition := condition_of(name))]
    return list(dict.fromkeys([*conditions, *(key for one in ranges.values() for key in one.keys)]))


def without_seed(point: Point) -> Point:
    """What runs share that differ in seed and fold alone."""
    return tuple(text for text in point if not text.startswith(("seed=", "dataset.fold=")))


def as_mapping(overrides: Sequence[str]) -> dict[str, str]:
    """Overrides by their keys."""
    return {key: value for key, _, value in (text.partition("=") for text in overrides)}


def combinations(
    grid: Mapping[str, Sequence[str]],
    ranges: Mapping[str, Range],
    count: int,
    seeds: Sequence[int],
    seed: int,
    known: Mapping[str, str] | None = None,
) -> list[Point]:
    """Every grid point with every random draw with every seed, as overrides, the last fastest.  Raises ConfigError.

    known   what keys are that the sweep does not vary: conditions may ask
    """
    ranges = sorted_ranges(ranges)
    axes = [axis(name, values) for name, values in grid.items()]
    places = draws(ranges, count, seed) if ranges else [[]]
    if (total := prod(map(len, axes)) * len(places) * (len(seeds) or 1)) > MOST_RUNS:
        raise ConfigError(f"sweep: {total:,} runs; a sweep has at most {MOST_RUNS:,}")
    found = []
    for point in itertools.product(*axes):
        fixed = tuple(itertools.chain.from_iterable(point))
        for place in places:
            whole = fixed + drawn(ranges, place, {**(known or {}), **as_mapping(fixed)})
            found += [(*whole, f"seed={number}") for number in seeds] or [whole]
    return found
