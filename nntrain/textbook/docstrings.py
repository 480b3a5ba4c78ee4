"""What a component's docstring says, taken apart: equations, shapes, sources, and what holds only with an argument.

The docstrings are the one source of the equations.  How they are written: pieces of a line stand two spaces or more
apart; a piece whose left side is one symbol is an equation; `W (units, n_x)` is the shape of W; a piece that names a
course or a paper is the source.  `momentum β: …` and `With momentum β:` begin what holds where that argument is given.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from nntrain.components import Component, arguments

# one symbol, whatever stands above and below it: Z, a_t, dW, ∂𝓛/∂z, Z[f, i, j], 𝓛(z, 1), d log σ²
_LEFT = r"(?:d log )?[^\s,.;:()=\[\]]{1,10}(?:_\{[^}]*\})?(?:\[[^\]]*\]|\([^)]*\))?"
_EQUATION = re.compile(rf"(?P<left>{_LEFT}) [=←] \S.*")
_DERIVATIVE = re.compile(r"(?P<left>d[A-Z])(?::| correlates) .*")
_FORM = r"\((?!\d{4}\))[^()=]*\)"
_SHAPE = re.compile(
    rf"(?P<names>[^\s(),]+(?:, [^\s(),]+)*) (?P<forms>{_FORM}(?:(?:,| or|, or) {_FORM})*)(?: integers)?"
)
_NAMES = r"[A-Z]\w+(?:(?:, | and )[A-Z]\w+)*(?: et al\.|,)?"
_YEAR = r"(?:19|20)\d\d"
_SOURCE = re.compile(
    r'[Cc]ourse \d, week \d|(?:[Cc]ourse: )?"[^"]+" \(C\dW\dL\d+\)'
    rf"|{_NAMES} (?:\({_YEAR}\)|{_YEAR})(?:, arXiv:[\d.]+\d)?"
)
_BIAS = r"(?:b|b_[a-z]|beta)"
_SAVED = re.compile(r"(\w+) \([^)]*\), is saved as `(\w+)`")
_VALUES = {"true": True, "false": False}
_SYMBOL = re.compile(r"\w*[Α-ω][₀-₉]?|[a-z]")


@dataclass(frozen=True)
class Condition:
    """The argument that an equation holds with, and its value; None: any but 0, False and none."""

    argument: str = ""
    value: bool | str | None = None

    def holds(self, component: Component) -> bool:
        """Whether the component's argument is as the equation wants it."""
        given = getattr(component, self.argument)
        return given not in (None, False, 0, "none") if self.value is None else given == self.value


@dataclass(frozen=True)
class Equation:
    """A line of mathematics: its left side, the whole, and what it holds with."""

    left: str
    text: str
    condition: Condition = Condition()

    @property
    def backward(self) -> bool:
        """Whether it is a derivative."""
        return re.match(r"d[A-ZΓμ]|d[a-z]\u0303?(?:_|$)|d log|dgamma|dbeta|∂|𝓛′", self.left) is not None


@dataclass(frozen=True)
class Statement:
    """What a docstring says.

    shapes    symbol -> its shapes as written, of several kinds of input each: {"X": ("(n, m)", "(T, n, m)")}
    symbols   argument -> its symbol: {"momentum": "β"}
    saved     symbol -> the parameter's name where they differ
    sources   lectures and papers
    within    source -> what it is cited with, where that is never without a condition
    """

    equations: tuple[Equation, ...]
    shapes: dict[str, tuple[str, ...]]
    symbols: dict[str, str]
    sources: tuple[str, ...]
    saved: dict[str, str] = field(default_factory=dict)
    within: dict[str, tuple[Condition, ...]] = field(default_factory=dict)

    def cited(self, component: Component) -> tuple[str, ...]:
        """The sources of what holds for this component."""
        return tuple(
            source
            for source in self.sources
            if source not in self.within or any(condition.holds(component) for condition in self.within[source])
        )

    def holding(self, component: Component) -> list[Equation]:
        """The equations that hold for this component: those of an argument only where it is given, in place of those
        with the same left side that hold without; where there is no bias, none in them."""
        given = {e.left: e for e in self.equations if e.condition.argument and e.condition.holds(component)}
        held = [
            e for e in self.equations if given.get(e.left, e) is e and (e in given.values() or not e.condition.argument)
        ]
        return held if getattr(component, "bias", True) else list(_without_bias(held))


def _without_bias(equations: list[Equation]) -> Iterator[Equation]:
    for equation in equations:
        if not re.fullmatch(rf"d?{_BIAS}", equation.left):
            yield replace(equation, text=re.sub(rf" \+ {_BIAS}(?:\[\w+\])?(?!\w)", "", equation.text))


def statement(cls: type[Component]) -> Statement:
    """What the docstring of a component says."""
    return read(inspect.getdoc(cls) or "", [field.name for field in arguments(cls)])


def read(doc: str, names: list[str]) -> Statement:
    """What a docstring says; `names` are the arguments that an equation may hold with."""
    equations: list[Equation] = []
    shapes: dict[str, tuple[str, ...]] = {}
    symbols: dict[str, str] = {}
    within: dict[str, tuple[Condition, ...]] = {}
    condition = Condition()
    for piece, first in pieces(doc, names):
        if opening := _opening(names).match(piece):
            condition = Condition(opening["name"], _VALUES.get(opening["value"], opening["value"]))
            if opening["symbol"]:
                symbols[condition.argument] = opening["symbol"]
            piece = piece[opening.end() :]
        elif first:
            condition = Condition()
        for source in _sources(piece):
            within[source] = (*within.get(source, ()), condition)
        piece = piece.replace("`", "")
        if match := _EQUATION.fullmatch(piece) or _DERIVATIVE.fullmatch(piece):
            equations.append(Equation(match["left"], piece.rstrip(".,;:"), condition))
        elif match := _SHAPE.fullmatch(piece.rstrip(".,;")):
            forms = tuple(re.findall(r"\([^()]*\)", match["forms"]))
            shapes.update(dict.fromkeys(match["names"].split(", "), forms))
    doc = re.sub(r"\s+", " ", doc)
    within = {source: found for source, found in within.items() if all(one.argument for one in found)}
    return Statement(tuple(equations), shapes, symbols, _sources(doc), dict(_SAVED.findall(doc)), within)


def _sources(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(match.removeprefix("Course: ") for match in _SOURCE.findall(text)))


def _opening(names: list[str]) -> re.Pattern[str]:
    """What begins a piece that holds with an argument: `With momentum β:`, `nesterov:`, `from_logits true`."""
    if not names:
        return re.compile(r"(?!)")
    return re.compile(
        rf"(?:[Ww]ith )?(?P<name>{'|'.join(names)})(?: (?P<value>[a-z]{{2,}})| (?P<symbol>{_SYMBOL.pattern}))?"
        r"(?::\s*|$)"
    )


def pieces(doc: str, names: list[str]) -> Iterator[tuple[str, bool]]:
    """The pieces of a docstring, each with whether it begins a paragraph: lines that go on are put together again."""
    begins = re.compile(rf"(?:{'|'.join(names) or '(?!)'})(?: \S+)?(?: {{2,}}|:)")
    for paragraph in doc.split("\n\n"):
        first = True
        text = ""
        for line in paragraph.splitlines():
            line = line.strip()
            goes_on = text and not text.endswith(".") and not _EQUATION.match(line) and not begins.match(line)
            text = f"{text} {line}" if goes_on else f"{text}   {line}"
        for piece in re.split(r" {2,}", text.strip()):
            if piece:
                yield piece, first
                first = False


def inherited(cls: type[Component]) -> Statement:
    """The statement of a component, with its base's equations where its own docstring leaves them to it (adamw)."""
    own = statement(cls)
    for base in cls.__mro__[1:]:
        if own.equations or not issubclass(base, Component):
            break
        of_base = statement(base)
        own = replace(own, equations=of_base.equations, shapes={**of_base.shapes, **own.shapes})
    return own
