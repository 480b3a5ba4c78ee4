"""Pairs of texts in files."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

from nntrain.components import arg, component
from nntrain.data.facts import Facts
from nntrain.data.pair_files import is_table, read_columns, read_lines
from nntrain.data.source_files import Source, read_bytes
from nntrain.data.text_pairs import Pair, Pairs, TextPairs
from nntrain.data.vocabulary import Level, split
from nntrain.errors import DataError


@component("translation")
class Translation(TextPairs):
    """Texts and what they are turned into: another language, another spelling, an answer.

    X (T_x, m) symbols of the sources   Y (T_y, m) symbols of the targets, both ended by the end mark

    path       a csv file (or .tsv: tabs) with both texts in a row, in the columns `source` and `target`;
               or a text file with a source a line
    targets    then the file with the targets, line by line.  A validation or test file has its targets beside it, in
               the file of its name with the ending of `targets`: valid.en and valid.fr, where those are train.en and
               train.fr

    Batches are padded to their longest text on either side, and carry the lengths of both.  Sources and targets have
    vocabularies of their own, those of the training part: `$dataset.vocabulary` counts the symbols of the sources,
    `$dataset.classes` those of the targets, each with the marks unknown, padding, start and end.  Pairs with an empty
    text are left out, with a word.  Course 5, week 3.
    """

    takes_files = True
    path: Path = arg("a csv file with sources and targets, or a text file with a source a line")
    targets: Path | None = arg("the targets, a line each, where `path` has a source a line", default=None, kw_only=True)
    source: str | int | None = arg(
        "column of the sources, by name or number from 0; default: the one called source, else the first",
        default=None,
        kw_only=True,
    )
    target: str | int | None = arg(
        "column of the targets; default: the one called target, else the second", default=None, kw_only=True
    )
    unit: Literal["character", "word"] = arg("what a symbol is; words: signs too", default="character", kw_only=True)
    vocabulary: int | None = arg(
        "most symbols to tell apart on either side, the four marks included; rarer ones are unknown",
        default=None,
        ge=5,
        kw_only=True,
    )
    longest: int | None = arg(
        "pairs with more symbols than this in a text are left out; default: none are", default=None, ge=1, kw_only=True
    )
    encoding: str | None = arg(
        "of the files: utf-8, utf-16, latin-1, …; default: found out", default=None, kw_only=True
    )

    @property
    def level(self) -> Level:
        return "words" if self.unit == "word" else "characters"

    @property
    def most_symbols(self) -> int | None:
        return self.vocabulary

    def pairs(self, seed: int) -> Pairs:
        sha, found = hashlib.sha256(), Pairs({}, "", [])
        for part, path in (("train", self.path), ("validation", self.validation), ("test", self.test)):
            if isinstance(path, Path):
                targets = self._targets_of(part, path)
                for file in (path, targets) if targets is not None else (path,):
                    content = read_bytes(file)
                    sha.update(f"{part} {len(content)}\n".encode() + content)
                found.parts[part] = self._whole(path, self._read(path, targets, found.warnings), found.warnings)
        found.sha256 = sha.hexdigest()
        return found

    def _targets_of(self, part: str, path: Path) -> Path | None:
        """The file with the targets of a part's lines; None where they stand in its own."""
        if self.targets is None or part == "train":
            return self.targets
        return path.with_suffix(self.targets.suffix)

    def _read(self, path: Path, targets: Path | None, warnings: list[str]) -> list[Pair]:
        if targets is None:
            rows, told = read_columns(path, (self.source, self.target), self.encoding)
            warnings += told
            return [(x, y) for x, y in rows]
        (sources, told), (answers, told_of_targets) = (read_lines(file, self.encoding) for file in (path, targets))
        if len(sources) != len(answers):
            raise DataError(f"{targets}: error: {len(answers):,} lines, expected {len(sources):,} as in {path}")
        warnings += told + told_of_targets
        return list(zip(sources, answers, strict=True))

    def _whole(self, path: Path, pairs: list[Pair], warnings: list[str]) -> list[Pair]:
        """Without blanks around the texts, without empty texts and those that are too long."""
        stripped = [(x.strip(), y.strip()) for x, y in pairs]
        full = [pair for pair in stripped if all(pair)]
        if empty := len(pairs) - len(full):
            warnings.append(f"{path}: {empty:,} {'pair has' if empty == 1 else 'pairs have'} an empty text: left out")
        longest = self.longest
        short = full if longest is None else [p for p in full if all(len(split(t, self.level)) <= longest for t in p)]
        if long := len(full) - len(short):
            warnings.append(f"{path}: {long:,} pairs have more than {longest} symbols in a text: left out (longest)")
        if not short:
            raise DataError(f"{path}: error: no pair of texts is left")
        return short

    def sources(self, source: Source, facts: Facts) -> list[str]:
        if isinstance(source, Path) and is_table(source):
            return [x.strip() for (x,) in read_columns(source, (self.source,), self.encoding)[0]]
        return [text.strip() for text in read_lines(source, self.encoding)[0]]
