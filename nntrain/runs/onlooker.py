"""A run directory as the other processes of a team see it: the first one alone writes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from nntrain.files.plain_values import Json, JsonObject
from nntrain.model.shapes import Array
from nntrain.runs.log import Log, NoLog
from nntrain.runs.run import Run


class Onlooker(Run):
    """Names the files of a run, and leaves them alone."""

    writes = False

    @cached_property
    def metrics(self) -> Log:
        return NoLog(self.metrics_path)

    @cached_property
    def timing(self) -> Log:
        return NoLog(self.timing_path)

    def read_metrics(self) -> list[JsonObject]:
        return []  # what it is read for is written by the first process

    def write_config(self, text: str) -> None:
        """Nothing."""

    def write_meta(self, meta: Mapping[str, Json]) -> None:
        """Nothing."""

    def write_summary(self, summary: Mapping[str, Json]) -> None:
        """Nothing."""

    def write_status(self, state: str, **where: Json) -> None:
        """Nothing."""

    def write_checkpoint(self, path: Path, arrays: Mapping[str, Array], manifest: Mapping[str, Json]) -> None:
        """Nothing."""

    def go_back(self, lines: int, sha256: str, **where: Json) -> None:
        """Nothing."""

    def discard(self) -> None:
        """Nothing."""
