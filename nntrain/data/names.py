"""Lists of names, one a line: each is to be foretold letter by letter."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike

from nntrain.components import arg, component
from nntrain.data.base import Dataset
from nntrain.data.facts import Facts, Preparation, required
from nntrain.data.parts import Batch, Data, Part
from nntrain.data.source_files import Source, read_bytes, read_text
from nntrain.data.splits import divide
from nntrain.data.vocabulary import Vocabulary
from nntrain.errors import ConfigError
from nntrain.model.shapes import Array

END = "\n"


@component("names")
class Names(Dataset):
    """One item a line (UTF-8).  A line break begins every name and ends it: x = ⏎ r o s e, y = r o s e ⏎.

    Batches are padded to their longest name and carry `lengths`.  Course 5, week 1 (dinosaur names), where x⟨1⟩ is 0.
    Letters that the training part does not have are one unknown symbol.
    """

    takes_files = True
    ends = True
    path: Path = arg("the text file, one item a line")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.standardize:
            raise ValueError("standardize: symbols are no numbers")

    @property
    def padded(self) -> bool:
        return True

    def read_data(self, seed: int, dtype: DTypeLike, facts: Facts | None = None) -> Data:
        sha, parts = hashlib.sha256(), {}
        for part, path in (("train", self.path), ("validation", self.validation), ("test", self.test)):
            if isinstance(path, Path):
                content = read_bytes(path)
                sha.update(f"{part} {len(content)}\n".encode() + content)
                lines = read_text(path, content).splitlines()
                parts[part] = [line.strip() for line in lines if line.strip()]
        rows = divide(self, str(self.path), len(parts["train"]), None, parts.keys(), seed)
        everything = parts["train"]
        for part, chosen in rows.items():
            parts[part] = [everything[i] for i in chosen]
        if facts is None:
            text = Vocabulary.fit("".join([END, *parts["train"]]), "characters")
            size, longest = len(text.symbols), max(map(len, everything)) + 1
            facts = Facts((longest,), "labels", size, vocabulary=size, preparation=Preparation(text=text))
        known = required(facts.text, "a text")
        made: dict[str, Part] = {}
        for part in ("train", "validation", "test"):
            if part in parts:
                made[part] = Lines(parts[part], known)
        return Data(facts, made, sha.hexdigest())

    def read_inputs(self, source: Source, facts: Facts, dtype: DTypeLike) -> Part:
        raise ConfigError("predict: a model of names draws new ones with nntrain sample")


class Lines(Part):
    """Names one behind the other, a line break before each and behind the last."""

    def __init__(self, names: list[str], known: Vocabulary):
        self.symbols = known.encode(END + "".join(name + END for name in names))
        self.lengths = np.array([len(name) + 1 for name in names])
        self.starts = np.cumsum(self.lengths) - self.lengths
        self.size = len(names)

    def batch(self, indices: Array) -> Batch:
        lengths = self.lengths[indices]
        t = np.arange(lengths.max())[:, None]
        valid = t < lengths
        at = np.where(valid, self.starts[indices] + t, 0)
        X, Y = (np.where(valid, self.symbols[at + ahead], 0) for ahead in (0, 1))
        return Batch(X, Y, lengths)
