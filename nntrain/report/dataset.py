"""What a dataset is: its parts, classes, ranges, missing values, and rows that stand in two parts."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from nntrain import config as configs
from nntrain.data.loader import evaluation_batches
from nntrain.data.parts import Data
from nntrain.model.shapes import Array

_BATCH = 512
MOST_PICTURES = 100


@dataclass
class Described:
    """Everything `nntrain data` prints.  `counts`: part -> label -> examples; `ranges`: part -> (least, mean, most)."""

    type: str
    input_shape: tuple[int, ...]
    of: str  # what the inputs are: numbers or symbols
    target: str
    sizes: dict[str, int]
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    ranges: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    targets: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)
    repeated: dict[str, int] = field(default_factory=dict)  # part -> examples that an earlier part has too
    within: dict[str, int] = field(default_factory=dict)  # part -> examples that the part has several times
    contradicting: int = 0  # equal inputs with different targets


def load(path: Path, overrides: tuple[str, ...]) -> tuple[Any, Data]:
    """The config's draft and its data."""
    draft = configs.read(path, overrides)
    return draft, draft.dataset.load(draft.seed, np.dtype(draft.dtype))


def describe(dataset: Any, data: Data) -> Described:
    """Look at every example once."""
    facts = data.facts
    target = f"{facts.classes} classes" if facts.target == "labels" else f"{facts.outputs or 'no'} values"
    sizes = {name: part.size for name, part in data.parts.items()}
    of = "numbers" if facts.vocabulary is None else "symbols"
    told = Described(dataset.type, facts.input_shape, of, target, sizes)
    names = facts.class_names
    before: dict[bytes, bytes] = {}
    for name, part in data.parts.items():
        here: Counter[bytes] = Counter()
        labels = np.zeros(len(names), np.int64)
        inputs, values = _Range(), _Range()
        earlier = dict(before)
        told.repeated[name] = 0
        for batch in evaluation_batches(part, _BATCH):
            ends = batch.lengths
            inputs.add(_unpadded(batch.X, ends))
            of_steps = batch.steps_of_targets if facts.target == "labels" and batch.Y.ndim == 2 else None
            if facts.target == "labels":
                there = _unpadded(batch.Y, of_steps).reshape(-1)
                labels += np.bincount(there[there >= 0], minlength=len(labels))[: len(labels)]
            elif facts.outputs:
                values.add(facts.to_units(batch.Y))
            for key, answer in zip(_keys(batch.X, ends), _keys(batch.Y, of_steps), strict=True):
                here[key] += 1
                told.repeated[name] += key in earlier
                told.contradicting += before.setdefault(key, answer) != answer
        told.within[name] = sum(count for count in here.values() if count > 1)
        told.ranges[name] = inputs.result()
        if facts.target == "labels":
            told.counts[name] = dict(zip(names, labels.tolist(), strict=True))
        elif facts.outputs:
            told.targets[name] = values.result()
    told.missing = data.missing
    return told


class _Range:
    """Least, mean and largest of what it is given."""

    def __init__(self) -> None:
        self.low, self.high, self.sum, self.count = np.inf, -np.inf, 0.0, 0

    def add(self, values: Array) -> None:
        if values.size:
            self.low, self.high = min(self.low, float(values.min())), max(self.high, float(values.max()))
            self.sum, self.count = self.sum + float(values.sum(dtype=np.float64)), self.count + values.size

    def result(self) -> tuple[float, float, float]:
        return self.low, self.sum / max(1, self.count), self.high


def _unpadded(values: Array, lengths: Array | None) -> Array:
    """(T, …, m) without the steps after the end of each example."""
    if lengths is None:
        return values
    valid = np.arange(len(values))[:, None] < lengths
    return np.moveaxis(values, -1, 1)[valid]


def _keys(values: Array, lengths: Array | None) -> list[bytes]:
    """A digest of every example of (…, m), whatever its batch was padded to."""
    rows = list(np.ascontiguousarray(np.moveaxis(values, -1, 0)))
    if lengths is not None:
        rows = [row[:length] for row, length in zip(rows, lengths, strict=True)]
    return [hashlib.blake2b(row.tobytes(), digest_size=16).digest() for row in rows]


def pictures(data: Data, part: str) -> Array | None:
    """(N, C, H, W) in 0 … 1: the first examples of each class in turn; None where the examples are no images."""
    facts = data.facts
    if len(facts.input_shape) != 3:
        return None
    chosen = data.parts[part]
    batch = chosen.batch(np.arange(min(chosen.size, 20 * MOST_PICTURES)))
    order = np.arange(batch.size)
    if facts.target == "labels" and batch.Y.ndim == 1:
        turn = np.zeros(batch.size, np.int64)
        for label in np.unique(batch.Y):
            of_class = np.flatnonzero(label == batch.Y)
            turn[of_class] = np.arange(len(of_class))
        order = np.lexsort((batch.Y, turn))
    X = np.moveaxis(batch.X, -1, 0)[order[:MOST_PICTURES]].astype(np.float64)
    low, high = X.min(), X.max()
    return X if low >= 0 and high <= 1 else (X - low) / (high - low or 1.0)
