"""Examples in arrays: what every dataset becomes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
from numpy.typing import DTypeLike

from nntrain.data import held, standardize
from nntrain.data.array_files import show
from nntrain.data.array_part import ArrayPart, InputRows, Inputs
from nntrain.data.base import Dataset
from nntrain.data.facts import Facts, Preparation
from nntrain.data.parts import Data, Part
from nntrain.data.source_files import Source
from nntrain.data.splits import divide
from nntrain.data.standardize import Standardization
from nntrain.errors import DataError
from nntrain.model.shapes import Array


@dataclass
class Examples:
    """inputs (N, …), targets (N,), (N, T), (N, n_y) or (N, T, n_y), which are (N, 0) where there are none.

    source     names them in errors, of_targets the targets where they have a name of their own
    lengths    (N,) valid steps of sequences, or None
    weights    (N,) of the examples or (N, T) of their steps, or None: what they count for in cost and metrics
    warnings   what was assumed about the source without being told, a line each
    no_targets, unlabelled   as in Data
    plain_inputs   what `as_inputs` has made, by dtype
    """

    inputs: InputRows
    targets: Array
    source: str
    lengths: Array | None = None
    weights: Array | None = None
    warnings: list[str] = field(default_factory=list)
    no_targets: str = ""
    unlabelled: str = ""
    of_targets: str = field(default="", kw_only=True)
    plain_inputs: dict[str, Inputs] = field(default_factory=dict, kw_only=True)

    def as_inputs(self, dtype: DTypeLike, preparation: Preparation) -> Inputs:
        """As the network takes them; made once where they do not depend on the training rows."""
        if preparation.standardize is not None:
            return Inputs(self.inputs, dtype, preparation)
        name = np.dtype(dtype).name
        if name not in self.plain_inputs:
            self.plain_inputs[name] = Inputs(self.inputs, dtype, preparation)
        return self.plain_inputs[name]


class ArrayDataset(Dataset):
    """Base of the datasets that are arrays of numbers."""

    scale: ClassVar[float | None] = None  # integers are pixels: times this they lie in 0 … 1
    seeded: ClassVar[bool] = True  # whether the seed says what `sources` gives
    decimals: ClassVar[int | None] = None  # to which values are rounded for their SHA-256; None: every bit counts

    def sources(self, seed: int, facts: Facts | None) -> dict[str, Examples]:
        """Examples by part: those of "train", and of every part that has a source of its own."""
        raise NotImplementedError

    def facts(self, train: Examples) -> Facts:
        """The facts, but for what is fitted on the training part."""
        raise NotImplementedError

    def read_data(self, seed: int, dtype: DTypeLike, facts: Facts | None = None) -> Data:
        fitting = facts is None
        here = f"{held.key(self, 'fold')} {seed if self.seeded else ''}"
        once = held.once if fitting else held.anew
        sources = once(f"{here} sources", lambda: self.sources(seed, facts))
        train = sources["train"]
        if facts is None:
            facts = self.facts(train)
            facts = replace(facts, preparation=replace(facts.preparation, scale=self.scale))
        for examples in sources.values():
            check_fits(examples, facts)
        by_class = train.targets if facts.target == "labels" and train.targets.ndim == 1 else None
        warnings = [text for examples in sources.values() for text in examples.warnings]
        rows = divide(self, train.source, len(train.inputs), by_class, sources.keys(), seed)
        if fitting and (scaling := self._scaling(train, rows["train"], facts)) is not None:
            facts = replace(facts, preparation=replace(facts.preparation, standardize=scaling))
        return Data(
            facts,
            make_parts(sources, rows, facts, dtype),
            once(f"{here} digest", lambda: digest(sources, self.decimals)),
            warnings,
            no_targets=train.no_targets,
            unlabelled=next((examples.unlabelled for examples in sources.values() if examples.unlabelled), ""),
        )

    def _scaling(self, train: Examples, rows: Array, facts: Facts) -> Standardization | None:
        """Fitted on the training rows, or given by an augmentation."""
        if self.standardize and train.lengths is not None:
            assert isinstance(train.inputs, np.ndarray)
            valid = np.arange(train.inputs.shape[1]) < train.lengths[rows, None]
            steps = train.inputs[rows][valid]
            return standardize.fit(steps, np.arange(len(steps)), self.scale or 1.0)
        if self.standardize:
            return standardize.fit(train.inputs, rows, self.scale or 1.0)
        given = (change.scaling(facts.input_shape) for change in self.augment)
        return next((scaling for scaling in given if scaling is not None), None)

    def read_inputs(self, source: Source, facts: Facts, dtype: DTypeLike) -> Part:
        from nntrain.data.inputs import read_array

        return ArrayPart(Inputs(read_array(source, facts), dtype, facts.preparation), None, None)


def make_parts(sources: dict[str, Examples], rows: dict[str, Array], facts: Facts, dtype: DTypeLike) -> dict[str, Part]:
    """The parts in the order train, validation, test.  Parts of one source share its arrays."""
    inputs = {name: s.as_inputs(dtype, facts.preparation) for name, s in sources.items()}
    kind = np.dtype(np.int64) if facts.target == "labels" else np.dtype(dtype)
    targets = {
        name: np.asarray(s.targets) if isinstance(s.targets, np.memmap) else s.targets.astype(kind, copy=False)
        for name, s in sources.items()
    }
    parts: dict[str, Part] = {}
    for part in ("train", "validation", "test"):
        source = part if part in sources else "train"
        if part in sources or part in rows:
            own = sources[source]
            parts[part] = ArrayPart(inputs[source], targets[source], rows.get(part), kind, own.lengths, own.weights)
    return parts


def check_fits(examples: Examples, facts: Facts) -> None:
    """Inputs and labels must be of the shapes and classes that the facts say."""
    shape = examples.inputs.shape[1:]
    if shape != facts.input_shape:
        raise DataError(
            f"{examples.source}: error: one example has shape {show(shape)}, expected {show(facts.input_shape)}"
        )
    if examples.no_targets and facts.outputs != 0:
        raise DataError(examples.no_targets)
    labels, named = examples.targets.dtype.kind in "iub", examples.of_targets or examples.source
    if labels != (facts.target == "labels"):
        raise DataError(f"{named}: error: the targets are {'labels' if labels else 'values'}, expected {facts.target}")
    outputs = examples.targets.shape[-1] if examples.targets.ndim > 1 else 1
    if not labels and outputs != facts.outputs:
        raise DataError(f"{named}: error: {outputs} target values an example, expected {facts.outputs}")


def digest(sources: dict[str, Examples], decimals: int | None = None) -> str:
    """SHA-256 over dtypes, shapes and bytes, or the values to so many decimals."""
    sha = hashlib.sha256()
    for name in sorted(sources):
        examples = sources[name]
        for array in (examples.inputs, examples.targets, examples.lengths, examples.weights):
            if array is None:
                continue
            sha.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
            for chunk in standardize.chunks(array):
                if decimals is not None:
                    chunk = np.rint(chunk * 10.0**decimals).astype(np.int64)  # integers know no -0
                sha.update(np.ascontiguousarray(chunk).view(np.uint8).data)
    return sha.hexdigest()
