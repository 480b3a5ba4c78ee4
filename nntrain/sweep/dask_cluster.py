"""Runs as tasks of a Dask cluster, whatever has started it: each a child process of a worker.

A task is a run up to a rung.  Its child trains into the run directory, on a file system that all machines see, and goes
on from the newest checkpoint there; so a run whose worker is lost goes on elsewhere.  The child dies with its worker
(see children), and is asked to save when the sweep is.
"""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeVar

from nntrain.errors import ConfigError, LostProcessError
from nntrain.sweep import children, fork_server
from nntrain.sweep.fork_server import Served, Server

if TYPE_CHECKING:
    from distributed import Client, Future

T = TypeVar("T")
MOST_WORKERS = 3  # that a run may take with it
_PATIENCE = 60.0  # seconds for a scheduler that was started together with the sweep to write its file
_TICK_SECONDS = 0.25
_TICKS_A_LOOK = 4  # ticks between two looks at where runs are
_SILENCE_SECONDS = 20.0  # without a word from the sweep a run is saved and ended
_KEPT = 8192  # bytes of a child's stderr


def connect(where: str) -> Client:
    """The cluster at an address, or of a scheduler file.  Raises ConfigError."""
    try:
        from distributed import Client
    except ImportError:
        raise ConfigError("--dask needs dask: pip install 'nntrain[dask]'") from None
    if not where.strip():
        raise ConfigError("--dask: expected the address of a scheduler, or its file; got ''")
    for name in list(logging.root.manager.loggerDict):  # what a person has to know is said here
        if name.startswith("distributed"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    end = time.monotonic() + _PATIENCE
    while (is_file := _names_a_file(where)) and not _written(Path(where)):
        if time.monotonic() > end:
            raise ConfigError(f"--dask {where}: no scheduler has written its address there in {_PATIENCE:g} seconds")
        time.sleep(_TICK_SECONDS)
    try:
        return Client(scheduler_file=where, timeout=20) if is_file else Client(where, timeout=20)
    except (OSError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise ConfigError(f"--dask {where}: no scheduler answers there: {reason}") from None


def _names_a_file(where: str) -> bool:
    """Whether it is a scheduler's file and no address, which has a port."""
    return "://" not in where and (os.path.isfile(where) or not re.search(r":\d+$", where))


def _written(path: Path) -> bool:
    """Whether a scheduler's file is there whole."""
    try:
        return "address" in json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, TypeError):
        return False


def check_files(client: Client, folder: Path) -> int:
    """How many workers there are.  Raises ConfigError unless each sees the folder that the runs go to."""
    folder.mkdir(parents=True, exist_ok=True)
    mark = folder.resolve() / f".nntrain-seen-{uuid.uuid4().hex}"
    mark.touch()
    try:
        client.wait_for_workers(1, timeout=60)
        seen: dict[str, bool] = client.run(os.path.exists, str(mark))
    except TimeoutError:
        raise ConfigError("--dask: the cluster has no workers") from None
    finally:
        mark.unlink()
    blind = sorted(worker for worker, sees in seen.items() if not sees)
    if blind:
        raise ConfigError(
            f"--dask: the worker {blind[0]} does not see {folder.resolve()}: the runs must lie in a directory that all "
            "machines share; give it with --runs"
        )
    return len(seen)


def run_all(
    client: Client,
    more: Callable[[], Sequence[T]],
    command: Callable[[T], Sequence[str]],
    *,
    started: Callable[[T], None],
    placed: Callable[[T, str], None],
    ended: Callable[[T, int, str], None],
    tick: Callable[[], None],
    stop: Callable[[], int | None],
) -> None:
    """`children.run_all` on a cluster: a task for each run, as many at a time as the workers have threads."""
    folder, sweep = os.getcwd(), f"nntrain-{uuid.uuid4().hex}"
    running: dict[str, tuple[T, Future]] = {}
    asked: int | None = None
    beats = 0
    try:
        while True:
            for task in more() if asked is None else ():
                key = f"{sweep}-{len(running)}-{uuid.uuid4().hex}"
                words = list(command(task))
                with _answering():
                    running[key] = task, client.submit(_child, words, folder, sweep, key, key=key, pure=False)
                started(task)
            if not running:
                return
            asked = stop() if asked is None else asked
            beats += 1
            places: dict[str, str] = {}
            with _answering():
                client.set_metadata([sweep], {"beats": beats, "stop": asked})
                if beats % _TICKS_A_LOOK == 0:
                    places = client.get_metadata([_places(sweep)], {})
            for key, where in places.items():
                if key in running:
                    placed(running[key][0], where)
            for key, (task, future) in list(running.items()):
                if future.done():
                    del running[key]
                    ended(task, *_end(future))
            tick()
            time.sleep(_TICK_SECONDS)
    finally:
        with suppress(OSError, TimeoutError):
            client.cancel([future for _, future in running.values()])


@contextmanager
def _answering() -> Iterator[None]:
    """Within: the scheduler is spoken to.  Raises LostProcessError where it is gone."""
    try:
        yield
    except (OSError, TimeoutError):
        raise LostProcessError(
            "--dask: the scheduler does not answer any more: the same command goes on with another cluster, each run "
            "from its last checkpoint"
        ) from None


def _end(future: Future) -> tuple[int, str]:
    if future.status == "finished":
        code, words = future.result()
        return int(code), str(words)
    return (
        128 + signal.SIGKILL,
        f"error: the cluster gave it up: {future.exception() if future.status == 'error' else future.status}",
    )


def _places(sweep: str) -> str:
    """The name under which the cluster keeps which worker has which run."""
    return f"{sweep}-places"


def _child(command: Sequence[str], folder: str, sweep: str, key: str) -> tuple[int, str]:
    """On a worker: the run as a child process; its exit code and last words.

    Dask starts it again elsewhere when its worker is lost; one that has taken workers with it is not tried for ever.
    """
    from distributed import get_client, get_worker

    client = get_client()
    times = int(client.get_metadata([key], 0))
    if times == MOST_WORKERS:
        return 128 + signal.SIGKILL, f"error: {times} workers died while they had it"
    client.set_metadata([key], times + 1)
    client.set_metadata([_places(sweep), key], get_worker().address.partition("://")[2])
    begun = _Begun([sys.executable, *command[1:]], folder, sweep)
    over = threading.Event()

    def watch() -> None:
        beats: int | None = -1
        since = time.monotonic()
        while not over.wait(1.0):
            said: dict[str, int | None] = {"beats": beats, "stop": None}
            with suppress(OSError, TimeoutError):  # the scheduler is gone: silence, too
                said = client.get_metadata([sweep], said)
            if said["beats"] != beats:
                beats, since = said["beats"], time.monotonic()
            if said["stop"] is not None or time.monotonic() - since > _SILENCE_SECONDS:  # the sweep ends, or is gone
                begun.process.send_signal(signal.SIGTERM)
                return

    threading.Thread(target=watch, daemon=True).start()
    try:
        code, words = begun.wait()
    finally:
        over.set()
        begun.end()
    return (code if code >= 0 else 128 - code), words


class _Begun:
    """A run that was started, as a copy of a server of this worker (nntrain.sweep.fork_server) or from nothing."""

    _idle: ClassVar[dict[str, list[Server]]] = {}  # by sweep; lists are safe for threads

    def __init__(self, command: Sequence[str], folder: str, sweep: str):
        self.process: Served | subprocess.Popen[bytes]
        self._server: Server | None = None
        self._servers = self._idle.setdefault(sweep, [])
        start = command.index("nntrain")
        while fork_server.possible():
            try:
                server = self._servers.pop()
            except IndexError:
                server = None
            with suppress(OSError):
                self._server = server or Server(command[:start], folder)
                self.process = self._server.start(command[start + 1 :])
                return
            if server is None:
                break  # a new one is gone already
        self._server = None
        self.process = children.start(command, folder)

    def wait(self) -> tuple[int, str]:
        """Its exit code, −n where signal n ended it, and its last words."""
        if isinstance(self.process, subprocess.Popen):
            words = self.process.communicate()[1]
            return self.process.returncode, words[-_KEPT:].decode("utf-8", "replace")
        found = self.process.wait()
        if self._server is not None and self.process.is_served:
            self._servers.append(self._server)
            self._server = None
        return found

    def end(self) -> None:
        """See that nothing is left of it: whatever has happened here, it does not go on alone."""
        if isinstance(self.process, subprocess.Popen):
            self.process.kill()
        elif self._server is not None:
            self._server.end()
