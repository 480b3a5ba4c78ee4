"""Equations as MathML, which browsers draw by themselves."""

from __future__ import annotations

from collections.abc import Iterable

from nntrain.messages import in_html
from nntrain.textbook.notation import GREEK, Token

_ACCENTS = {"hat": "^", "tilde": "~", "bar": "¯"}
_UNSPACED = set("()[]|,;:")


def mathml(line: Iterable[Token]) -> str:
    """The line as a paragraph of <math> elements and words: it breaks at words, and behind commas of the equation."""
    pieces: list[list[Token]] = [[]]
    depth = 0
    for token in line:
        if token.kind == "word" or (pieces[-1] and pieces[-1][-1].kind == "word"):
            pieces.append([])
        pieces[-1].append(token)
        depth += (token.text in ("(", "[")) - (token.text in (")", "]"))
        if token.text in (",", ":", ";") and depth == 0:
            pieces.append([])
    return f'<p class="equation">{"".join(_piece(piece) for piece in pieces if piece)}</p>'


def _piece(piece: list[Token]) -> str:
    gap = " " if piece[0].space else ""
    if piece[0].kind == "word":
        return gap + in_html(piece[0].text)
    drawn = _token(piece[0]) + "".join(map(_spaced, piece[1:]))
    return f'{gap}<math display="inline" displaystyle="true"><mrow>{drawn}</mrow></math>'


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
