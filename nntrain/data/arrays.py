"""Examples in arrays: what every dataset becomes, and the gathering of batches."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
from numpy.typing import DTypeLike

from nntrain.data import held, standardize
from nntrain.data.array_files import show
from nntrain.data.base import Dataset
from nntrain.data.facts import Facts, Preparation
from nntrain.data.parts import Batch, Data, Part
from nntrain.data.source_files import Source
from nntrain.data.splits import divide
from nntrain.data.standardize import InChunks, Standardization
from nntrain.errors import DataError
from nntrain.model.shapes import Array, Shape

EAGER_BYTES = 1 << 26  # integers become floats at once up to this size; beyond it, batch by batch, to save memory


InputRows = Array | InChunks


@dataclass
class Examples:
    """inputs (N, …), targets (N,), (N, T), (N, n_y) or (N, T, n_y), which are (N, 0) where there are none.

    source     names them in errors
    lengths    (N,) valid steps of sequences, or None
    weights    (N,) of the examples or (N, T) of their steps, or None: what they count for in cost and metrics
    warnings   what was taken without being told
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
    plain_inputs: dict[str, Inputs] = field(default_factory=dict, kw_only=True)

    def as_inputs(self, dtype: DTypeLike, preparation: Preparation) -> Inputs:
        """As the network takes them; made once where they do not depend on the training rows."""
        if preparation.standardize is not None:
            return Inputs(self.inputs, dtype, preparation)
        name = np.dtype(dtype).name
        if name not in self.plain_inputs:
            self.plain_inputs[name] = Inputs(self.inputs, dtype, preparation)
        return self.plain_inputs[name]


class ArrayPart(Part):
    """Rows of arrays.  A batch gathers rows and then moves the axis: gathering columns is eight times slower."""

    def __init__(
        self,
        inputs: Inputs,
        targets: Array | None,
        rows: Array | None,
        target_type: DTypeLike = np.int64,
        lengths: Array | None = None,
        weights: Array | None = None,
    ):
        self.inputs, self.targets, self.target_type = inputs, targets, target_type
        self.lengths, self.weights = lengths, weights
        # all rows in order need no second indexing
        self.rows = None if rows is None or len(rows) == len(inputs.flat) else rows
        self.size = len(inputs.flat) if rows is None else len(rows)

    def batch(self, indices: Array) -> Batch:
        rows = indices if self.rows is None else self.rows[indices]
        if self.targets is None:
            Y = np.empty((0, len(rows)))
        else:
            Y = self.targets.take(rows, axis=0).astype(self.target_type, copy=False)
            Y = Y if Y.ndim == 1 else np.ascontiguousarray(np.moveaxis(Y, 0, -1))
        batch = Batch(self.inputs.take(rows), Y)
        if self.weights is not None:
            batch.weights = np.ascontiguousarray(self.weights[rows].T)
        if self.lengths is not None:
            batch.lengths = self.lengths[rows]
            past = np.arange(len(batch.X))[:, None] >= batch.lengths  # which may be anything in a file, NaN too
            batch.X[past if batch.X.ndim == 2 else np.broadcast_to(past[:, None], batch.X.shape)] = 0
        return batch


class Inputs:
    """Inputs as the network takes them: scaled, standardized and cast, at once where they fit into memory as floats,
    otherwise batch by batch (integers of large image sets, memory-mapped files, large arrays of many runs)."""

    def __init__(self, array: InputRows, dtype: DTypeLike, preparation: Preparation):
        mapped = isinstance(array, np.memmap)
        # a mapped file of images (N, H, W, C), seen as (N, C, H, W): the axis is moved batch by batch
        self.channels_last = False
        if isinstance(array, np.memmap) and array.ndim == 4 and not array.flags.c_contiguous:
            self.channels_last = True
            array = np.moveaxis(array, 1, 3)
        self.shape: Shape = array.shape[1:]
        self.dtype = np.dtype(dtype if preparation.vocabulary is None else np.int64)
        # a mapped file stays mapped: this is a view of it without the subclass, whose every slice is slow
        flat = array if isinstance(array, InChunks) else np.asarray(array).reshape(len(array), -1)
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
        shared = held.holding() and self.mean is not None  # runs that standardize differently read the same array
        if isinstance(flat, InChunks):
            flat, self.mean = flat.cast(self._convert, self.dtype), None
        elif not mapped and not (large and (array.dtype.kind in "iub" or shared)):
            flat = np.ascontiguousarray(self._convert(flat))
            self.mean = self.scale = None
        self.flat = flat

    def _spread(self, values: Array) -> Array:
        if self.channels_last and values.ndim == 3:
            values = values[:, 0, 0]
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
        X = X.reshape(*self.shape, len(rows))
        return np.ascontiguousarray(np.moveaxis(X, 2, 0)) if self.channels_last else X


class ArrayDataset(Dataset):
    """Base of the datasets that are arrays of numbers."""

    scale: ClassVar[float | None] = None  # integers are pixels: times this they lie in 0 … 1
    seeded: ClassVar[bool] = True  # whether the seed says what `sources` gives
    decimals: ClassVar[int | None] = None  # of the values that their SHA-256 sees; None: every bit

    def sources(self, seed: int, facts: Facts | None) -> dict[str, Examples]:
        """ "train", and the parts that have a source of their own."""
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
