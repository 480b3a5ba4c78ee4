"""Equations as MathML, which browsers draw by themselves."""

from __future__ import annotations

from collections.abc import Iterable

from nntrain.messages import in_html
from nntrain.textbook.notation import GREEK, Token

_ACCENTS = {"hat": "^", "tilde": "~", "bar": "¯"}
_UNSPACED = set("()[]|,;:")


def mathml(line: Iterable[Token]) -> str:
    """The line as one <math> element."""
    return f'<math display="block"><mrow>{"".join(_spaced(token) for token in line)}</mrow></math>'


def _spaced(token: Token) -> str:
    gap = '<mspace width="0.35em"/>' if token.space and token.kind in ("word", "symbol", "function", "number") else ""
    return gap + _token(token)


def _token(token: Token) -> str:
    if token.kind == "word":
        return f"<mtext>{in_html(token.text)}</mtext>"
    if token.kind == "number":
        return f"<mn>{in_html(token.text)}</mn>"
    if token.kind == "operator":
        fence = ' stretchy="false"' if token.text in _UNSPACED else ""
        return _scripted(f"<mo{fence}>{in_html(token.text)}</mo>", "", token.sup)
    base = f"<mi>{in_html(GREEK.get(token.text, token.text))}</mi>"
    if token.mark:
        base = f'<mover accent="true">{base}<mo>{_ACCENTS[token.mark]}</mo></mover>'
    layer = "" if token.layer is None else f"[{token.layer}]"
    symbol = _scripted(base, token.sub, ("′" if token.prime else "") + layer + token.sup)
    if token.d:
        symbol = f"<mrow><mi>{token.d}</mi>{symbol}</mrow>"
    if token.shape is not None:
        symbol = f"<munder>{symbol}<mtext>({', '.join(map(str, token.shape))})</mtext></munder>"
    return symbol


def _scripted(base: str, sub: str, sup: str) -> str:
    low, high = f"<mtext>{in_html(sub)}</mtext>", f"<mtext>{in_html(sup)}</mtext>"
    if sub and sup:
        return f"<msubsup>{base}{low}{high}</msubsup>"
    if sub:
        return f"<msub>{base}{low}</msub>"
    return f"<msup>{base}{high}</msup>" if sup else base
