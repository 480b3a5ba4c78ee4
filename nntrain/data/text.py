"""Texts: every symbol is to be foretold from those before it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import DTypeLike

from nntrain.components import arg, component
from nntrain.data.base import Dataset
from nntrain.data.facts import Facts, Preparation, required
from nntrain.data.parts import Batch, Data, Part
from nntrain.data.source_files import Source, read_bytes, read_text
from nntrain.data.splits import last_shares
from nntrain.data.vocabulary import Level, Vocabulary, split
from nntrain.errors import ConfigError, DataError
from nntrain.model.shapes import Array
from nntrain.runtime import streams


@component("text")
class Text(Dataset):
    """A text file (UTF-8), read in pieces of `length` symbols; the target of every step is the next symbol.

    windows random  training examples are pieces of `length` symbols, in random order, which begin elsewhere in each
                    epoch: for attention, which carries no state.  `training.steps` counts without epochs.
                    Evaluation takes the pieces one after another, the last one as short as it is
    streams true    the text is cut into batch_size streams of equal length; batches take the next piece of each, in
                    order, and recurrent state goes along from batch to batch.  A text too short for that makes fewer
                    streams.  What is left over at the end is not trained on (fewer than batch_size · (length + 1)
                    symbols); evaluation ends with a shorter piece and leaves out fewer than batch_size symbols
    streams false   independent pieces, shuffled; fewer than `length` symbols at the end are left out

    `validation` and `test` are the last shares of the text, in order, or files.  The vocabulary is that of the training
    part, with one more symbol for whatever it does not have.
    """

    takes_files = True
    path: Path = arg("the text file")
    length: int = arg("symbols in a piece T: gradients go back as far", default=64, ge=1, kw_only=True)
    level: Level = arg("what a symbol is; words: signs and line breaks too", default="characters", kw_only=True)
    streams: bool = arg("contiguous streams with carried state; false: independent pieces", default=True, kw_only=True)
    windows: Literal["streams", "random"] = arg(
        "where training examples begin: one behind the other, or anywhere", default="streams", kw_only=True
    )
    vocabulary: int | None = arg(
        "most symbols to tell apart, the unknown one included; rarer ones are unknown", default=None, ge=2, kw_only=True
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.standardize:
            raise ValueError("standardize: symbols are no numbers")

    def read_data(self, seed: int, dtype: DTypeLike, facts: Facts | None = None) -> Data:
        sha, parts = hashlib.sha256(), {}
        for part, path in (("train", self.path), ("validation", self.validation), ("test", self.test)):
            if isinstance(path, Path):
                content = read_bytes(path)
                sha.update(f"{part} {len(content)}\n".encode() + content)
                parts[part] = split(read_text(path, content), self.level)
        for part, rows in last_shares(self, str(self.path), len(parts["train"]), parts.keys()).items():
            parts[part] = parts["train"][rows]
        if facts is None:
            text = Vocabulary.fit(parts["train"], self.level, self.vocabulary)
            size = len(text.symbols)
            facts = Facts((self.length,), "labels", size, vocabulary=size, preparation=Preparation(text=text))
        known = required(facts.text, "a text")
        made: dict[str, Part] = {}
        for part in ("train", "validation", "test"):
            if part in parts:
                made[part] = self._part(part, known.encode(parts[part]))
        return Data(facts, made, sha.hexdigest())

    def _part(self, name: str, symbols: Array) -> Part:
        least = self.length + 1 if name == "train" else 2
        if len(symbols) < least:
            raise DataError(
                f"{self.path}: error: the {name} part has {len(symbols)} symbols, fewer than {least}; "
                "give a longer text or a smaller length"
            )
        if self.windows == "random":
            return Windows(symbols, self.length)
        if self.streams:
            return Streams(symbols, self.length, self.batch_size, tail=name != "train")
        return Pieces(symbols, self.length)

    def read_inputs(self, source: Source, facts: Facts, dtype: DTypeLike) -> Part:
        raise ConfigError("predict: a text goes on with nntrain sample --prompt; nntrain eval measures another text")


class Streams(Part):
    """symbols (N,) as `streams` rows beside each other, in pieces of T steps; example k·streams + j is piece k of
    stream j.  With `tail` the last piece may be shorter."""

    def __init__(self, symbols: Array, T: int, batch_size: int, tail: bool):
        targets = len(symbols) - 1
        self.symbols, self.T = symbols, T
        self.streams = max(1, min(batch_size, targets // T))
        self.length = targets // self.streams
        pieces = self.length // T if not tail else -(-self.length // T)
        self.size = pieces * self.streams

    def batch(self, indices: Array) -> Batch:
        piece, stream = np.divmod(indices, self.streams)
        steps = min(self.T, self.length - self.T * int(piece.max()))
        at = stream * self.length + piece * self.T + np.arange(steps)[:, None]
        return Batch(self.symbols[at], self.symbols[at + 1], resets=bool((piece == 0).any()))


class Pieces(Part):
    """symbols (N,) in independent pieces of T steps; fewer at the end are left out."""

    def __init__(self, symbols: Array, T: int):
        self.symbols, self.T = symbols, min(T, len(symbols) - 1)
        self.size = (len(symbols) - 1) // self.T

    def batch(self, indices: Array) -> Batch:
        at = indices * self.T + np.arange(self.T)[:, None]
        return Batch(self.symbols[at], self.symbols[at + 1])


class Windows(Part):
    """symbols (N,) in pieces of T steps, the last of which may be shorter; for training, T steps from anywhere.

    Example i is piece i; example size + s begins at symbol s.  The examples of an epoch lie one behind the other from a
    random place on, round and round, and come in random order: each symbol once.  Drawn apart, as many would leave
    out a third of the text and take as much more than once.
    """

    def __init__(self, symbols: Array, T: int):
        self.symbols, self.T = symbols, min(T, len(symbols) - 1)
        self.size = -(-(len(symbols) - 1) // self.T)

    def draws(self, seed: int, epoch: int) -> Array:
        random = streams.stream(seed, streams.SHUFFLE, epoch)
        places = len(self.symbols) - self.T  # N − T: behind the last of them there is one symbol more, a target
        first = random.integers(places, (1,))
        return self.size + ((first + self.T * np.arange(self.size)) % places)[random.permutation(self.size)]

    def batch(self, indices: Array) -> Batch:
        start = np.where(indices < self.size, indices * self.T, indices - self.size)
        lengths = np.minimum(self.T, len(self.symbols) - 1 - start)
        t = np.arange(lengths.max())[:, None]
        valid = t < lengths
        if valid.all():
            return Batch(self.symbols[start + t], self.symbols[start + t + 1])
        X, Y = (np.where(valid, self.symbols[np.where(valid, start + t + ahead, 0)], 0) for ahead in (0, 1))
        return Batch(X, Y, lengths)
