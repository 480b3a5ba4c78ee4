"""Texts with a label each: sentiment, the language of a name."""

from __future__ import annotations

import hashlib
from itertools import chain
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import DTypeLike

from nntrain.components import arg, component
from nntrain.data.facts import Facts, Preparation, required
from nntrain.data.folders import folders_of_parts
from nntrain.data.parts import Batch, Data, Part
from nntrain.data.source_files import Source
from nntrain.data.splits import divide
from nntrain.data.tables.column_doubts import likeness
from nntrain.data.tables.table_dataset import TableDataset
from nntrain.data.text_sources import Texts, exact, read_folder, read_new, read_table_of_texts
from nntrain.data.vocabulary import PADDING, Level, Vocabulary
from nntrain.errors import DataError
from nntrain.model.shapes import Array


@component("labelled_text")
class LabelledText(TableDataset):
    """Texts, each with a label.   X symbols (T, m)   labels y (m,)   lengths (m,), which layers take into account

    From a csv file: a column of texts, a column of labels.  From a folder: a folder of .txt files for each label, each
    file a text; or a file LABEL.txt for each, each line a text.  Folders train, val and test in it, with those of the
    labels in them, are the parts, which is said.

    Symbols are the characters or words (with signs, and line breaks) that the training part has `at_least` so often;
    symbol 0 is any other, symbol 1 stands behind the end of a text.  T is the longest text of `path`, or `longest`;
    what is longer is cut, which is told.  `nntrain predict` takes csv with the column of texts, lines, a
    folder of .txt files.
    """

    takes_files = True
    path: Path = arg("a csv file, or a folder")
    text: str | int | None = arg(
        "of csv: the column of texts, by name or number from 0; default: the only one beside the target",
        default=None,
        kw_only=True,
    )
    target: str | int | None = arg(
        "of csv: the column of labels, by name or number from 0; default: the last", default=None, kw_only=True
    )
    unit: Literal["word", "character"] = arg("what a symbol is", default="word", kw_only=True)
    at_least: int = arg("times that a symbol must occur in the training part", default=1, ge=1, kw_only=True)
    longest: int = arg("symbols of a text that are read at most", default=256, ge=1, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.standardize:
            raise ValueError("standardize: symbols are no numbers")

    @property
    def padded(self) -> bool:
        return True

    def read_data(self, seed: int, dtype: DTypeLike, facts: Facts | None = None) -> Data:
        found: list[str] = []
        files = (folders_of_parts(self.path, found) if self.path.is_dir() else None) or {"train": self.path}
        files |= {part: given for part in ("validation", "test") if isinstance(given := getattr(self, part), Path)}
        sources = {part: self._read(path) for part, path in files.items()}
        train = sources["train"]
        names = tuple(sorted(set(train.labels))) if facts is None else facts.label_names or ()
        if len(names) < 2:
            raise DataError(f"{self.path}: error: every label is {names[0]!r}; a classification needs two classes")
        labels = {part: _numbered(texts, names) for part, texts in sources.items()}
        rows = divide(self, str(self.path), len(train.texts), labels["train"], sources.keys(), seed)
        if facts is None:
            facts = self._facts(train, rows["train"], names)
            found += likeness(str(files["train"]), names)
        warnings = found + [text for texts in sources.values() for text in texts.warnings]
        made = dict[str, Part]()
        symbols = {part: self._symbols(texts, facts, warnings) for part, texts in sources.items()}
        for part in ("train", "validation", "test"):
            source = part if part in sources else "train"
            if part in sources or part in rows:
                every = np.arange(len(sources[source].texts))
                chosen = rows.get(part, every)
                made[part] = TextPart([symbols[source][i] for i in chosen], labels[source][chosen], facts)
        return Data(facts, made, self._digest(sources), warnings)

    def _read(self, path: Path) -> Texts:
        if path.is_dir():
            return read_folder(path, self.encoding)
        return read_table_of_texts(path, exact(self.dialect), self.text, self.target)

    @property
    def _level(self) -> Level:
        return "words" if self.unit == "word" else "characters"

    def _facts(self, train: Texts, rows: Array, names: tuple[str, ...]) -> Facts:
        split = Vocabulary((), self._level).split
        texts = list(map(split, train.texts))
        known = chain.from_iterable(texts[i] for i in rows)
        text = Vocabulary.fit(known, self._level, marks=(PADDING,), at_least=self.at_least)
        if len(text.symbols) == 2:
            raise DataError(f"{self.path}: error: no {self.unit} occurs at_least {self.at_least} times")
        size, T = len(text.symbols), min(self.longest, max(map(len, texts)))
        made = Preparation(text=text, text_column=train.column)
        return Facts((T,), "labels", len(names), vocabulary=size, label_names=names, preparation=made)

    def _symbols(self, texts: Texts, facts: Facts, warnings: list[str]) -> list[Array]:
        """The numbers of every text's symbols, at most T of each, with a word where one is cut."""
        known, T = required(facts.text, "a text"), facts.input_shape[0]
        number = {symbol: i for i, symbol in enumerate(known.symbols)}
        split = [known.split(text) for text in texts.texts]
        if long := [i for i, symbols in enumerate(split) if len(symbols) > T]:
            count = f"{len(long)} texts have" if len(long) > 1 else "a text has"
            unit, more = self.unit, "; longest says so" if self.longest == T else ""
            warnings.append(f"{texts.places[long[0]]}: {count} more than {T} {unit}s: what is behind is left out{more}")
        return [np.array([number.get(symbol, 0) for symbol in symbols[:T]], np.int64) for symbols in split]

    def _digest(self, sources: dict[str, Texts]) -> str:
        sha = hashlib.sha256()
        for part in sorted(sources):
            for text, label in zip(sources[part].texts, sources[part].labels, strict=True):
                sha.update(f"{part} {len(text)} {label}\n{text}".encode("utf-8", "surrogatepass"))
        return sha.hexdigest()

    def read_inputs(self, source: Source, facts: Facts, dtype: DTypeLike) -> Part:
        found = read_new(source, facts.preparation.text_column, self.target, exact(self.dialect))
        part = TextPart(self._symbols(found, facts, found.warnings), None, facts)
        part.warnings, part.files, part.left_out = found.warnings, found.files, found.left_out
        return part


class TextPart(Part):
    """Texts of different length, with labels or without: batches of T steps, padded behind each text's end."""

    def __init__(self, texts: list[Array], labels: Array | None, facts: Facts):
        self.size, self.labels, self.T = len(texts), labels, facts.input_shape[0]
        self.lengths = np.array([len(text) for text in texts])
        self.starts = np.cumsum(self.lengths) - self.lengths
        self.symbols = np.concatenate(texts)
        self.padding = required(facts.text, "a text").symbols.index(PADDING)

    def batch(self, indices: Array) -> Batch:
        lengths, t = self.lengths[indices], np.arange(self.T)[:, None]
        valid = t < lengths
        X = np.where(valid, self.symbols[np.where(valid, self.starts[indices] + t, 0)], self.padding)
        Y = np.empty((0, len(indices)), np.int64) if self.labels is None else self.labels[indices]
        return Batch(X, Y, lengths)


def _numbered(texts: Texts, names: tuple[str, ...]) -> Array:
    number = {name: k for k, name in enumerate(names)}
    for label, place in zip(texts.labels, texts.places, strict=True):
        if label not in number:
            raise DataError(f"{place}: error: no such label {label!r}; expected one of {', '.join(names)}")
    return np.array([number[label] for label in texts.labels])
