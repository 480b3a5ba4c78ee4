"""Equations as LaTeX, with the course's Z^{[2]} for the second layer."""

from __future__ import annotations

from collections.abc import Iterable

from nntrain.textbook.notation import GREEK, Token

# fmt: off
_NAMED = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "θ": "theta", "λ": "lambda", "μ": "mu",
    "π": "pi", "ρ": "rho", "σ": "sigma", "φ": "phi", "Φ": "Phi", "Γ": "Gamma", "Σ": "sum", "𝓛": "mathcal{L}",
}
# fmt: on
# fmt: off
_OPERATORS = {
    "−": "-", "½": r"\tfrac{1}{2}", "²": "^{2}", "ᵀ": r"^{\top}", "‖": r"\|", "·": r"\cdot ", "∘": r"\odot ",
    "∗": r"\ast ", "←": r"\leftarrow ", "≤": r"\le ", "≥": r"\ge ", "…": r"\ldots ", "⌊": r"\lfloor ",
    "⌋": r"\rfloor ", "∂": r"\partial ", "±": r"\pm ", "∈": r"\in ", "∞": r"\infty ", "→": r"\to ", "√": r"\surd ",
    "{": r"\{", "}": r"\}", "%": r"\%", "#": r"\#", "&": r"\&", "$": r"\$", "_": r"\_",
}
# fmt: on
_FUNCTIONS = {"tanh", "log", "ln", "max", "exp", "cos"}  # that LaTeX has a command for


def latex(line: Iterable[Token]) -> str:
    """The line as LaTeX, without the dollar signs around it."""
    pieces: list[str] = []
    words: list[str] = []
    tokens = list(line)
    roots = _roots(tokens)
    for i, token in enumerate([*tokens, Token("operator", "")]):
        if token.kind == "word":
            words.append((" " if token.space and words else "") + _escaped(token.text))
            continue
        if words:
            pieces.append(rf"\text{{ {''.join(words)} }}")
            words = []
        pieces.append("{" if i - 1 in roots and token.text == "(" else _token(token, i in roots))
        if i in roots.values():
            pieces[-1] = "}" + _token(Token("operator", "", sup=token.sup), False)
    return "".join(pieces).replace("  ", " ").strip()


def _roots(tokens: list[Token]) -> dict[int, int]:
    """Where a root begins, with the place of the parenthesis that ends it."""
    found = {}
    for i, token in enumerate(tokens):
        if token.text == "√" and i + 1 < len(tokens) and tokens[i + 1].text == "(":
            depth = 0
            for j in range(i + 1, len(tokens)):
                depth += (tokens[j].text == "(") - (tokens[j].text == ")")
                if depth == 0:
                    found[i] = j
                    break
    return found


def _token(token: Token, root: bool) -> str:
    if root:
        return r"\sqrt"
    if token.kind == "operator":
        return _OPERATORS.get(token.text, token.text) + (f"^{{{token.sup}}}" if token.sup else "")
    if token.kind == "number":
        return token.text
    if token.kind == "function":
        name = rf"\{token.text}" if token.text in _FUNCTIONS else rf"\operatorname{{{token.text}}}"
        return f"{name}{_up(token)} "
    base = GREEK.get(token.text, token.text)
    base = rf"\{_NAMED[base]}" if base in _NAMED else base if len(base) == 1 else rf"\text{{{base}}}"
    if token.mark:
        base = rf"\{token.mark}{{{base}}}"
    base += "'" if token.prime else ""
    sub = f"_{{{_below(token.sub)}}}" if token.sub else ""
    symbol = f"{base}{sub}{_up(token)}"
    if token.shape is not None:
        symbol = rf"\underset{{({','.join(map(str, token.shape))})}}{{{token.d}{symbol}}}"
        return symbol + " "
    return rf"{token.d}{symbol} " if not token.d else rf"d{symbol} "


def _up(token: Token) -> str:
    layer = "" if token.layer is None else f"[{token.layer}]"
    sup = token.sup.replace("T", r"\top ")
    return f"^{{{layer}{sup}}}" if layer or sup else ""


def _below(sub: str) -> str:
    return sub.replace("−", "-")


def _escaped(text: str) -> str:
    return text.replace("’", "'").replace("_", r"\_").replace("%", r"\%")
