"""The files of a run directory as they are read: one reader and one schema for each.

Anybody may have written them, and disks forget.  A value of another type, or one that no JSON of ours holds, is found
here, with its place, and nowhere else: who takes a value from a record need not look at it again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from math import isfinite
from typing import NamedTuple

from nntrain.files.plain_values import JsonObject
from nntrain.files.regular_files import read_regular
from nntrain.messages import show

FINISHED = ("done", "stopped early")
FINAL = (*FINISHED, "interrupted", "diverged", "failed", "asked", "told")  # the last two: of a loop of one's own
STATES = ("running", *FINAL)
_LARGEST = 2**63


class Record(NamedTuple):
    """What a file says, and what is wrong with it: "" where it is good, or is not there."""

    value: JsonObject
    damage: str = ""


class Kind(NamedTuple):
    """Values of one kind, and what they are called."""

    holds: Callable[[object], bool]
    name: str


def _is_number(value: object) -> bool:
    """Infinity and NaN are null in JSON."""
    if type(value) is float:
        return isfinite(value)
    return value is None or (type(value) is int and abs(value) < _LARGEST)


def _is_rate(value: object) -> bool:
    """Of a GAN one for each network."""
    return _is_number(value) or (type(value) is dict and all(map(_is_number, value.values())))


def _is_measured(value: object) -> bool:
    """Numbers by name; a confusion matrix is a list, measures of each class are an object."""
    if type(value) is not dict:
        return False
    for each in value.values():
        if not (isfinite(each) if type(each) is float else type(each) in (list, dict) or _is_number(each)):
            return False
    return True


def _is_crc32(value: object) -> bool:
    return type(value) is str and len(value) == 8 and set(value) <= set("0123456789abcdef")


def _is_texts(value: object) -> bool:
    return type(value) is list and all(type(item) is str for item in value)


WHOLE = Kind(lambda value: type(value) is int and 0 <= value < _LARGEST, "a whole number")
NUMBER = Kind(_is_number, "a number")
TEXT = Kind(lambda value: type(value) is str, "a text")
STATE = Kind(lambda value: type(value) is str and value in STATES, f"one of {', '.join(STATES)}")
RATE = Kind(_is_rate, "a number, or one for each network")
MEASURED = Kind(_is_measured, "an object of measured values")
TEXTS = Kind(_is_texts, "a list of texts")
OBJECT = Kind(lambda value: type(value) is dict, "an object")
Schema = Mapping[str, Kind]

LINE: Schema = {"epoch": WHOLE, "step": WHOLE, "lr": RATE, "train": MEASURED, "validation": MEASURED}
LINE_NEEDS = ("epoch", "step", "train")
PLACE: Schema = {"epoch": WHOLE, "step": WHOLE, **dict.fromkeys(("train", "validation", "test"), MEASURED)}
STATUS: Schema = {
    "status": STATE,
    "message": TEXT,
    "log_sha256": TEXT,
    "config_crc32": Kind(_is_crc32, "eight hexadecimal digits"),
    **dict.fromkeys(("epoch", "step", "lines", "pid"), WHOLE),
}
SUMMARY: Schema = {
    "name": TEXT,
    "status": STATE,
    "monitor": TEXT,
    "seconds": NUMBER,
    "final": OBJECT,
    "best": OBJECT,
    **dict.fromkeys(("parameters", "epochs", "steps", "seed"), WHOLE),
}
META: Schema = {"command": TEXTS, "data_sha256": TEXT, "imports": OBJECT, "start": OBJECT}
TOLD: Schema = {
    "value": NUMBER,
    "better": Kind(lambda value: value in (None, "less", "more"), "less or more"),
}
RUNG: Schema = dict.fromkeys(("rung", "rungs", "step"), WHOLE)
TIMING: Schema = {
    **dict.fromkeys(("epoch", "step"), WHOLE),
    **dict.fromkeys(("seconds", "examples_per_second", "peak_memory_mb"), NUMBER),
}


def read_object(path: str | os.PathLike[str], schema: Schema) -> Record:
    """A file of one JSON object.  Raises nothing: what cannot be read is damage."""
    try:
        content = read_regular(path)
    except FileNotFoundError:
        return Record({})
    except OSError as error:
        return Record({}, f"{os.fspath(path)}: {error.strerror or error}")
    value, problem = parse(content)
    if problem:
        problem = "no JSON object as nntrain writes it" if content else "empty"
    problem = problem or wrong(value, schema)
    if not problem and schema is SUMMARY:
        problem = next((f"{name}.{p}" for name in ("final", "best") if (p := wrong(value.get(name, {}), PLACE))), "")
    return Record({}, f"{os.fspath(path)}: {problem}") if problem else Record(value)


def parse(content: bytes) -> Record:
    """A line, which holds an object of the JSON that nntrain writes; or what is wrong with it."""
    try:
        text = content.decode().strip(_BLANKS)
        value, end = _DECODER.raw_decode(text)
        if end < len(text):
            value = None
    except (ValueError, RecursionError):
        value = None
    return Record(value) if type(value) is dict else Record({}, "no line of JSON")


def wrong(value: Mapping[str, object], schema: Schema, needed: tuple[str, ...] = ()) -> str:
    """What is wrong with an object: "" where every key that is known has its kind, and none of the needed is missing.

    Keys that are not known are those of a later release.
    """
    for key in needed:
        if key not in value:
            return f"no {key!r}"
    for key, item in value.items():
        if (kind := schema.get(key)) is not None and not kind.holds(item):
            return f"{key}: expected {kind.name}, not {show(item)}"
    return ""


def wrong_line(value: Mapping[str, object]) -> str:
    """What is wrong with a line of metrics.jsonl."""
    return wrong(value, LINE, LINE_NEEDS)


def _no_constant(text: str) -> object:
    raise ValueError(f"{text} is not in the JSON that nntrain writes")


_BLANKS = " \t\n\r"  # of JSON
_DECODER = json.JSONDecoder(parse_constant=_no_constant)
