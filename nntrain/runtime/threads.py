"""Fixed tiles on one pool of threads.

The bits of a result never depend on the number of threads: the caller cuts the work into tiles by the sizes of the
arrays alone, each tile writes its own part of the output, and sums over tiles are taken in the order of the tiles.
NumPy releases the interpreter lock inside its loops and BLAS runs with one thread (the command line sees to it), so
tiles run side by side.  Handing a tile over costs more than a small product: give a tile ten times that in work, and
run smaller work as one tile, which costs nothing.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar, cast

import numpy as np

from nntrain.runtime import cgroups

Tile = TypeVar("Tile")
Result = TypeVar("Result")


class _Job(Generic[Tile, Result]):
    """Tiles that any thread may take; done when every one has been worked."""

    def __init__(self, task: Callable[[Tile], Result], tiles: Sequence[Tile]):
        self.task = task
        self.tiles = tiles
        self._results: list[Result | None] = [None] * len(tiles)
        self.errors: dict[int, BaseException] = {}
        self.next = itertools.count()  # next() is one step under the interpreter lock: no tile is taken twice
        self.finished = itertools.count(1)
        self.done = threading.Lock()
        self.done.acquire()

    def work(self) -> None:
        while (i := next(self.next)) < len(self.tiles):
            try:
                self._results[i] = self.task(self.tiles[i])
            except BaseException as error:  # raised again by the caller's thread
                self.errors[i] = error
            if next(self.finished) == len(self.tiles):
                self.done.release()

    def results(self) -> list[Result]:
        """The results in the order of the tiles, once all are there; raises the first error (by tile)."""
        self.done.acquire()
        if self.errors:
            raise self.errors[min(self.errors)]
        return cast("list[Result]", self._results)


def _work() -> None:
    # NumPy's error state belongs to a thread: divergence is found by looking at the cost, not by warnings.
    with np.errstate(all="ignore"):
        while True:
            _jobs.get().work()


_threads = 1
_jobs: SimpleQueue[_Job[Any, Any]] = SimpleQueue()  # jobs of all kinds of tiles
_workers: list[threading.Thread] = []


def available_cores() -> int:
    """Cores that this process may run on, or that a container gives it the time of."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(count, cgroups.cores() or count)


def set_threads(count: int) -> None:
    """Use `count` threads, the calling one included.  Changes speed, never bits.

    Raises RuntimeError where the system does not start so many.
    """
    global _threads
    if count < 1:
        raise ValueError(f"the number of threads is at least 1, not {count}")
    while len(_workers) < count - 1:
        worker = threading.Thread(target=_work, name=f"nntrain-{len(_workers) + 1}", daemon=True)
        worker.start()
        _workers.append(worker)
    _threads = count


def get_threads() -> int:
    """The number of threads in use, the calling one included."""
    return _threads


def run(task: Callable[[Tile], Result], tiles: Sequence[Tile], *, serial: bool = False) -> list[Result]:
    """`[task(tile) for tile in tiles]` on the pool, results in the order of the tiles.

    The calling thread works too; `serial`: it does all, as is faster where there is little to do.  The first exception
    (by tile) is raised here, when no thread works on a tile any more.
    """
    if _threads == 1 or len(tiles) <= 1 or serial:
        return [task(tile) for tile in tiles]
    job = _Job(task, tiles)
    helpers = min(_threads, len(tiles)) - 1
    for _ in range(helpers):
        _jobs.put(job)
    job.work()
    return job.results()


def run_concurrently(*calls: Callable[[], Result]) -> list[Result]:
    """`[call() for call in calls]`, side by side; a call may `run` tiles of its own.

    For calls that do not need each other, such as a layer's two gradients: what each does on one thread overlaps, and
    the threads meet once.  Whoever ends first helps with the tiles that the others have handed out by then.
    """
    if _threads == 1 or len(calls) <= 1:
        return [call() for call in calls]
    job: _Job[Callable[[], Result], Result] = _Job(lambda call: call(), calls)
    for _ in calls[1:]:
        _jobs.put(job)
    job.work()
    with contextlib.suppress(Empty):
        while True:
            _jobs.get_nowait().work()
    return job.results()
