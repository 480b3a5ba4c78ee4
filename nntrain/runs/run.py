"""One run directory: the names of its files, its lock, and what is written to it and read back."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from os.path import isdir, isfile
from pathlib import Path
from typing import TYPE_CHECKING

from nntrain.errors import CheckpointError, RunDirectoryError
from nntrain.files import storage
from nntrain.files.plain_values import Json, JsonObject
from nntrain.files.storage import naming
from nntrain.runs import lock
from nntrain.runs.log import Log, good_lines, read_log
from nntrain.runs.made_files import remove_made

if TYPE_CHECKING:
    from nntrain.files.checkpoint import Checkpoint
    from nntrain.model.shapes import Array

FINISHED = ("done", "stopped early")
FINAL = (*FINISHED, "interrupted", "diverged", "failed")
STATES = ("running", *FINAL)
LOCK = ".nntrain-lock"  # there from the first moment on: also the mark of a directory that nntrain made


class Run:
    """A run directory.  `Run(path)` only names its files; `create`, `open_exact` and `Run.open` also hold its lock.

    origin     "new", "resumed", "skipped", or "found" for a plain `Run(path)`
    warnings   lines the user should see
    """

    writes = True  # whether this process is the one that writes: of several that train together the first

    def __init__(self, path: str | os.PathLike[str], origin: str = "found"):
        self.path = Path(path)
        self.origin = origin
        self.warnings: list[str] = []
        self.config_path = self.path / "config.yaml"
        self.meta_path = self.path / "meta.json"
        self.metrics_path = self.path / "metrics.jsonl"
        self.timing_path = self.path / "timing.jsonl"
        self.status_path = self.path / "status.json"
        self.summary_path = self.path / "summary.json"
        self.checkpoints = self.path / "checkpoints"
        self.last = self.checkpoints / "last.npz"
        self.best = self.checkpoints / "best.npz"
        self.samples = self.path / "samples"
        self._lock: lock.Lock | None = None

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Run:
        """Lock an existing run to go on with it; nothing in it changes.

        Raises CheckpointError if it is no run directory, RunDirectoryError if a live process uses it.
        """
        run = cls(path, "resumed")
        if not isdir(run.path):
            raise CheckpointError(run.no_directory())
        if not isfile(run.config_path):
            raise CheckpointError(f"{run.path}: no run directory to resume: it has no config.yaml")
        return run.take()

    def no_directory(self) -> str:
        """What to say where the path is none."""
        if not self.path.exists():
            return f"{self.path}: no such run directory"
        owner = self.path.absolute().parent.parent
        hint = f", {owner}" if self.path.suffix == ".npz" and Run(owner).is_run() else ""
        return f"{self.path}: a file; give the run directory{hint}"

    def is_run(self) -> bool:
        """Whether nntrain made it, half-made included; also true of a copy that lost its hidden lock file."""
        if isfile(self.path / LOCK):
            return True
        return isfile(self.config_path) and isfile(self.status_path) and self.read_status().get("status") in STATES

    def trained_files(self) -> list[str]:
        """What tells of training: checkpoints, and a log with lines in it."""
        names = ("checkpoints/last.npz", "checkpoints/best.npz", "metrics.jsonl")
        return [name for name in names if os.path.lexists(self.path / name) and os.lstat(self.path / name).st_size]

    def is_live(self) -> bool:
        """Whether a process holds the lock."""
        return lock.is_held(self.path / LOCK)

    def write_config(self, text: str) -> None:
        """config.yaml, durably."""
        storage.write_atomic(self.config_path, [text.encode("utf-8", "surrogateescape")])

    def write_meta(self, meta: Mapping[str, Json]) -> None:
        """meta.json."""
        storage.write_json(self.meta_path, dict(meta))

    def write_summary(self, summary: Mapping[str, Json]) -> None:
        """summary.json."""
        storage.write_json(self.summary_path, dict(summary))

    def write_status(self, state: str, **where: Json) -> None:
        """`where`: epoch, step, … A running one also names its process, for the message to a second one."""
        if state not in STATES:
            raise ValueError(f"{state!r} is none of {STATES}")
        process = {"pid": os.getpid()} if state == "running" else {}
        storage.write_json(self.status_path, {"status": state, **where, **process})

    def write_checkpoint(self, path: Path, arrays: Mapping[str, Array], manifest: Mapping[str, Json]) -> None:
        """A checkpoint of the run, durably."""
        from nntrain.files import checkpoint  # NumPy, which listing runs does not need

        checkpoint.write(path, arrays, manifest)

    def read_config(self) -> str:
        """The text of config.yaml.  Raises StorageError where it cannot be read."""
        with naming(self.config_path, "cannot be read"):
            return self.config_path.read_bytes().decode("utf-8", "surrogateescape")

    def read_meta(self) -> JsonObject:
        """meta.json; empty where there is none that can be read."""
        return storage.read_json(self.meta_path)

    def read_status(self) -> JsonObject:
        """status.json; empty where there is none that can be read."""
        return storage.read_json(self.status_path)

    def read_summary(self) -> JsonObject:
        """summary.json; empty where there is none that can be read."""
        return storage.read_json(self.summary_path)

    def read_metrics(self) -> list[JsonObject]:
        """The lines of metrics.jsonl."""
        return read_log(self.metrics_path)

    @cached_property
    def metrics(self) -> Log:
        """The log metrics.jsonl, open for appending."""
        return Log(self.metrics_path)

    @cached_property
    def timing(self) -> Log:
        """The log timing.jsonl, open for appending."""
        return Log(self.timing_path)

    def truncate(self, lines: int) -> None:
        """On resume: keep the lines that the checkpoint counts.  Timing is no part of the promise and may have less.

        Raises CheckpointError if one of them is missing or damaged: now, not when the summary reads them hours later.
        """
        read_log(self.metrics_path, lines)
        self.metrics.truncate(lines)
        self.timing.truncate(min(lines, good_lines(self.timing_path)))

    def newest_checkpoint(self) -> tuple[Checkpoint | None, list[str]]:
        """The good checkpoint of the highest `step`, and a warning for each unreadable one; file times do not count.

        best.npz is written first, so after a kill between the two it is the newer one.
        Raises NewerFormatError and StorageError: what a later nntrain can read is not to be trained over.
        """
        from nntrain.files import checkpoint  # NumPy, which listing runs does not need

        steps: dict[Path, int] = {}
        warnings = []
        for path in (self.last, self.best):
            with naming(path, "cannot be read"):
                present = path.exists()
            if present:
                try:
                    steps[path] = _step(path, checkpoint.read_manifest(path))
                except checkpoint.NewerFormatError:
                    raise
                except CheckpointError as error:
                    warnings.append(str(error))
        for path in sorted(steps, key=lambda path: -steps[path]):
            try:
                return checkpoint.read(path), warnings
            except CheckpointError as error:
                warnings.append(str(error))
        return None, warnings

    def close(self) -> None:
        """Close the logs and give the lock back."""
        for name in ("metrics", "timing"):
            if name in self.__dict__:
                self.__dict__.pop(name).close()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def discard(self) -> None:
        """Remove a directory that this process has just made, when nothing came of it."""
        try:
            if self.origin == "new" and self._lock is not None:
                import shutil  # with four compressions: a list of runs is shown before that is loaded

                shutil.rmtree(self.path, ignore_errors=True)
            elif self.origin == "new":  # another process may have it: go only if nothing is in it
                with suppress(OSError):
                    os.rmdir(self.path)
        finally:
            self.close()

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def take(self) -> Run:
        """Lock, and tidy up after a process that was killed.  Raises RunDirectoryError, StorageError."""
        self._lock = lock.take(self.path / LOCK)
        if self._lock is None:
            raise self.in_use()
        if not self._lock.enforced:
            self.warnings.append(f"{self.path}: no file locks here; take care that no second process uses this run")
        try:
            with naming(self.checkpoints, "cannot be made"):
                os.makedirs(self.checkpoints, exist_ok=True)
            for directory in (self.path, self.checkpoints, self.samples):
                if isdir(directory):
                    storage.remove_leftovers(directory)
        except BaseException:
            self.close()
            raise
        return self

    def in_use(self) -> RunDirectoryError:
        """What to say where another process holds the lock."""
        pid = self.read_status().get("pid")
        process = f"process {pid}" if pid else "another process"
        return RunDirectoryError(f"{self.path}: in use by {process}; wait for it or choose another run directory")

    def clear(self) -> None:
        """Remove what nntrain made, but for the lock that is held; other files stay."""
        self.write_status("running", epoch=0, step=0)  # first, as what is half cleared is not done
        remove_made(self.path)
        with naming(self.checkpoints, "cannot be made"):
            os.makedirs(self.checkpoints, exist_ok=True)


def _step(path: Path, manifest: JsonObject) -> int:
    step = manifest.get("step")
    if type(step) is not int:
        raise CheckpointError(f"{path}: not a good checkpoint: it does not say at which step it was saved")
    return step
