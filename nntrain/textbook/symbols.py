"""The symbols of a docstring's equations as they are called in one network: A¹ for X, W² for W, each with its shape."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from nntrain.model.shapes import Shape
from nntrain.textbook.docstrings import Equation, Statement
from nntrain.textbook.notation import Token, tokens

Sizes = tuple[int | str, ...]
Line = tuple[Token, ...]


@dataclass(frozen=True)
class Flow:
    """The symbol that goes into the next layer: A, of layer 2, as the docstring calls it.

    mark, prime   what sets it apart where a layer has several arrays of that letter: Ã² behind the dropout of A²
    """

    text: str
    layer: int | None
    mark: str = ""
    prime: bool = False

    def named(self, token: Token) -> Token:
        """The token as this symbol, small where it is small."""
        text = self.text if token.text.isupper() else self.text.lower()
        return replace(token, kind="symbol", text=text, layer=self.layer, mark=self.mark, prime=self.prime)


def apart(flow: Flow, used: set[Flow]) -> Flow:
    """The flow with a mark that none of the same letter and layer has had."""
    marks = [(mark, prime) for prime in (False, True) for mark in ("", "tilde", "bar")]
    return next((f for f in (replace(flow, mark=m, prime=p) for m, p in marks) if f not in used), flow)


class Naming:
    """Writes the equations of a docstring with the symbols and shapes of this layer in this network."""

    def __init__(
        self, said: Statement, before: Flow, after: Flow, number: int, input: Sizes, output: Sizes,
        parameters: dict[str, Shape],
    ):  # fmt: skip
        self.number, self.before, self.after = number, before, after
        symbols = {name: symbol for symbol, name in said.saved.items()}
        self.parameters = parameters = {symbols.get(name, name): shape for name, shape in parameters.items()}
        self.bases = {name.partition("_")[0] for name in parameters}
        self.input_symbol = input_symbol(said)
        self.output_symbol = output_symbol(said)
        self.input, self.output = input, output

    def lines(self, equations: Iterable[Equation]) -> tuple[Line, ...]:
        """The equations; a shape stands where its symbol is first met, on the way back only at the left side."""
        shown: set[tuple[str, str, str]] = set()
        written = []
        for equation in equations:
            line = []
            brackets = 0  # within them stand indices: Z[f, i, j]
            for i, token in enumerate(tokens(equation.text)):
                brackets += (token.text == "[") - (token.text == "]")
                named = token if brackets and len(token.text) == 1 and token.text.islower() else self.token(token)
                key = (named.d, named.text + named.mark + "′" * named.prime, named.sub)
                if named.shape is not None and (key in shown or named.sup or (equation.backward and i > 0)):
                    named = replace(named, shape=None)
                if named.shape is not None:
                    shown.add(key)
                line.append(named)
            written.append(tuple(line))
        return tuple(written)

    def others(self, lines: Iterable[Sequence[Token]]) -> tuple[Line, ...]:
        """The symbols whose shapes stand in no line: of a recurrent layer the matrices of which a gate has rows."""
        if self.output_symbol is None:
            return ()
        shown = {(token.text, token.sub) for line in lines for token in line if token.shape is not None}
        parts = [(self.input_symbol, ""), (self.output_symbol, "")]
        parts[1:1] = [(text, sub) for text, _, sub in (name.partition("_") for name in self.parameters)]
        named = [self.token(Token("symbol", text, sub=sub)) for text, sub in parts]
        left = [token for token in named if (token.text, token.sub) not in shown]
        return (tuple(replace(token, space=i > 0) for i, token in enumerate(left)),) if left else ()

    def token(self, token: Token) -> Token:
        """The token with its layer and its shape."""
        if token.kind not in ("symbol", "word") or token.mark or token.prime:
            return token
        text, parameter = token.text, f"{token.text}_{token.sub}" if token.sub else token.text
        if text == self.output_symbol:
            return replace(self.after.named(token), shape=None if token.sub else self.output)
        if text == self.input_symbol:
            return replace(self.before.named(token), shape=None if token.sub else self.input)
        if text in (step := {"x": self.before, "a": self.after}) and (token.sub.startswith("t")):
            return step[text].named(token)
        if parameter in self.parameters:
            return replace(token, kind="symbol", layer=self.number, shape=self.parameters[parameter])
        if text in self.bases and len(text) == 1:
            return replace(token, layer=self.number)
        return token


def sizes(shape: Shape) -> Sizes:
    """A shape with the batch axis, which is the last."""
    return (*shape, "m")


def output_symbol(said: Statement) -> str | None:
    """What the docstring calls the layer's output: the left side of its first equation; of a sequence's step a_t, A."""
    forward = [e for e in said.equations if not e.backward]
    for left in (e.left for e in forward):
        if left[0] in "ZAY":
            return left[0]
    return "A" if any(e.left.startswith("a_") for e in forward) else None


def input_symbol(said: Statement) -> str:
    """What the docstring calls the layer's input: X, of an activation Z."""
    named = {token.text for e in said.equations for token in tokens(e.text)} | said.shapes.keys()
    return "X" if "X" in named or "x" in named else "Z"
