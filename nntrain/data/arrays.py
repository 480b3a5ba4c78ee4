"""Examples in arrays: what every dataset becomes, and the gathering of batches."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import DTypeLike

from nntrain.data import standardize
from nntrain.data.array_files import show
from nntrain.data.base import Dataset
from nntrain.data.facts import Facts, Preparation
from nntrain.data.parts import Batch, Data, Part
from nntrain.data.source_files import Source
from nntrain.data.splits import divide
from nntrain.data.standardize import Standardization
from nntrain.errors import DataError
from nntrain.model.shapes import Array, Shape

EAGER_BYTES = 1 << 26  # integers become floats at once up to this size; beyond it, batch by batch, to save memory


@dataclass
class Examples:
    """inputs (N, …), targets (N,), (N, T), (N, n_y) or (N, T, n_y); `source` names them in errors."""

    inputs: Array
    targets: Array
    source: str


class ArrayPart(Part):
    """Rows of arrays.  A batch gathers rows and then moves the axis: gathering columns is eight times slower."""

    def __init__(self, inputs: Inputs, targets: Array | None, rows: Array | None, target_type: DTypeLike = np.int64):
        self.inputs, self.targets, self.target_type = inputs, targets, target_type
        # all rows in order need no second indexing
        self.rows = None if rows is None or len(rows) == len(inputs.flat) else rows
        self.size = len(inputs.flat) if rows is None else len(rows)

    def batch(self, indices: Array) -> Batch:
        rows = indices if self.rows is None else self.rows[indices]
        if self.targets is None:
            return Batch(self.inputs.take(rows), np.empty((0, len(rows))))
        Y = self.targets.take(rows, axis=0).astype(self.target_type, copy=False)
        return Batch(self.inputs.take(rows), Y if Y.ndim == 1 else np.ascontiguousarray(np.moveaxis(Y, 0, -1)))


class Inputs:
    """Inputs as the network takes them: scaled, standardized and cast, at once where they fit into memory as floats,
    otherwise batch by batch (integers of large image sets, memory-mapped files)."""

    def __init__(self, array: Array, dtype: DTypeLike, preparation: Preparation):
        mapped = isinstance(array, np.memmap)
        self.shape: Shape = array.shape[1:]
        self.dtype = np.dtype(dtype if preparation.vocabulary is None else np.int64)
        # a mapped file stays mapped: this is a view of it without the subclass, whose every slice is slow
        self.flat = np.asarray(array).reshape(len(array), -1)
        scale = preparation.scale if array.dtype.kind in "iu" else None
        self.scale: Array | None = None if scale is None else np.asarray(scale, self.dtype)
        self.mean: Array | None = None
        if preparation.standardize is not None:
            scale = 1.0 if scale is None else scale
            # (scale · x − mean) / deviation, a number for each of the flat features
            mean, deviation = preparation.standardize.along(array.ndim)
            work = np.float64 if array.dtype.itemsize > 2 else self.dtype
            self.mean = self._spread(mean / scale).astype(work)
            self.factor = self._spread(scale / deviation).astype(work)
        large = array.size * self.dtype.itemsize > EAGER_BYTES
        if not mapped and not (large and array.dtype.kind in "iub"):
            self.flat = np.ascontiguousarray(self._convert(self.flat))
            self.mean = self.scale = None

    def _spread(self, values: Array) -> Array:
        return np.ascontiguousarray(np.broadcast_to(values, self.shape)).reshape(-1)

    def _convert(self, X: Array) -> Array:
        if self.mean is not None:
            standardized: Array = ((X - self.mean) * self.factor).astype(self.dtype, copy=False)
            return standardized
        X = X.astype(self.dtype, copy=False)
        return X if self.scale is None else X * self.scale

    def take(self, rows: Array) -> Array:
        """(…, m) for rows (m,).  Small integers are transposed before they become floats: a quarter of the memory."""
        taken = self.flat.take(rows, axis=0)
        if self.mean is not None:
            taken = self._convert(taken)
        X = np.ascontiguousarray(taken.T).astype(self.dtype, copy=False)
        if self.mean is None and self.scale is not None:
            X *= self.scale
        return X.reshape(*self.shape, len(rows))


class ArrayDataset(Dataset):
    """Base of the datasets that are arrays of numbers."""

    scale: ClassVar[float | None] = None  # integers are pixels: times this they lie in 0 … 1
    decimals: ClassVar[int | None] = None  # of the values that their SHA-256 sees; None: every bit

    def sources(self, seed: int, facts: Facts | None) -> dict[str, Examples]:
        """ "train", and the parts that have a source of their own."""
        raise NotImplementedError

    def facts(self, train: Examples) -> Facts:
        """The facts, but for what is fitted on the training part."""
        raise NotImplementedError

    def read_data(self, seed: int, dtype: DTypeLike, facts: Facts | None = None) -> Data:
        sources = self.sources(seed, facts)
        train = sources["train"]
        fitting = facts is None
        if facts is None:
            facts = self.facts(train)
            facts = replace(facts, preparation=replace(facts.preparation, scale=self.scale))
        for examples in sources.values():
            check_fits(examples, facts)
        by_class = train.targets if facts.target == "labels" and train.targets.ndim == 1 else None
        rows = divide(self, train.source, len(train.inputs), by_class, sources.keys(), seed)
        if fitting and (scaling := self._scaling(train, rows["train"], facts)) is not None:
            facts = replace(facts, preparation=replace(facts.preparation, standardize=scaling))
        return Data(facts, make_parts(sources, rows, facts, dtype), digest(sources, self.decimals))

    def _scaling(self, train: Examples, rows: Array, facts: Facts) -> Standardization | None:
        """Fitted on the training rows, or given by an augmentation."""
        if self.standardize:
            return standardize.fit(train.inputs, rows, self.scale or 1.0)
        given = (change.scaling(facts.input_shape) for change in self.augment)
        return next((scaling for scaling in given if scaling is not None), None)

    def read_inputs(self, source: Source, facts: Facts, dtype: DTypeLike) -> Part:
        from nntrain.data.inputs import read_array

        return ArrayPart(Inputs(read_array(source, facts), dtype, facts.preparation), None, None)


def make_parts(sources: dict[str, Examples], rows: dict[str, Array], facts: Facts, dtype: DTypeLike) -> dict[str, Part]:
    """The parts in the order train, validation, test.  Parts of one source share its arrays."""
    inputs = {name: Inputs(s.inputs, dtype, facts.preparation) for name, s in sources.items()}
    kind = np.dtype(np.int64) if facts.target == "labels" else np.dtype(dtype)
    targets = {
        name: np.asarray(s.targets) if isinstance(s.targets, np.memmap) else s.targets.astype(kind, copy=False)
        for name, s in sources.items()
    }
    parts: dict[str, Part] = {}
    for part in ("train", "validation", "test"):
        source = part if part in sources else "train"
        if part in sources or part in rows:
            parts[part] = ArrayPart(inputs[source], targets[source], rows.get(part), kind)
    return parts


def check_fits(examples: Examples, facts: Facts) -> None:
    """Inputs and labels must be of the shapes and classes that the facts say."""
    shape = examples.inputs.shape[1:]
    if shape != facts.input_shape:
        raise DataError(
            f"{examples.source}: error: one example has shape {show(shape)}, expected {show(facts.input_shape)}"
        )
    labels = examples.targets.dtype.kind in "iub"
    if labels != (facts.target == "labels"):
        raise DataError(
            f"{examples.source}: error: the targets are {'labels' if labels else 'values'}, expected {facts.target}"
        )
    outputs = examples.targets.shape[-1] if examples.targets.ndim > 1 else 1
    if not labels and outputs != facts.outputs:
        raise DataError(f"{examples.source}: error: {outputs} target values an example, expected {facts.outputs}")


def digest(sources: dict[str, Examples], decimals: int | None = None) -> str:
    """SHA-256 over dtypes, shapes and bytes, or the values to so many decimals."""
    sha = hashlib.sha256()
    for name in sorted(sources):
        for array in (sources[name].inputs, sources[name].targets):
            sha.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
            for chunk in standardize.chunks(array):
                if decimals is not None:
                    chunk = np.rint(chunk * 10.0**decimals).astype(np.int64)  # integers know no -0
                sha.update(np.ascontiguousarray(chunk).view(np.uint8).data)
    return sha.hexdigest()
