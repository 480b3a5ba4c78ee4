"""Predictions for new examples."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from nntrain.errors import ConfigError
from nntrain.files.storage import write_atomic
from nntrain.inference.evaluator import outputs
from nntrain.inference.load import Loaded
from nntrain.messages import Warn, unheard
from nntrain.model.shapes import Array


@dataclass
class Predictions:
    """A table, examples first: labels or numbers under a name for each column.

    valid   (N, columns) False at the steps past the end of a sequence: csv leaves them empty, in arrays they are NaN,
            −1 where labels are numbers, or an empty word; None where all are predictions
    """

    columns: list[str]
    values: Array  # (N, columns)
    valid: Array | None = None

    def as_csv(self) -> str:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        values = self.values if self.valid is None else np.where(self.valid, self.values.astype(object), "")
        writer.writerows(values.tolist())
        return text.getvalue()

    def write(self, path: Path) -> None:
        """csv, npy or npz by the suffix, whole or not at all."""
        check_suffix(path)
        suffix = path.suffix.lower()
        if suffix == ".csv":
            write_atomic(path, [self.as_csv().encode()])
            return
        values = self.values
        if self.valid is not None:
            nothing: float | str = {"f": np.nan, "i": -1}.get(values.dtype.kind, "")
            values = np.where(self.valid, values, np.asarray(nothing, values.dtype))
        values = values[:, 0] if values.shape[1] == 1 else values
        content = io.BytesIO()
        if suffix == ".npy":
            np.save(content, values, allow_pickle=False)
        else:
            np.savez(content, predictions=values)
        write_atomic(path, [content.getvalue()])


def check_suffix(path: Path) -> None:
    """Raise ConfigError for a suffix that `write` does not know."""
    if path.suffix.lower() not in (".csv", ".npy", ".npz"):
        raise ConfigError(f"--output {path}: .csv, .npy or .npz, not {path.suffix or 'a name without a suffix'}")


def predict(loaded: Loaded, source: Path | IO[str], probabilities: bool = False, warn: Warn = unheard) -> Predictions:
    """Predictions of a network for the examples in a file or a stream of csv.

    Labels are given by their names where the data had names; values are in the data's units.
    """
    if not loaded.loop.predicts:
        raise ConfigError(f"{loaded.path}: {' and '.join(loaded.networks)} predict nothing; nntrain sample draws")
    config, facts = loaded.config, loaded.facts
    part = config.dataset.read_inputs(source, facts, np.dtype(config.dtype))
    for text in part.warnings:
        warn(text)
    with np.errstate(all="ignore"):
        said, steps = [], []
        for out in outputs(loaded, part):
            said.append(out.Z)
            if out.Z.ndim == 3 and (of_batch := out.context.valid(len(out.Z))) is not None:
                steps.append(of_batch)
        Z = np.concatenate(said, axis=-1)  # (…, m)
        valid = np.concatenate(steps, axis=-1).T if steps else None  # (m, T)
        if facts.target == "values":
            if probabilities:
                raise ConfigError("--probabilities: this network predicts values, not classes")
            Y = facts.to_units(config.loss.predict(Z))
            return _table("prediction", np.moveaxis(Y, -1, 0), facts.output_names, valid)
        names: Sequence[Any] = facts.label_names or range(facts.classes or 2)
        if not probabilities:
            return _table("prediction", np.asarray(names)[np.moveaxis(config.loss.decide(Z), -1, 0)], None, valid)
        P = config.loss.probabilities(Z)
    if P.ndim == 2:
        return Predictions([str(name) for name in names], P.T)
    return _table("probability", np.moveaxis(P, -1, 0), None, valid)


def _table(name: str, values: Array, columns: Sequence[str] | None, valid: Array | None) -> Predictions:
    """Values (m, …), with `valid` (m, T) of those that are (m, T, …), as rows."""
    if valid is not None:
        valid = np.repeat(valid, values[0].size // valid.shape[1], axis=1)
    values = values.reshape(len(values), -1)
    if columns is None:
        columns = [name] if values.shape[1] == 1 else [f"{name}_{i}" for i in range(values.shape[1])]
    return Predictions(list(columns), values, valid)
