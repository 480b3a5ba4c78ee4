"""A team of processes that an MPI launcher has started: mpi4py over MPICH, Open MPI or a cluster's own.

Sums do not use MPI's reductions, whose order is the library's own affair.  Each process adds up whole subtrees of the
fixed tree; slices of their sums go round (Alltoallv), each process finishes the tree on its slice, and the finished
slices go round in the same way.  So every process sends and receives about twice the size of dθ, whatever their number.
MPICH's Allgatherv would send them in pieces of 32 KB that wait for each other: 880 ms for 2 MB over a link of 5 ms, in
place of 108 (tests/benchmarks/bench_links.py has such links).
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, NoReturn, TypeVar

import numpy as np

from nntrain.errors import ConfigError, LostProcessError
from nntrain.model.shapes import Array
from nntrain.parallel.launcher import Launched, mpi_library
from nntrain.parallel.team import Team
from nntrain.parallel.tree import TreeSum, cover

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

T = TypeVar("T")
PATIENCE = 300.0  # seconds that a process waits for the others
_PATIENCE_VARIABLE = "NNTRAIN_MPI_TIMEOUT"
_AFTER_THE_FIRST = 0.3  # seconds that the others leave the first process to say the same


class MPITeam(Team):
    """All processes of one mpiexec.

    lost   called by a thread of its own when the others have not answered for `patience` seconds
    """

    def __init__(self, communicator: Intracomm, patience: float, lost: Callable[[LostProcessError], None]):
        self.communicator = communicator
        self.rank, self.size = communicator.rank, communicator.size
        self.patience = patience
        self._lost = lost
        self._waiting_since: float | None = None
        self._flags = np.zeros(self.size, np.int32)
        threading.Thread(target=self._watch, name="nntrain-watch", daemon=True).start()

    @property
    def neighbours(self) -> int:
        """How many of the processes, this one included, run on this machine."""
        from mpi4py import MPI

        with self._waiting():
            local = self.communicator.Split_type(MPI.COMM_TYPE_SHARED)
            return int(local.size)

    def gather(self, found: Mapping[int, T]) -> list[T]:
        with self._waiting():
            every = self.communicator.allgather(found)
        merged = {place: value for each in every for place, value in each.items()}
        return [merged[place] for place in sorted(merged)]

    def agreed(self, number: int | None) -> int | None:
        with self._waiting():
            self.communicator.Allgather(np.array([number or 0], np.int32), self._flags)
        return next((int(flag) for flag in self._flags if flag), None)

    def from_first(self, make: Callable[[], T]) -> T:
        made = make() if self.first else None
        with self._waiting():
            value: T = self.communicator.bcast(made)
        return value

    def add_up(self, tree: TreeSum, out: Array) -> None:
        bounds = [out.size * i // self.size for i in range(self.size + 1)]
        lengths = np.diff(bounds)
        nodes = [cover(_own(rank, self.size, tree.count), tree.count) for rank in range(self.size)]
        mine = [node.vector for node in tree.nodes]
        sent = mine[0] if len(mine) == 1 else _packed(mine, bounds, out)
        counts = len(mine) * lengths
        length = int(lengths[self.rank])
        arriving = np.array([len(each) * length for each in nodes])
        received = np.empty(arriving.sum(), out.dtype)
        with self._waiting():
            self.communicator.Alltoallv([sent, (counts, _starts(counts))], [received, (arriving, _starts(arriving))])
        whole = TreeSum(tree.count)
        slices = received.reshape(-1, length)
        for (start, level), vector in zip((node for each in nodes for node in each), slices, strict=True):
            whole.add(start, vector, level, kept=False)
        finished, to_each = np.ascontiguousarray(whole.root), (np.full(self.size, length), np.zeros(self.size, int))
        with self._waiting():
            self.communicator.Alltoallv([finished, to_each], [out, (lengths, np.array(bounds[:-1]))])

    def meet(self) -> None:
        """Wait until all are here."""
        with self._waiting():
            self.communicator.Barrier()

    def end(self) -> None:
        """Take leave of the others, at the end of the program."""
        from mpi4py import MPI

        with self._waiting():
            MPI.Finalize()

    def abort(self, code: int, tell: Callable[[], None]) -> NoReturn:
        """End all processes with this exit code.  Where all fail alike, the first one alone tells why."""
        if not self.first:
            time.sleep(_AFTER_THE_FIRST + 0.02 * self.rank)
        tell()
        threading.Timer(2.0, os._exit, (code,)).start()  # where even that hangs
        self.communicator.Abort(code)
        while True:  # MPICH returns before the launcher has ended this process: nothing may go on meanwhile
            time.sleep(1.0)

    @contextmanager
    def _waiting(self) -> Iterator[None]:
        self._waiting_since = time.monotonic()
        try:
            yield
        finally:
            self._waiting_since = None

    def _watch(self) -> None:
        while True:
            time.sleep(min(1.0, self.patience / 4))
            since = self._waiting_since
            if since is not None and time.monotonic() - since > self.patience:
                self._lost(
                    LostProcessError(
                        f"no answer from another process for {self.patience:g} seconds ({_PATIENCE_VARIABLE}): the run "
                        "ends; nntrain resume goes on from its last checkpoint"
                    )
                )
                return


def start(expected: Launched, lost: Callable[[LostProcessError], None]) -> MPITeam:
    """The team of all processes of the launcher.  Raises ConfigError."""
    try:
        patience = float(os.environ.get(_PATIENCE_VARIABLE, PATIENCE))
    except ValueError:
        patience = 0.0
    if not patience > 0:
        raise ConfigError(f"{_PATIENCE_VARIABLE}: expected a number of seconds, got {os.environ[_PATIENCE_VARIABLE]!r}")
    os.environ.setdefault("MPIR_CVAR_SUPPRESS_ABORT_MESSAGE", "1")  # MPICH: one line is enough, and it is ours
    if found := mpi_library():
        os.environ.setdefault("MPI4PY_LIBMPI", str(found))  # mpi4py by itself takes the first that it finds
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:
        reason = str(error).partition("\n")[0]
        raise ConfigError(
            f"{expected.size} processes were started together, and mpi4py, through which they speak, is not there "
            f"({reason}): pip install 'nntrain[mpi]', or --no-mpi for a run of its own in each"
        ) from None
    communicator = MPI.COMM_WORLD
    if communicator.size != expected.size:
        raise ConfigError(
            f"the launcher has started {expected.size} processes, and MPI sees {communicator.size}: "
            "mpi4py has to use the MPI library of this launcher; or --no-mpi for a run of its own in each"
        )
    return MPITeam(communicator, patience, lost)


def _own(rank: int, size: int, count: int) -> range:
    team = Team()
    team.rank, team.size = rank, size
    return team.own(count)


def _packed(vectors: list[Array], bounds: list[int], like: Array) -> Array:
    """For each process the slices of all vectors that are its own."""
    pieces = [vector[a:b] for a, b in pairwise(bounds) for vector in vectors]
    return np.concatenate(pieces) if pieces else np.empty(0, like.dtype)


def _starts(counts: Array) -> Array:
    starts: Array = np.cumsum(counts) - counts
    return starts
