"""The files of a run directory: their names, and what they say."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

from nntrain.errors import StorageError
from nntrain.files.plain_values import JsonObject
from nntrain.files.regular_files import is_regular, read_regular
from nntrain.files.storage import naming
from nntrain.runs import config_file, lock, records
from nntrain.runs.log_reader import Seal, last_line, problem_of, read_good, read_log
from nntrain.runs.records import Record

if TYPE_CHECKING:
    from pathlib import Path

LOCK = ".nntrain-lock"  # there from the first moment on: also the mark of a directory that nntrain made


class RunFiles:
    """A run directory to be read.  Nothing is made, locked or changed."""

    def __init__(self, path: str | os.PathLike[str]):
        self.name = os.fspath(path)  # a listing of thousands of runs makes no Path of each of their files

    @cached_property
    def path(self) -> Path:
        """The directory."""
        from pathlib import Path  # a listing needs none

        return Path(self.name)

    def _file(self, name: str) -> str:
        return f"{self.name}/{name}"

    @property
    def config_path(self) -> Path:
        """config.yaml: the complete config."""
        return self.path / "config.yaml"

    @property
    def meta_path(self) -> Path:
        """meta.json: what it was made with and on."""
        return self.path / "meta.json"

    @property
    def metrics_path(self) -> Path:
        """metrics.jsonl: a line an epoch."""
        return self.path / "metrics.jsonl"

    @property
    def timing_path(self) -> Path:
        """timing.jsonl: a line for each of metrics.jsonl."""
        return self.path / "timing.jsonl"

    @property
    def status_path(self) -> Path:
        """status.json: how it stands."""
        return self.path / "status.json"

    @property
    def summary_path(self) -> Path:
        """summary.json: final and best metrics."""
        return self.path / "summary.json"

    @property
    def checkpoints(self) -> Path:
        """The directory of both."""
        return self.path / "checkpoints"

    @property
    def last(self) -> Path:
        """The state after the last finished step that was saved."""
        return self.checkpoints / "last.npz"

    @property
    def best(self) -> Path:
        """The state with the best monitored value."""
        return self.checkpoints / "best.npz"

    @property
    def samples(self) -> Path:
        """What was drawn as it went."""
        return self.path / "samples"

    def no_directory(self) -> str:
        """What to say where the path is none."""
        if not self.path.exists():
            return f"{self.path}: no such run directory"
        owner = self.path.absolute().parent.parent
        hint = f", {owner}" if self.path.suffix == ".npz" and RunFiles(owner).is_run() else ""
        return f"{self.path}: a file; give the run directory{hint}"

    def is_run(self) -> bool:
        """Whether nntrain made it, half-made included; also true of a copy that lost its hidden lock file."""
        if is_regular(self._file(LOCK)):
            return True
        return is_regular(self._file("config.yaml")) and "status" in self.read_status()

    def trained_files(self) -> list[str]:
        """What tells of training: checkpoints, and a log with lines in it."""
        names = ("checkpoints/last.npz", "checkpoints/best.npz", "metrics.jsonl")
        return [name for name in names if os.path.lexists(self.path / name) and os.lstat(self.path / name).st_size]

    def is_live(self) -> bool:
        """Whether a process holds the lock."""
        return lock.is_held(self._file(LOCK))

    def read_config(self, crc32: str = "") -> str:
        """The text of config.yaml.  Raises StorageError; CheckpointError where it is damaged, or has another sum."""
        path = self._file("config.yaml")
        with naming(path, "cannot be read"):
            content = read_regular(path)
        return config_file.checked(content, path, crc32)

    def read_meta(self) -> JsonObject:
        """meta.json; empty where there is none that is good."""
        return records.read_object(self._file("meta.json"), records.META).value

    def read_status(self) -> JsonObject:
        """status.json; empty where there is none that is good."""
        return self.status_record().value

    def status_record(self) -> Record:
        """status.json, and what is wrong with it."""
        return records.read_object(self._file("status.json"), records.STATUS)

    def read_summary(self) -> JsonObject:
        """summary.json; empty where there is none that is good."""
        return self.summary_record().value

    def summary_record(self) -> Record:
        """summary.json, and what is wrong with it."""
        return records.read_object(self._file("summary.json"), records.SUMMARY)

    def seal(self) -> Seal | None:
        """Which lines of the log status.json knows, where it says so."""
        status = self.read_status()
        return Seal(status["lines"], status["log_sha256"]) if {"lines", "log_sha256"} <= status.keys() else None

    def read_metrics(self) -> list[JsonObject]:
        """The lines of metrics.jsonl.  Raises StorageError, and CheckpointError where one is damaged."""
        seal = self.seal()  # first: a live run goes on writing
        return read_log(self.metrics_path, wrong=records.wrong_line, seal=seal)

    def good_metrics(self, every: int = 1) -> tuple[list[JsonObject], str]:
        """The lines before the first damaged one, or each k-th of them, and what is wrong: "" where all are good."""
        seal = self.seal()
        try:
            return read_good(self.metrics_path, wrong=records.wrong_line, seal=seal, every=every)
        except StorageError as error:
            return [], str(error)

    def log_damage(self) -> str:
        """What is wrong with metrics.jsonl, and where: "" where it is good."""
        try:
            return problem_of(self.metrics_path, records.wrong_line, self.seal())
        except StorageError as error:
            return str(error)

    def newest_line(self) -> tuple[JsonObject, str]:
        """The last line of metrics.jsonl, and what is wrong with it; no line is {}."""
        return last_line(self._file("metrics.jsonl"), records.wrong_line)
