"""Mean and deviation of the training part: fitted in float64, applied, undone, kept in the checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import DTypeLike

from nntrain.data.mapped_files import let_go
from nntrain.files.json_fields import Fields, Saved
from nntrain.model.shapes import Array

LARGEST = 1e37  # a larger number in data is refused: its square must stay finite in float64, itself in float32
CHUNK_BYTES = 1 << 24  # what is read of a large array at a time


@dataclass(frozen=True, eq=False, repr=False)
class Standardization(Saved):
    """x ↦ (x − mean) / deviation, with a mean and a deviation for each feature, of images for each channel.

    Examples are (N, n), (N, T, n) or (N, C, H, W).
    """

    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    def apply(self, examples: Array) -> Array:
        """(x − mean) / deviation in float64."""
        mean, deviation = self.along(examples.ndim)
        standardized: Array = (examples - mean) / deviation
        return standardized

    def undo(self, examples: Array) -> Array:
        """x · deviation + mean in float64."""
        mean, deviation = self.along(examples.ndim)
        raw: Array = examples * deviation + mean
        return raw

    def undo_for_people(self, examples: Array) -> Array:
        """The same, but a 0 of the data is 0 again, where rounding left it a little beside."""
        raw = self.undo(examples)
        mean, deviation = self.along(examples.ndim)
        return np.where(np.abs(raw) < 1e-6 * (np.abs(mean) + deviation), 0.0, raw)

    def along(self, ndim: int) -> tuple[Array, Array]:
        """Mean and deviation, shaped to broadcast over examples of so many axes."""
        return along_feature(np.asarray(self.mean), ndim), along_feature(np.asarray(self.deviation), ndim)

    def of(self, features: Sequence[int]) -> Standardization:
        """That of some features, in this order."""
        return Standardization(tuple(self.mean[i] for i in features), tuple(self.deviation[i] for i in features))

    def except_for(self, features: Array) -> Standardization:
        """The features (n,) that are True stay as they are: mean 0, deviation 1."""
        mean, deviation = np.where(features, 0.0, self.mean), np.where(features, 1.0, self.deviation)
        return Standardization(tuple(mean.tolist()), tuple(deviation.tolist()))

    def as_json(self) -> dict[str, object]:
        """As a checkpoint keeps it."""
        return {"mean": list(self.mean), "deviation": list(self.deviation)}

    @classmethod
    def from_json(cls, saved: Fields) -> Standardization:
        """Raises ValueError for what `as_json` does not give."""
        with saved as fields:
            return cls(fields.numbers("mean"), fields.numbers("deviation"))


@runtime_checkable
class InChunks(Protocol):
    """Examples (N, n) that are put together a few at a time."""

    @property
    def ndim(self) -> int:
        """2"""

    @property
    def dtype(self) -> np.dtype[np.float64]:
        """Of the examples."""

    @property
    def shape(self) -> tuple[int, int]:
        """(N, n)"""

    @property
    def size(self) -> int:
        """N n"""

    def __len__(self) -> int: ...

    def chunks(self, rows: Array | None = None) -> Iterator[Array]:
        """The examples at `rows`, ascending (default: all), some at a time."""

    def cast(self, convert: Callable[[Array], Array], dtype: DTypeLike) -> Array:
        """All of them converted; they are used up."""


def chunks(array: Array | InChunks, rows: Array | None = None) -> Iterator[Array]:
    """The examples at `rows` (default: all) in pieces of a fixed size; a memory-mapped array is never held whole."""
    if isinstance(array, InChunks):
        yield from array.chunks(rows)
        return
    size = len(array) if rows is None else len(rows)
    count = max(1, CHUNK_BYTES // max(1, array[:1].nbytes))
    for start in range(0, size, count):
        yield array[start : start + count] if rows is None else array[rows[start : start + count]]
        let_go(array)


def fit(inputs: Array | InChunks, rows: Array, scale: float = 1.0) -> Standardization:
    """Mean and deviation of scale · inputs over `rows`: by column of tables (N, n), by feature of sequences (N, T, n),
    by channel of images (N, C, H, W).  What is constant keeps deviation 1.
    """
    over = {2: (0,), 3: (0, 1), 4: (0, 2, 3)}[inputs.ndim]
    count = len(rows) * (inputs.size // len(inputs) // inputs.shape[1 if inputs.ndim == 4 else -1])
    total, low, high = 0.0, np.inf, -np.inf
    for chunk in chunks(inputs, rows):
        total = total + chunk.sum(axis=over, dtype=np.float64)
        low, high = np.minimum(low, chunk.min(axis=over)), np.maximum(high, chunk.max(axis=over))
    mean = total / count
    squares = 0.0
    for chunk in chunks(inputs, rows):
        squares = squares + np.square(chunk - along_feature(mean, inputs.ndim)).sum(axis=over)
    # the extremes tell what is constant; a computed deviation would be rounding noise there
    deviation = np.where(low == high, 1.0, np.sqrt(squares / count) * scale)
    deviation[deviation == 0] = 1.0
    return Standardization(tuple((mean * scale).tolist()), tuple(deviation.tolist()))


def along_feature(values: Array, ndim: int) -> Array:
    """One value a feature, shaped to broadcast over examples of so many axes, the examples' own included."""
    return values[:, None, None] if ndim == 4 else values
