"""How a symbol is drawn from what a network expects."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nntrain.model.shapes import Array
from nntrain.runtime import streams


class Drawing(NamedTuple):
    """How the next symbol is drawn from the network's scores.

    temperature   softmax(scores / temperature); 0: the likeliest alone
    top_k         among so many of the likeliest (Fan et al. 2018)
    top_p         then among the fewest of the likeliest whose probabilities sum up to it (Holtzman et al. 2020)
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None

    def draw(self, scores: Array, stream: streams.Stream) -> int:
        """A symbol's number; one whose score is −∞ is never drawn."""
        if self.temperature == 0:
            return int(scores.argmax())
        odds = scores - scores.max()
        if self.temperature != 1:
            with np.errstate(over="ignore"):  # a temperature of nearly 0: what is not the likeliest has odds of 0
                odds /= self.temperature
        np.exp(odds, odds)
        if self.top_k is not None or self.top_p is not None:
            order = np.argsort(-scores, kind="stable")[: self.top_k]
            if self.top_p is not None:
                reached = np.cumsum(odds[order])
                order = order[: 1 + int(np.searchsorted(reached, self.top_p * reached[-1]))]
            kept = np.zeros_like(odds)
            kept[order] = odds[order]
            odds = kept
        at = np.cumsum(odds)
        return int(np.searchsorted(at, stream.uniform((1,))[0] * at[-1], side="right"))
