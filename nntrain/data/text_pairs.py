"""Pairs of texts: a source, and the target that it is to be turned into."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike

from nntrain.components import component_base
from nntrain.data.base import Dataset
from nntrain.data.facts import Facts, Preparation, required
from nntrain.data.parts import Batch, Data, Part
from nntrain.data.source_files import Source
from nntrain.data.splits import divide
from nntrain.data.vocabulary import END, MARKS, PADDING, START, Level, TargetTexts, Vocabulary, split
from nntrain.errors import DataError
from nntrain.model.shapes import Array, Ints

Pair = tuple[str, str]  # source, target


@dataclass
class Pairs:
    """What a dataset read: the pairs of "train" and of parts with a source of their own; their SHA-256."""

    parts: dict[str, list[Pair]]
    sha256: str
    warnings: list[str]


@component_base(kw_only=True)
class TextPairs(Dataset):
    """Base.   X (T_x, m) symbols of the sources   Y (T_y, m) symbols of the targets, both ended by the end mark

    Batches are padded to their longest text on either side, and carry the lengths of both.  Sources and targets have
    vocabularies of their own, those of the training part: `$dataset.vocabulary` counts the symbols of the sources,
    `$dataset.classes` those of the targets, each with the marks unknown, padding, start and end.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.standardize:
            raise ValueError("standardize: symbols are no numbers")

    @property
    def level(self) -> Level:
        """What a symbol is."""
        return "characters"

    @property
    def most_symbols(self) -> int | None:
        """How many a vocabulary may have; None: as many as there are."""
        return None

    def pairs(self, seed: int) -> Pairs:
        """All pairs, not yet cut into parts.  Raises DataError."""
        raise NotImplementedError

    def read_data(self, seed: int, dtype: DTypeLike, facts: Facts | None = None) -> Data:
        found = self.pairs(seed)
        parts, everything = dict(found.parts), found.parts["train"]
        for part, rows in divide(self, self.type, len(everything), None, parts.keys(), seed).items():
            parts[part] = [everything[i] for i in rows]
        texts = {part: [(self._split(x), self._split(y)) for x, y in pairs] for part, pairs in parts.items()}
        if facts is None:
            facts = self._facts(texts)
        sources, targets = required(facts.text, "a text"), required(facts.target_texts, "pairs of texts")
        made: dict[str, Part] = {
            part: PairPart(
                Sequences((x for x, _ in texts[part]), sources),
                Sequences((y for _, y in texts[part]), targets.vocabulary),
            )
            for part in ("train", "validation", "test")
            if part in texts
        }
        return Data(facts, made, found.sha256, found.warnings)

    def _split(self, text: str) -> Sequence[str]:
        return split(text, self.level)

    def _facts(self, texts: dict[str, list[tuple[Sequence[str], Sequence[str]]]]) -> Facts:
        """Vocabularies of the training part; lengths of all parts, with the end mark."""
        sources, targets = (
            Vocabulary.fit((s for pair in texts["train"] for s in pair[side]), self.level, self.most_symbols, MARKS)
            for side in (0, 1)
        )
        longest = [max(len(pair[side]) for pairs in texts.values() for pair in pairs) + 1 for side in (0, 1)]
        made = Preparation(text=sources, target_texts=TargetTexts(targets, longest[1]))
        return Facts((longest[0],), "labels", len(targets.symbols), vocabulary=len(sources.symbols), preparation=made)

    def sources(self, source: Source, facts: Facts) -> list[str]:
        """The texts of an input of `nntrain predict`, one for every answer.  Raises DataError."""
        from nntrain.data.pair_files import read_lines

        return read_lines(source)[0]

    def read_inputs(self, source: Source, facts: Facts, dtype: DTypeLike) -> Part:
        return source_part(self.sources(source, facts), facts)


class Sequences:
    """Sequences of symbols, each ended by the end mark, one behind the other."""

    def __init__(self, texts: Iterable[Sequence[str]], known: Vocabulary):
        ended = [[*text, END] for text in texts]
        self.lengths: Ints = np.array([len(text) for text in ended], np.int64)
        self.symbols = known.encode([symbol for text in ended for symbol in text])
        self.starts = np.cumsum(self.lengths) - self.lengths
        self.padding, self.start = (known.symbols.index(mark) for mark in (PADDING, START))

    def padded(self, indices: Array) -> tuple[Array, Array]:
        """Those at `indices`, (T, m) with padding behind each end, and their lengths (m,)."""
        lengths = self.lengths[indices]
        t = np.arange(lengths.max())[:, None]
        valid = t < lengths
        return np.where(valid, self.symbols[np.where(valid, self.starts[indices] + t, 0)], self.padding), lengths


class PairPart(Part):
    """Sources and their targets, or sources alone."""

    def __init__(self, sources: Sequences, targets: Sequences | None):
        self.sources, self.targets, self.size = sources, targets, len(sources.lengths)

    def batch(self, indices: Array) -> Batch:
        X, lengths = self.sources.padded(indices)
        if self.targets is None:
            return Batch(X, np.empty((0, len(indices)), np.int64), lengths)
        Y, of_targets = self.targets.padded(indices)
        return Batch(X, Y, lengths, previous=shifted(Y, self.targets.start), target_lengths=of_targets)


def shifted(Y: Array, start: int) -> Array:
    """y⟨t−1⟩ at step t, and the start mark at the first."""
    previous = np.empty_like(Y)
    previous[0], previous[1:] = start, Y[:-1]
    return previous


def source_part(texts: Sequence[str], facts: Facts) -> PairPart:
    """Texts to be turned into others, as the network takes them."""
    known = required(facts.text, "a text")
    return PairPart(Sequences((known.split(text) for text in texts), known), None)


def with_target_texts(sources: PairPart, targets: Sequence[str], facts: Facts) -> PairPart:
    """The same sources with the texts that they are to be turned into.  Raises DataError."""
    known = required(facts.target_texts, "pairs of texts").vocabulary
    if len(targets) != sources.size:
        raise DataError(f"Y: error: {len(targets)} targets for {sources.size} examples")
    return PairPart(sources.sources, Sequences((known.split(text) for text in targets), known))
