"""Runs as tasks of a Dask cluster, whatever has started it: each a child process of a worker.

A task is a run up to a rung.  Its child trains into the run directory, on a file system that all machines see, and goes
on from the newest checkpoint there; so a run whose worker is lost goes on elsewhere.  The child dies with its worker
(see children), and is asked to save when the sweep is.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from nntrain.errors import ConfigError
from nntrain.sweep import children

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
                future = client.submit(_child, list(command(task)), folder, sweep, key, key=key, pure=False)
                running[key] = task, future
                started(task)
            if not running:
                return
            asked = stop() if asked is None else asked
            beats += 1
            client.set_metadata([sweep], {"beats": beats, "stop": asked})
            if beats % _TICKS_A_LOOK == 0:
                for key, where in client.get_metadata([_places(sweep)], {}).items():
                    if key in running:
                        placed(running[key][0], where)
            for key, (task, future) in list(running.items()):
                if future.done():
                    del running[key]
                    ended(task, *_end(future))
            tick()
            time.sleep(_TICK_SECONDS)
    finally:
        client.cancel([future for _, future in running.values()])


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
    process = children.start([sys.executable, *command[1:]], folder)
    over = threading.Event()

    def watch() -> None:
        beats, since = -1, time.monotonic()
        while not over.wait(1.0):
            said = client.get_metadata([sweep], {"beats": 0, "stop": None})
            if said["beats"] != beats:
                beats, since = said["beats"], time.monotonic()
            if said["stop"] is not None or time.monotonic() - since > _SILENCE_SECONDS:  # the sweep ends, or is gone
                process.send_signal(signal.SIGTERM)
                return

    threading.Thread(target=watch, daemon=True).start()
    try:
        words = process.communicate()[1]
    finally:
        over.set()
        process.kill()
    code = process.returncode
    return (code if code >= 0 else 128 - code), words[-_KEPT:].decode("utf-8", "replace")
