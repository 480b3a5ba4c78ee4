"""Sequences as the kernels take them: blocks of columns, order of steps, padding, and products by pieces.

The batch is cut into fixed blocks of columns and one thread takes a block through all its steps: columns do not meet
before the weights' gradients are added up, in the order of the blocks.  A sequence is an array (T, n, columns).
"""

from __future__ import annotations

import numpy as np

from nntrain.kernels.products import SMALL_PRODUCT
from nntrain.kernels.tiles import equal, equal_parts, runs
from nntrain.model.shapes import Bools, Floats, Ints

# Below this many multiplications in all steps, a second thread costs more than it brings.
_WORTH_A_THREAD = 20_000_000
# A weight gradient sums over this many columns (steps times examples) in one product, by pieces that are not packed.
_COLUMNS_OF_A_CHUNK = 256
_LEAST_ROWS = 8  # of a piece of a product: OpenBLAS's kernels take as many at a time


def blocks(m: int, work: int) -> tuple[slice, ...]:
    """Blocks of the m columns of a batch; `work` is the number of multiplications of all steps and columns.

    Depends on sizes alone.  Blocks of 32 columns keep the products near the peak; a batch of up to 32 is cut into
    blocks of 16, so that two threads have work.
    """
    if work < _WORTH_A_THREAD:
        return equal(m, 1)
    return runs(m, 32 if m > 32 else 16)


def chunks_backwards(T: int, columns: int) -> tuple[slice, ...]:
    """Runs of the T steps, the last run first, each as long as one product of the weights' gradient takes."""
    return runs(T, max(1, _COLUMNS_OF_A_CHUNK // columns))[::-1]


def by_pieces(M: Floats, columns: int) -> Floats:
    """M (rows, k) as (pieces, rows / pieces, k): the fewest equal pieces whose product with k x columns is small."""
    rows, k = M.shape
    return M.reshape(equal_parts(rows, SMALL_PRODUCT // max(1, k * columns), _LEAST_ROWS), -1, k)


def multiply_steps(pieces: Floats, A: Floats, out: Floats) -> None:
    """out_t = M A_t for a run of steps A (steps, k, columns), with M as `by_pieces` gives it."""
    np.matmul(pieces, A[:, None], out=out.reshape(len(out), len(pieces), -1, out.shape[2]))


def rows_first(chunk: Floats, buffer: Floats) -> Floats:
    """chunk (steps, rows, columns) as a matrix (rows, steps · columns), copied into the flat `buffer`."""
    steps, rows, columns = chunk.shape
    matrix = buffer[: chunk.size].reshape(rows, steps, columns)
    np.copyto(matrix, chunk.transpose(1, 0, 2))
    return matrix.reshape(rows, steps * columns)


def rows_last(chunk: Floats, buffer: Floats) -> Floats:
    """chunk (steps, rows, columns) as a matrix (steps · columns, rows), copied into the flat `buffer`."""
    steps, rows, columns = chunk.shape
    matrix = buffer[: chunk.size].reshape(steps, columns, rows)
    np.copyto(matrix, chunk.transpose(0, 2, 1))
    return matrix.reshape(steps * columns, rows)


def multiply_rows(D: Floats, inputs: Floats, out: Floats) -> None:
    """out = D inputs, with the rows of D in pieces.   D (rows, k)   inputs (k, columns)   out (rows, columns)"""
    pieces = by_pieces(D, inputs.shape[1])
    np.matmul(pieces, inputs, out=out.reshape(len(pieces), -1, out.shape[1]))


class Steps:
    """The steps of a block of sequences of T steps, example j having `lengths[j]` of them (None: all have T).

    reverse  each example is taken from its own end to its start
    ends     number of steps -> the columns that end after so many

    States run on through the padding, which is read as zeros, but nothing of it is seen: outputs there are zero, the
    last state is taken at each example's own end, and gradients enter there.  Exact zeros then flow back through the
    padding, so a padded batch gives the result of the unpadded one without a mask in the loop.
    """

    def __init__(self, T: int, lengths: Ints | None, reverse: bool):
        self.reverse = reverse
        self.valid: Bools | None = None
        self.order: Ints | None = None
        self.ends: dict[int, Ints | slice] = {T: slice(None)}
        if lengths is None:
            return
        t = np.arange(T)[:, None]
        self.valid = t < lengths
        self.ends = {int(length): np.flatnonzero(lengths == length) for length in np.unique(lengths)}
        if reverse:
            self.order = np.where(self.valid, lengths - 1 - t, t)

    def copy(self, source: Floats, target: Floats) -> None:
        """Valid steps of source (T, n, columns) into target, each example reversed within its length if `reverse`.

        Applied twice it gives back what there was.  Padding in the target is left as it is: give zeros.
        """
        if self.order is not None:
            source = np.take_along_axis(source, self.order[:, None, :], axis=0)
        elif self.reverse:
            source = source[::-1]
        np.copyto(target, source, where=True if self.valid is None else self.valid[:, None, :])

    def read(self, source: Floats) -> Floats:
        """The source in the order of the steps, zeros for padding: a view where nothing is padded."""
        if self.valid is None:
            return source[::-1] if self.reverse else source
        target = np.zeros(source.shape, source.dtype)
        self.copy(source, target)
        return target

    def last(self, states: Floats, out: Floats) -> None:
        """Write the state at each example's end, of states (T+1, n, columns), into out (n, columns)."""
        for end, columns in self.ends.items():
            out[:, columns] = states[end][:, columns]
