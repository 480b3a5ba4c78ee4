"""The notation of docstrings, read into tokens: symbols with their subscripts, numbers, operators and words.

`Z = W X + b` becomes symbols that can be given the number of a layer and a shape, and be written as text, as LaTeX or
as MathML.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["symbol", "number", "operator", "function", "word"]

FUNCTIONS = {"tanh", "softmax", "log", "ln", "max", "exp", "sign", "mean", "KL", "cos"}
# arguments and parameters that are named by a Greek letter
GREEK = {"alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "rho": "ρ", "lr": "α"}
SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ᵀᵗᶻ", "0123456789+-Ttz", strict=True))
SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋", "0123456789+-", strict=True))
_LOWERED = {digit: low for low, digit in SUBSCRIPTS.items()}
MARKS = {"\N{COMBINING CIRCUMFLEX ACCENT}": "hat", "\N{COMBINING TILDE}": "tilde", "\N{COMBINING MACRON}": "bar"}

_TOKEN = re.compile(
    rf"""(?P<space>\ +)
    | (?P<number>\d+(?:[.,]\d+)*(?:e[-−]?\d+)?)
    | (?P<name>(?:[A-Za-z]+’s|[A-Za-z]+|[Α-Ωα-ω]|𝓛)[{"".join(MARKS)}]?)
      (?P<prime>[′']?)
      (?P<sub>_\{{[^}}]*\}}|_[A-Za-z0-9]+|[{"".join(SUBSCRIPTS)}]+)?
      (?P<sup>[{"".join(SUPERSCRIPTS)}]+)?
    | (?P<operator>.)(?P<power>[{"".join(SUPERSCRIPTS)}]+)?
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class Token:
    """A piece of an equation.

    text    the base: W of dW_uᵀ, a number, an operator, a word
    d       how it is derived: "d" of dW, "∂" of ∂𝓛
    mark    hat, tilde or bar; `prime` is ′
    sub, sup   what stands below and above, in plain characters
    layer   the number of the layer that the symbol belongs to, and `shape` that of its array: (64, "m")
    space   whether a space stands before it
    """

    kind: Kind
    text: str
    d: str = ""
    mark: str = ""
    prime: bool = False
    sub: str = ""
    sup: str = ""
    layer: int | None = None
    shape: tuple[int | str, ...] | None = None
    space: bool = False


def tokens(text: str) -> list[Token]:
    """The tokens of a line of a docstring."""
    found: list[Token] = []
    space = False
    for match in _TOKEN.finditer(unicodedata.normalize("NFD", re.sub(r"(?<=[a-z]{2})'s\b", "’s", text))):
        if match["space"]:
            space = True
            continue
        found.append(replace(_token(match), space=space and bool(found)))
        space = False
    return found


def _token(match: re.Match[str]) -> Token:
    if match["number"]:
        return Token("number", match["number"])
    if match["operator"]:
        return Token("operator", match["operator"], sup=_plain(match["power"] or "", SUPERSCRIPTS))
    name, mark = match["name"], ""
    if name[-1] in MARKS:
        name, mark = name[:-1], MARKS[name[-1]]
    sub = match["sub"] or ""
    sub = sub[1:].strip("{}") if sub.startswith("_") else _plain(sub, SUBSCRIPTS)
    sup = _plain(match["sup"] or "", SUPERSCRIPTS)
    d = ""
    if len(name) > 1 and name[0] == "d" and (len(name) == 2 or name[1:] in GREEK) and name != "do":
        d, name = "d", name[1:]
    if name in FUNCTIONS:
        kind: Kind = "function"
    elif len(name) > 1 and name not in GREEK and not (sub or sup or mark):
        kind = "word"
    else:
        kind = "symbol"
    return Token(kind, name, d, mark, bool(match["prime"]), sub, sup)


def _plain(text: str, table: dict[str, str]) -> str:
    return "".join(table[c] for c in text)


def written(line: Iterable[Token], write: Callable[[Token], str], space: str = " ") -> str:
    """The tokens one after another as `write` writes each, with the spaces that stood between them."""
    return "".join((space if token.space else "") + write(token) for token in line)


def text(line: Iterable[Token]) -> str:
    """The line in Unicode, as the docstrings have it: `Z¹ (64, m) = W¹ (64, 64) X (64, m) + b¹ (64, 1)`."""
    return unicodedata.normalize("NFC", written(line, _text))


def _text(token: Token) -> str:
    base = GREEK.get(token.text, token.text) if token.kind == "symbol" else token.text
    mark = next((c for c, name in MARKS.items() if name == token.mark), "")
    layer = "" if token.layer is None else _raised(str(token.layer))
    prime = "′" if token.prime else ""
    sub = "" if not token.sub else f"_{token.sub}" if len(token.sub) == 1 else f"_{{{token.sub}}}"
    if token.sub.isdecimal():
        sub = "".join(_LOWERED[digit] for digit in token.sub)
    shape = "" if token.shape is None else f" {shape_text(token.shape)}"
    return f"{token.d}{base}{mark}{prime}{layer}{sub}{_raised(token.sup)}{shape}"


def shape_text(shape: tuple[int | str, ...]) -> str:
    """`(64, m)`."""
    return f"({', '.join(map(str, shape))})"


def _raised(plain: str) -> str:
    upper = {low: high for high, low in SUPERSCRIPTS.items()}
    return "".join(upper[c] for c in plain)
