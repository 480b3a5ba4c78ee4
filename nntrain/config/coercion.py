"""Single values -> what a field's type asks for.  Nothing is converted silently but whole numbers to floats."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path

from nntrain.components import Arg
from nntrain.config.field_types import Choice, FieldType, Fixed, Kind, Many, Section, Table, within, words
from nntrain.config.nodes import Node
from nntrain.messages import did_you_mean, escape, show


class Wrong(Exception):
    """The value does not fit: what was expected and what stood there."""


def coerce(node: Node, type_: FieldType, arg: Arg) -> object:
    """The value as `type_`, within the argument's range.  Raises Wrong."""
    value = node.value
    if isinstance(type_, Choice):
        if value in type_.values and not isinstance(value, bool):
            return value
        raise _expected(node, type_, arg, _close_word(value, [type_]))
    if type_ in (int, float):
        return _number(node, type_, arg)
    if type_ in (str, Path) and isinstance(value, (int, float, str)) and not isinstance(value, bool):
        text = node.text.removeprefix("$") if node.text.startswith("$$") else node.text  # `$$x` is the text `$x`
        return text if type_ is str else _path(node, text)
    if isinstance(type_, type) and isinstance(value, type_) and not isinstance(value, (list, dict)):
        return value
    hint = ""
    if type_ is bool and isinstance(value, str) and value.lower() in ("yes", "on", "no", "off"):
        hint = f"; write {'true' if value.lower() in ('yes', 'on') else 'false'}"
    elif type_ is str and isinstance(value, bool):
        hint = "; put it in quotes"
    raise _expected(node, type_, arg, hint)


def choose(node: Node, options: Sequence[FieldType]) -> FieldType | None:
    """The member of a union that a value looks like, or None.  Numbers are texts only where nothing else is asked for
    (`name: 007`)."""
    fitting = [option for option in options if _fits(node, option)]
    if not fitting and isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
        fitting = [option for option in options if option in (str, Path)]
    return min(fitting, key=lambda option: not isinstance(option, (Choice, Fixed)), default=None)


def remedy(value: object, options: Sequence[FieldType], arg: Arg) -> str:
    """What to write instead of a value that fits no member of a union, where that can be told."""
    if isinstance(value, str) and (int in options or float in options):
        return _meant_number(value, float not in options) or _close_word(value, options)
    return _close_word(value, options) or _whole(value, options, arg)


def _meant_number(value: str, whole: bool) -> str:
    from nntrain.config.other_words import meant_number  # needed where a config is wrong

    return meant_number(value, whole)


def _close_word(value: object, options: Sequence[FieldType]) -> str:
    """`; did you mean 'same'?` where the value is nearly one of the words to choose from."""
    choices = [str(word) for option in options if isinstance(option, Choice) for word in option.values]
    return did_you_mean(value, choices) if isinstance(value, str) else ""


def _whole(value: object, options: Sequence[FieldType], arg: Arg) -> str:
    """`; write 10000` where 1e4 stands for a whole number."""
    if int in options and isinstance(value, float) and value.is_integer() and abs(value) < 2**53 and within(value, arg):
        return f"; write {int(value)}"
    return ""


def _expected(node: Node, type_: FieldType, arg: Arg, hint: str = "") -> Wrong:
    return Wrong(f"expected {words(type_, arg)}, got {show(node.value)}{hint}")


def _number(node: Node, type_: FieldType, arg: Arg) -> int | float:
    value = node.value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _expected(node, type_, arg, _meant_number(value, type_ is int) if isinstance(value, str) else "")
    if isinstance(value, float) and not math.isfinite(value):
        raise Wrong(f"expected {words(type_, arg)}, got {escape(node.text)}, which is not finite")
    if isinstance(value, int) and abs(value) >= 2**63:
        raise Wrong(f"expected {words(type_, arg)}, got {escape(node.text)}, which is beyond 2^63")
    if type_ is int and isinstance(value, float):
        raise _expected(node, type_, arg, _whole(value, (type_,), arg))
    if not within(value, arg):
        raise _expected(node, type_, arg)
    return int(value) if type_ is int else float(value)


def _path(node: Node, text: str) -> Path:
    if not text or "\0" in text:
        raise Wrong(f"expected a path, got {show(text)}")
    return Path(os.path.abspath(node.mark.source.directory / os.path.expanduser(text)))


def _fits(node: Node, type_: FieldType) -> bool:
    value = node.value
    if value is None:
        return type_ is type(None)
    if isinstance(value, list):
        return isinstance(type_, Many) or (isinstance(type_, Fixed) and len(type_.items) == len(value))
    if isinstance(value, dict):
        return isinstance(type_, (Kind, Section, Table))
    if isinstance(type_, Choice):
        return value in type_.values and not isinstance(value, bool)
    if isinstance(value, bool):
        return type_ is bool
    if isinstance(value, int):
        return type_ in (int, float)
    if isinstance(value, float):
        return type_ is float
    return type_ in (str, Path) or isinstance(type_, Kind)
