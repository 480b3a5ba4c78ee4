"""Plain values, which YAML and JSON can hold: what a word of YAML stands for, and how a text is written as one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Scalar: TypeAlias = "None | bool | int | float | str"
Plain: TypeAlias = "Scalar | Sequence[Plain] | Mapping[str, Plain]"  # lists and dicts
# As read from a file, or on the way into one: who takes a value out of it knows what it must be, and checks it where
# somebody else may have written it.
Json: TypeAlias = Any
JsonObject: TypeAlias = dict[str, Json]

_INT = re.compile(r"[-+]?[0-9]{1,400}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}


def scalar(text: str) -> Scalar:
    """A plain scalar as a person means it.

    `1e-3`, `.5` and `5.` are floats, `012` is 12; true, false and null (and their capitals) are themselves.  All else
    is a string: `no`, `on`, `1:30`, `0x10`, `1_000`, dates.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in "+-.0123456789":
        if _INT.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text):
            return float(text)
    return text


_PLAIN = r"[A-Za-z_/$.][A-Za-z0-9_/$.+-]*"
_ESCAPED = "[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]"
_WORDS_ELSEWHERE = ("yes", "no", "on", "off")  # true and false to other readers of YAML


def yaml_word(text: str) -> str:
    """A text as YAML that every reader takes for this text: in quotes where it would be something else without."""
    if re.fullmatch(_PLAIN, text) and isinstance(scalar(text), str) and text.lower() not in _WORDS_ELSEWHERE:
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return re.sub(_ESCAPED, lambda c: f"\\x{ord(c[0]):02x}" if ord(c[0]) < 256 else f"\\u{ord(c[0]):04x}", quoted)
