"""Arrays of one's own: .npz, and .npy files that may be larger than memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike

from nntrain.components import arg, component
from nntrain.data.array_examples import ArrayExamples, Known, Named, Read, check_headers, examples_of
from nntrain.data.array_files import Header, names_in, no_array, read_npy, read_npz
from nntrain.data.array_part import ArrayPart, Inputs
from nntrain.data.arrays import ArrayDataset, Examples
from nntrain.data.facts import Facts, Preparation
from nntrain.data.image_axes import Layout
from nntrain.data.inputs import read_array
from nntrain.data.parts import Part
from nntrain.data.source_files import Source
from nntrain.errors import DataError

LAYOUT_HELP = "axes of images: (N, C, H, W) or (N, H, W, C); default: found out.  Given, (N, H, W) is gray images too"
CLASSES_HELP = "number of classes; default: the largest label + 1.  Given, whole numbers and one-hot rows are labels"
SYMBOLS_HELP = "inputs (N, T) are numbers of symbols below this, for an embedding"


class Arrays(ArrayDataset):
    """Base: examples first.  Tables (N, n), images (N, C, H, W), sequences (N, T, n); numbers are taken as they are.

    Integer targets are labels 0 … max, (N,) or (N, T) for one a step, and words are labels in the order of their names;
    floats are values (N,), (N, n_y) or (N, T, n_y).  Where the loss takes labels alone, as cross_entropy does, floats
    that are whole numbers are labels too, and so are one-hot rows.  A label of −1 is none: a loss has to say
    `ignore: -1`.  Targets may be missing where none are used: with `reconstruct`, or in a GAN.
    """

    takes_files = True
    seeded = False
    classes: int | None
    vocabulary: int | None
    layout: Layout | None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.vocabulary is not None and self.standardize:
            raise ValueError(
                "standardize: the numbers of symbols have no mean; leave it out where there is a vocabulary"
            )
        if self.vocabulary is not None and self.layout is not None:
            raise ValueError("layout: it is of images; leave it out where there is a vocabulary")

    def read(self, path: Path | None) -> Read:
        """The arrays in a file; those of the dataset itself without a path.  Raises DataError."""
        raise NotImplementedError

    def sources(self, seed: int, facts: Facts | None) -> dict[str, Examples]:
        files: dict[str, Path | None] = {"train": None}
        for part, where in (("validation", self.validation), ("test", self.test)):
            if isinstance(where, Path):
                files[part] = where
        known = Known(self.layout, self.vocabulary, self.classes, labels=self.for_labels)
        if facts is not None:
            last: Layout | None = "channels_last" if facts.preparation.channels_last else self.layout
            known = Known(last, facts.vocabulary, facts.classes, facts.label_names, fitting=False)
        scaled = self.standardize or any(change.type == "normalize" for change in self.augment)
        sources: dict[str, Examples] = {}
        for part, path in files.items():
            read = self.read(path)
            if facts is not None and facts.outputs == 0:  # of a training without targets
                read = replace(read, targets=None)
            examples = examples_of(read, known, tell_scale=not scaled)
            known, sources[part] = replace(examples.known, fitting=False), examples
        return sources

    def facts(self, train: Examples) -> Facts:
        assert isinstance(train, ArrayExamples)
        shape, known = train.inputs.shape[1:], train.known
        made = Preparation(self.vocabulary, channels_last=known.layout == "channels_last")
        if known.classes is None:
            outputs = train.targets.shape[-1]
            return Facts(shape, "values", outputs=outputs, vocabulary=self.vocabulary, preparation=made)
        if known.classes < 2:
            only = f"every label is {known.names[0]!r}" if known.names else "every label is 0"
            raise DataError(f"{train.of_targets or train.source}: error: {only}; a classification needs two classes")
        return Facts(shape, "labels", known.classes, None, self.vocabulary, known.names, made)


@component("npz")
class Npz(Arrays):
    """Arrays of an .npz file, examples first."""

    path: Path = arg("the .npz file")
    inputs: str = arg("name of the input array", default="x", kw_only=True)
    targets: str = arg("name of the target array", default="y", kw_only=True)
    lengths: str | None = arg("name of the array of valid steps (N,) of sequences", default=None, kw_only=True)
    weights: str | None = arg(
        "name of an array of what examples (N,), or steps (N, T), count for in cost and metrics",
        default=None,
        kw_only=True,
    )
    classes: int | None = arg(CLASSES_HELP, default=None, ge=2, kw_only=True)
    vocabulary: int | None = arg(SYMBOLS_HELP, default=None, ge=1, kw_only=True)
    layout: Layout | None = arg(LAYOUT_HELP, default=None, kw_only=True)

    @property
    def padded(self) -> bool:
        return self.lengths is not None

    def read(self, path: Path | None) -> Read:
        path = path or self.path
        there, no_targets = names_in(path), ""
        wanted = {"inputs": self.inputs, "targets": self.targets, "lengths": self.lengths, "weights": self.weights}
        if there and self.inputs not in there:
            raise DataError(f"{no_array(path, self.inputs, there)}; inputs and targets say what they are called")
        if there and self.targets not in there:
            no_targets = str(no_array(path, self.targets, there))
            del wanted["targets"]
        names = {what: name for what, name in wanted.items() if name is not None}

        def check(headers: Mapping[str, Header]) -> None:
            check_headers({what: headers[name] for what, name in names.items()}, f"{path}:", names)

        arrays = read_npz(path, tuple(names.values()), check)
        named = {what: Named(array, f"{path}:{names[what]}") for what, array in zip(names, arrays, strict=True)}
        others, left = [name for name in there if name not in names.values()], ""
        if others and path == self.path:
            what = f"arrays {', '.join(others)} are" if len(others) > 1 else f"array {others[0]} is"
            left = f"{path}: {what} not read; inputs, targets, lengths and weights name those that are"
        return Read(named["inputs"], named.get("targets"), named.get("lengths"), named.get("weights"), no_targets, left)

    def facts(self, train: Examples) -> Facts:
        facts = super().facts(train)
        return replace(facts, preparation=replace(facts.preparation, array=self.inputs))

    def read_inputs(self, source: Source, facts: Facts, dtype: DTypeLike) -> Part:
        lengths = None
        if self.lengths is not None and isinstance(source, Path) and source.suffix.lower() == ".npz":
            (lengths,) = read_npz(source, (self.lengths,))
        X = read_array(source, facts, lengths)
        lengths = None if lengths is None else lengths.astype(np.int64)
        return ArrayPart(Inputs(X, dtype, facts.preparation), None, None, lengths=lengths)


@component("npy")
class Npy(Arrays):
    """.npy files of inputs and targets, examples first, memory-mapped: they may be larger than memory.

    `validation` and `test` as files are .npz with arrays x and y.
    """

    inputs: Path = arg("the .npy file of inputs")
    targets: Path | None = arg("the .npy file of targets; default: none", default=None)
    classes: int | None = arg(CLASSES_HELP, default=None, ge=2, kw_only=True)
    vocabulary: int | None = arg(SYMBOLS_HELP, default=None, ge=1, kw_only=True)
    layout: Layout | None = arg(LAYOUT_HELP, default=None, kw_only=True)

    def read(self, path: Path | None) -> Read:
        if path is not None:
            X, *Y = read_npz(path, ("x",) if self.targets is None else ("x", "y"))
            return Read(Named(X, f"{path}:x"), Named(Y[0], f"{path}:y") if Y else None)
        inputs = Named(read_npy(self.inputs), str(self.inputs))
        if self.targets is None:
            return Read(inputs, None, no_targets=f"{self.inputs}: error: no targets: say where they are with targets")
        return Read(inputs, Named(read_npy(self.targets), str(self.targets)))
