"""One run directory: the names of its files, its lock, and what is written to it and read back."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from os.path import isdir
from pathlib import Path
from typing import TYPE_CHECKING

from nntrain.errors import CheckpointError, RunDirectoryError, StorageError
from nntrain.files import storage
from nntrain.files.plain_values import Json, JsonObject
from nntrain.files.regular_files import is_regular
from nntrain.files.storage import naming
from nntrain.runs import config_file, lock, records, replacing
from nntrain.runs.log_reader import read_good, read_log
from nntrain.runs.made_files import check_places, make_room, may_grow
from nntrain.runs.records import FINAL, FINISHED, STATES
from nntrain.runs.run_files import LOCK, RunFiles

if TYPE_CHECKING:
    from nntrain.files.checkpoint import Checkpoint
    from nntrain.model.shapes import Array
    from nntrain.runs.log import Log

__all__ = ["FINAL", "FINISHED", "LOCK", "STATES", "Run"]


class Run(RunFiles):
    """A run directory.  `Run(path)` only names its files; `create`, `open_exact` and `Run.open` also hold its lock.

    origin     "new", "resumed", "skipped", or "found" for a plain `Run(path)`
    warnings   lines the user should see
    """

    writes = True  # whether this process is the one that writes: of several that train together the first

    def __init__(self, path: str | os.PathLike[str], origin: str = "found"):
        super().__init__(path)
        self.origin = origin
        self.warnings: list[str] = []
        self._config: config_file.Written | None = None
        self.made_here = False  # whether this process has made the directory
        self._replaces = False  # whether another run lies aside
        self._lock: lock.Lock | None = None

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Run:
        """Lock an existing run to go on with it; nothing in it changes.

        Raises CheckpointError if it is no run directory, RunDirectoryError if a live process uses it.
        """
        run = cls(path, "resumed")
        if not isdir(run.path):
            raise CheckpointError(run.no_directory())
        if not run.is_run():
            raise CheckpointError(f"{run.path}: no run directory to resume: nntrain did not make it")
        run.take()
        try:
            if not is_regular(run.config_path):
                raise CheckpointError(f"{run.path}: no run directory to resume: it has no config.yaml")
            run.prepare()
        except BaseException:
            run.close()
            raise
        return run

    def write_config(self, text: str) -> None:
        """config.yaml, durably."""
        self._config = config_file.Written(self.config_path, text)

    def write_meta(self, meta: Mapping[str, Json]) -> None:
        """meta.json."""
        self._write_for_people(self.meta_path, meta)

    def write_summary(self, summary: Mapping[str, Json]) -> None:
        """summary.json."""
        self._write_for_people(self.summary_path, summary)

    def write_status(self, state: str, **where: Json) -> None:
        """`where`: epoch, step, … A running one also names its process, for the message to a second one.

        And how many lines of the log are on the disk, with their SHA-256, and the CRC-32 of the config: by these one
        notices what was changed.
        """
        if state not in STATES:
            raise ValueError(f"{state!r} is none of {STATES}")
        process = {"pid": os.getpid()} if state == "running" else {}
        seal = self.metrics.seal if "metrics" in self.__dict__ else None
        log: JsonObject = {} if seal is None else {"lines": seal.lines, "log_sha256": seal.sha256}
        log |= {"config_crc32": self._config.crc32} if self._config else {}
        self._write_for_people(self.status_path, {"status": state, **where, **log, **process})

    def _write_for_people(self, path: Path, value: Mapping[str, Json]) -> None:
        """What no resume needs: where its place is taken by what is none of ours, the run goes on without it."""
        if self._lock is not None:
            self._lock.check(self.path / LOCK)
        if make_room(path):
            storage.write_json(path, dict(value))

    def write_checkpoint(self, path: Path, arrays: Mapping[str, Array], manifest: Mapping[str, Json]) -> None:
        """A checkpoint of the run, durably."""
        from nntrain.files import checkpoint  # NumPy, which listing runs does not need

        if self._lock is not None:
            self._lock.check(self.path / LOCK)
        if os.path.islink(self.checkpoints):
            raise StorageError(f"{self.checkpoints}: cannot be written: a link has taken its place")
        checkpoint.write(path, arrays, manifest)
        if self._config is not None and path == self.last:
            self._config.check()
        if self._replaces and path == self.last:
            self._replaces = False
            replacing.forget(self.path)

    @cached_property
    def metrics(self) -> Log:
        """The log metrics.jsonl, open for appending."""
        from nntrain.runs.log import Log  # with hashes, which listing runs does not need

        return Log(self.metrics_path)

    @cached_property
    def timing(self) -> Log:
        """The log timing.jsonl, open for appending; no resume needs it, so that a run goes on without it, too."""
        from nntrain.runs.log import Log, NoLog

        there = make_room(self.timing_path) and may_grow(self.timing_path)
        return Log(self.timing_path) if there else NoLog(self.timing_path)

    def go_back(self, lines: int, sha256: str, **where: Json) -> None:
        """On resume: keep the lines that the checkpoint counts.  Timing is no part of the promise and may have less.

        Raises CheckpointError if one of them is missing or damaged: now, not when the summary reads them hours later.
        """
        read_log(self.metrics_path, lines, records.wrong_line)
        self.metrics.check(lines, sha256)
        self.write_status("running", **where)  # before any line goes, so that none is ever sealed and gone
        self.metrics.truncate(lines)
        self.timing.truncate(min(lines, len(self._timed())))

    def seconds(self) -> float:
        """What the training took so far, as far as timing.jsonl says."""
        return sum(line["seconds"] or 0.0 for line in self._timed())

    def _timed(self) -> list[JsonObject]:
        """The good lines of timing.jsonl."""
        try:
            return read_good(self.timing_path, wrong=lambda line: records.wrong(line, records.TIMING, ("seconds",)))[0]
        except StorageError:
            return []

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
        """Close the logs, put back what was to be replaced if nothing was saved, and give the lock back."""
        for name in ("metrics", "timing"):
            if name in self.__dict__:
                self.__dict__.pop(name).close()
        replaces, self._replaces = self._replaces, False
        try:
            if replaces:
                replacing.put_back(self.path)
        finally:
            if self._lock is not None:
                self._lock.release()
                self._lock = None

    def discard(self) -> None:
        """Remove a directory that this process has just made, when nothing came of it."""
        try:
            if self.made_here and self._lock is not None:
                import shutil  # with four compressions: a list of runs is shown before that is loaded

                shutil.rmtree(self.path, ignore_errors=True)
            elif self.made_here:  # another process may have it: go only if nothing is in it
                with suppress(OSError):
                    os.rmdir(self.path)
        finally:
            self.close()

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def take(self) -> Run:
        """Lock, and bring back what a process that was killed had moved.  Raises RunDirectoryError, StorageError."""
        self._lock = lock.take(self.path / LOCK)
        if self._lock is None:
            raise self.in_use()
        if not self._lock.enforced:
            self.warnings.append(f"{self.path}: no file locks here; take care that no second process uses this run")
        try:
            replacing.recover(self.path)
        except BaseException:
            self.close()
            raise
        return self

    def prepare(self) -> None:
        """Look whether all can be written, and tidy up after a process that was killed.  Raises StorageError."""
        self.warnings += check_places(self.path)
        with naming(self.checkpoints, "cannot be made"):
            os.makedirs(self.checkpoints, exist_ok=True)
        for directory in (self.path, self.checkpoints, self.samples):
            if isdir(directory) and not os.path.islink(directory):
                storage.remove_leftovers(directory)

    def in_use(self) -> RunDirectoryError:
        """What to say where another process holds the lock."""
        pid = self.read_status().get("pid")
        process = f"process {pid}" if pid else "another process"
        return RunDirectoryError(f"{self.path}: in use by {process}; wait for it or choose another run directory")

    def clear(self) -> None:
        """Move what nntrain made aside, but for the lock that is held, until the first save; other files stay."""
        self._replaces = True
        replacing.set_aside(self.path)
        self.write_status("running", epoch=0, step=0)
        self.prepare()


def _step(path: Path, manifest: JsonObject) -> int:
    step = manifest.get("step")
    if type(step) is not int:
        raise CheckpointError(f"{path}: not a good checkpoint: it does not say at which step it was saved")
    return step
