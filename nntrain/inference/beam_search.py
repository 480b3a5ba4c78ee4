"""Beam search: likely texts without looking at all of them (course 5, week 3: C5W3L03 to L05).

    the likeliest y = argmax over y of  (1 / T_y^α) Σ_t log P(y⟨t⟩ | y⟨1⟩ … y⟨t−1⟩, x)

Step by step the B likeliest beginnings are kept, each followed by every symbol.  A beginning that ends keeps its place
to itself: it is a text, and the others share what is left of the B.  With B = 1 this is greedy search, which takes the
likeliest symbol of every step.  The sum grows with every symbol on the negative side, so long texts would always lose:
α in 0 … 1 makes up for their length T_y, which counts the end mark (1: the mean over the symbols, 0: the sum).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from nntrain.model.shapes import Array


class NextSymbols(Protocol):
    """What comes next, as a model says: log P of every symbol, (symbols, columns)."""

    def begin(self) -> Array:
        """After nothing, a column for each example."""
        ...

    def go_on(self, columns: Array, symbols: Array) -> Array:
        """After these columns of the call before, each followed by its symbol."""
        ...


@dataclass(frozen=True)
class Search:
    """How texts are looked for.

    beams            B, beginnings that are kept
    length_penalty   α, the exponent of the length by which log P is divided
    """

    beams: int = 1
    length_penalty: float = 0.7


@dataclass(frozen=True)
class Hypothesis:
    """A text, or its beginning: the symbols with the end mark, and the sum of their log P."""

    symbols: tuple[int, ...] = ()
    log_p: float = 0.0

    def score(self, length_penalty: float) -> float:
        """log P / T_y^α."""
        return float(self.log_p / max(1, len(self.symbols)) ** length_penalty)


def beam_search(model: NextSymbols, search: Search, end: int, longest: int) -> list[list[Hypothesis]]:
    """Of every example the texts that were found, the best first: at most B, with at most `longest` symbols.

    Where none has ended by then, those that have come so far.
    """
    log_P = model.begin()
    live = [[Hypothesis()] for _ in range(log_P.shape[1])]
    ended: list[list[Hypothesis]] = [[] for _ in live]
    for step in range(longest):
        columns: list[int] = []
        at = 0
        for j, beginnings in enumerate(live):
            found = _longer(beginnings, log_P[:, at : at + len(beginnings)], search.beams - len(ended[j]))
            ended[j] += [text for text, _ in found if text.symbols[-1] == end]
            going = [(text, at + k) for text, k in found if text.symbols[-1] != end]
            at += len(beginnings)
            live[j] = [text for text, _ in going]
            columns += [column for _, column in going]
        if not columns or step + 1 == longest:
            break
        last = [text.symbols[-1] for beginnings in live for text in beginnings]
        log_P = model.go_on(np.array(columns), np.array(last))
    return [
        sorted(texts or beginnings, key=lambda text: -text.score(search.length_penalty))
        for texts, beginnings in zip(ended, live, strict=True)
    ]


def _longer(beginnings: list[Hypothesis], log_P: Array, most: int) -> list[tuple[Hypothesis, int]]:
    """The likeliest beginnings with one symbol more, and the number of what each goes on from."""
    if not beginnings or most < 1:
        return []
    sums = (np.array([text.log_p for text in beginnings]) + log_P).T.reshape(-1)  # beginning by beginning
    best = [i for i in np.argsort(-sums, kind="stable")[:most].tolist() if sums[i] > -np.inf]
    places = [divmod(i, len(log_P)) for i in best]
    return [
        (Hypothesis((*beginnings[k].symbols, symbol), float(sums[i])), k)
        for i, (k, symbol) in zip(best, places, strict=True)
    ]
