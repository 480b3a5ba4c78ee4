"""A trained network in a Python program: `run = nntrain.load(RUN_OR_CHECKPOINT)`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from nntrain.errors import CheckpointError, ConfigError
from nntrain.files import checkpoint
from nntrain.files.plain_values import JsonObject
from nntrain.runtime.blas import one_blas_thread

if TYPE_CHECKING:
    from pathlib import Path

    # what a network needs is imported when one is asked something
    from nntrain.data.facts import Facts
    from nntrain.data.parts import Part
    from nntrain.inference.load import Loaded
    from nntrain.messages import Warn
    from nntrain.model.shapes import Array
    from nntrain.runs.run import Run


class TrainedRun:
    """What a run directory or a checkpoint holds, and what its network says.

    X is an array, examples first; or what the run's dataset reads: a path, or rows of a table as a list of dicts or a
    frame of pandas.  Nothing but the file is read before something is asked.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        run_dir: str | os.PathLike[str] | None,
        saved: checkpoint.Checkpoint | None = None,
    ):
        self._file, self._folder, self._saved = path, run_dir, saved

    def __getstate__(self) -> dict[str, object]:
        """The checkpoint and where it stood: a copy, or what a pickle gives, builds its network when it is asked."""
        return {"_file": self._file, "_folder": self._folder, "_saved": self._checkpoint}

    def __repr__(self) -> str:
        return f"<nntrain run {self.run_dir or self.path}>"

    def _repr_html_(self) -> str:
        from nntrain.api.notebook import small_report

        where, is_run = self.run_dir or self.path, self.run_dir is not None
        return small_report(where, is_run, self.status, self.config, self.summary, self.history)

    # what is there

    @property
    def path(self) -> Path:
        """The checkpoint."""
        from pathlib import Path

        return Path(self._file)

    @property
    def run_dir(self) -> Path | None:
        """The run directory; None where the checkpoint stands alone."""
        from pathlib import Path

        return None if self._folder is None else Path(self._folder)

    @property
    def status(self) -> str:
        """done, stopped early, interrupted, diverged, failed, running; "" where there is no run directory."""
        return str(self._run.read_status().get("status", "")) if self._run else ""

    @property
    def history(self) -> list[JsonObject]:
        """metrics.jsonl, a dict a line."""
        return self._run.read_metrics() if self._run else []

    @property
    def summary(self) -> JsonObject:
        """summary.json: final and best metrics."""
        return self._run.read_summary() if self._run else {}

    @cached_property
    def config(self) -> JsonObject:
        """The complete config, as plain values."""
        return dict(self._checkpoint.manifest["config"])

    @property
    def facts(self) -> Facts:
        """What the data say of themselves: input_shape, target, classes, label_names, …"""
        return self._loaded.facts

    @cached_property
    def parameters(self) -> Mapping[str, Array]:
        """Every parameter and buffer by its saved name, read-only."""
        found = {}
        for name, array in self._checkpoint.arrays.items():
            if "/" not in name:
                found[name] = array.view()
                found[name].flags.writeable = False
        return MappingProxyType(found)

    # what the network says

    def predict(self, X: object) -> Array:
        """A label for each example (its name where the data had names), or values in the data's units.

        (N,), (N, n_y) for several values, (N, T, …) for an output at every step.
        """
        return self._answers(X, probabilities=False)

    def probabilities(self, X: object) -> Array:
        """The probability of every class, (N, classes); of yes-or-no questions (N, n_y)."""
        return self._answers(X, probabilities=True)

    def evaluate(self, X: object = None, Y: object = None, *, split: str | None = None) -> JsonObject:
        """Loss and metrics: over a part of the run's own data (`split`; default: the last there is), over arrays X, Y,
        or over a file or rows like those of training, targets included."""
        from nntrain.api import targets
        from nntrain.api.given_examples import as_file
        from nntrain.inference import evaluation
        from nntrain.inference.measured_data import ALL

        if split is not None and not isinstance(split, str):
            raise ConfigError(f"evaluate: split: expected train, validation or test, not {type(split).__name__}")
        if X is not None and split is not None:
            raise ConfigError("evaluate: X, or a split of the run's own data, not both")
        if X is None and Y is not None:
            raise ConfigError("evaluate: Y is given without X")
        with self._asked() as loaded:
            if X is None:
                return evaluation.evaluate(loaded, (), split, _warn)
            with as_file(X, Y, loaded.config.dataset, loaded.facts) as path:
                if path is not None and loaded.config.dataset.type == "arrays":
                    raise ConfigError(
                        "evaluate: this run learned from arrays: give X and Y, as no dataset reads a file"
                    )
                if path is not None:
                    return evaluation.evaluate(loaded, (f"dataset.path={path}",), ALL, _warning_of(X, path))
            part = targets.with_targets(self._part(X), Y, loaded)
            return {"examples": part.size, **loaded.loop.evaluate(loaded, part)}

    def output(self, X: object, layer: str) -> Array:
        """What a layer gives, by its name in `nntrain show`, examples first: output(X, layer="code")."""
        from nntrain.inference.layer_output import layer_output

        if not isinstance(layer, str):
            raise ConfigError(f"output: layer: expected a layer's name, not {type(layer).__name__}")
        with self._asked() as loaded:
            return layer_output(loaded, self._part(X), layer)

    # behind it

    @property
    def _run(self) -> Run | None:
        from nntrain.runs.run import Run

        return None if self._folder is None else Run(self._folder)

    @property
    def _checkpoint(self) -> checkpoint.Checkpoint:
        if self._saved is None:
            self._saved = checkpoint.read(self._file)
        return self._saved

    @cached_property
    def _loaded(self) -> Loaded:
        from nntrain.inference.load import brought_to_life

        return brought_to_life(self._checkpoint, self.path)

    @contextmanager
    def _asked(self) -> Iterator[Loaded]:
        """The network, ready to compute."""
        from nntrain.messages import from_python

        with from_python(), one_blas_thread(), np.errstate(all="ignore"):
            yield self._loaded

    def _answers(self, X: object, probabilities: bool) -> Array:
        from nntrain.api.given_examples import source_of
        from nntrain.inference import prediction

        with self._asked() as loaded:
            table = prediction.predict(loaded, source_of(X, loaded.config.dataset, loaded.facts), probabilities, _warn)
        values = table.values[:, 0] if table.values.shape[1] == 1 and not probabilities else table.values
        names = loaded.facts.label_names
        if values.dtype.kind == "U" and names is not None and all(str(_whole(name)) == name for name in names):
            return values.astype(np.int64)
        return values

    def _part(self, X: object) -> Part:
        from nntrain.api.given_examples import source_of

        loaded = self._loaded
        dataset, facts = loaded.config.dataset, loaded.facts
        part = dataset.read_inputs(source_of(X, dataset, facts), facts, np.dtype(loaded.config.dtype))
        for text in part.told():
            _warn(text)
        return part


def load(path: str | os.PathLike[str], which: str = "best") -> TrainedRun:
    """The network of a run directory (its best checkpoint, or `which="last"`), or of a checkpoint file.

    The file is read and verified here; what a network needs is imported when it is asked something.  Raises
    CheckpointError, also where components of one's own are missing: import them first.
    """
    if which not in ("best", "last"):
        raise ConfigError(f"load: which: best or last, not {which!r}")
    if not isinstance(path, str | os.PathLike):
        raise ConfigError(f"load: expected the path of a run or of a checkpoint, not {type(path).__name__}")
    given = os.fspath(path)
    file, folder = given, os.path.dirname(os.path.dirname(os.path.abspath(given)))
    if os.path.isdir(given):
        folder = given
        file = os.path.join(given, "checkpoints", f"{which}.npz")
        if not os.path.exists(file):
            file = os.path.join(given, "checkpoints", "last.npz")
            if not os.path.exists(file):
                raise CheckpointError(f"{given}: no checkpoint in it")
    saved = checkpoint.read(file)
    if saved.manifest.get("imports"):
        from nntrain.files.json_fields import Fields
        from nntrain.inference.load import imports_of, reading
        from nntrain.messages import from_python
        from nntrain.plugins import missing

        with reading(file), from_python():
            text = missing(imports_of(Fields(saved.manifest, "manifest")))
        if text:
            raise CheckpointError(f"{file}: {text}")
    is_run = all(os.path.isfile(os.path.join(folder, name)) for name in ("config.yaml", "status.json"))
    return TrainedRun(file, folder if is_run else None, saved)


def _whole(name: str) -> int | None:
    try:
        return int(name)
    except ValueError:
        return None


def _warning_of(X: object, path: Path) -> Warn:
    """Warnings that call rows, which lie in a file meanwhile, X."""
    return _warn if isinstance(X, str | os.PathLike) else lambda text: _warn(text.replace(str(path), "X"))


def _warn(text: str) -> None:
    from nntrain.cli.terminal import warn

    warn(text)
