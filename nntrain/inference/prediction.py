"""Predictions for new examples."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from nntrain import config as configs
from nntrain.data.base import Dataset
from nntrain.data.parts import Part
from nntrain.data.source_files import GivenArray, Source, name_of
from nntrain.data.tables.kept_columns import kept_columns
from nntrain.data.tables.table_layout import TableLayout
from nntrain.errors import ConfigError, DataError
from nntrain.files.storage import write_atomic
from nntrain.inference.beam_search import Search
from nntrain.inference.csv_text import cells, csv_text, words
from nntrain.inference.evaluator import outputs
from nntrain.inference.load import Loaded
from nntrain.messages import Warn, by_door, unheard
from nntrain.model.shapes import Array


@dataclass
class Predictions:
    """A table, examples first: labels or numbers under a name for each column.

    valid   (N, columns) False at the steps past the end of a sequence: csv leaves them empty, in arrays they are NaN,
            −1 where labels are numbers, or an empty word; None where all are predictions
    beside   what stands before them: the file of each example, and columns that were kept
    """

    columns: list[str]
    values: Array  # (N, columns)
    valid: Array | None = None
    beside: dict[str, list[str]] = field(default_factory=dict)

    def as_csv(self, spreadsheet: bool = False) -> str:
        """The table as comma-separated values, its names first; `spreadsheet`: no word that is taken for a formula."""
        columns = [words(column, spreadsheet) for column in self.beside.values()]
        valid = [None] * len(self.columns) if self.valid is None else self.valid.T
        columns += [cells(*column, spreadsheet) for column in zip(self.values.T, valid, strict=True)]
        return csv_text([*self.beside, *self.columns], columns, spreadsheet)

    def write(self, path: Path, spreadsheet: bool = False) -> None:
        """csv, npy or npz by the suffix, whole or not at all."""
        check_suffix(path)
        suffix = path.suffix.lower()
        if suffix == ".csv":
            write_atomic(path, [self.as_csv(spreadsheet).encode()])
            return
        if self.beside:
            raise ConfigError(f"--output {path}: {', '.join(self.beside)} beside the predictions go into a .csv")
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


def predict(
    loaded: Loaded,
    sources: Source | Sequence[Source],
    probabilities: bool = False,
    warn: Warn = unheard,
    *,
    overrides: Sequence[str] = (),
    keep: Sequence[str] = (),
    search: Search | None = None,
) -> Predictions:
    """Predictions of a network for the examples in files, or in a stream of csv.

    Labels are given by their names where the data had names; values are in the data's units.  Of several files, and
    where every example is one, its name stands beside each prediction.

    overrides   `dataset.KEY=VALUE`: how these files are read
    keep        columns of the files to stand beside the predictions, as they are written there
    search      how a decoder looks for its texts; default: greedily
    """
    if not loaded.loop.predicts:
        raise ConfigError(f"{loaded.path}: {' and '.join(loaded.networks)} predict nothing; nntrain sample draws")
    if search is not None and not loaded.loop.translates:
        raise ConfigError("--beam: is of an encoder and a decoder, which write texts; this one writes none")
    if probabilities and loaded.loop.translates:
        raise ConfigError(f"{by_door('--', '')}probabilities: this network predicts texts, not classes")
    dataset = configs.dataset_with(loaded.config, overrides)
    sources = sources if isinstance(sources, Sequence) else [sources]
    of_part = partial(_texts, loaded, search) if loaded.loop.translates else partial(_of_part, loaded, probabilities)
    found = [_of_source(loaded, dataset, source, of_part, warn, keep) for source in sources]
    if len(found) > 1:
        for source, made in zip(sources, found, strict=True):
            made.beside = {"file": [name_of(source)] * len(made.values), **made.beside}
    return _joined(sources, found)


def _joined(sources: Sequence[Source], found: list[Predictions]) -> Predictions:
    """One table of them all.  Raises DataError where their columns differ, as those of sequences of other lengths."""
    first = found[0]
    for source, made in zip(sources, found, strict=True):
        if made.columns != first.columns:
            raise DataError(
                f"{name_of(source)}: error: {len(made.columns)} columns of predictions, expected {len(first.columns)} "
                f"as of {name_of(sources[0])}; predict them one by one"
            )
    beside = {name: [cell for made in found for cell in made.beside[name]] for name in first.beside}
    valid = None
    if any(made.valid is not None for made in found):
        valid = np.concatenate([np.full(m.values.shape, True) if m.valid is None else m.valid for m in found])
    return Predictions(first.columns, np.concatenate([made.values for made in found]), valid, beside)


def _of_source(
    loaded: Loaded,
    dataset: Dataset,
    source: Source,
    of_part: Callable[[Part], Predictions],
    warn: Warn,
    keep: Sequence[str],
) -> Predictions:
    """Predictions for the examples in one file or stream."""
    beside: dict[str, list[str]] = {}
    if keep:
        if isinstance(source, GivenArray):
            raise ConfigError("--keep: an array has no columns of names")
        if not isinstance(source, Path) and source is not None:
            source = io.StringIO(source.read())  # it is read twice
        beside = kept_columns(dataset, source, loaded.facts, keep)
        if not isinstance(source, Path):
            source.seek(0)
    part = dataset.read_inputs(source, loaded.facts, np.dtype(loaded.config.dtype))
    for text in part.told(keep):
        warn(text)
    made = of_part(part)
    own = {name: list(column) for name, column in part.beside.items()}
    made.beside = {**({"file": list(part.files)} if part.files else {}), **own, **beside}
    return made


def _texts(loaded: Loaded, search: Search | None, part: Part) -> Predictions:
    """What a decoder writes to each source."""
    from nntrain.inference.translator import Translator  # here, as other predictions start sooner without it

    texts = list(Translator(loaded).translate(part, search or Search()))
    return Predictions(["prediction"], np.array(texts, np.str_)[:, None])


def _of_part(loaded: Loaded, probabilities: bool, part: Part) -> Predictions:
    config, facts = loaded.config, loaded.facts
    with np.errstate(all="ignore"):
        said, steps = [], []
        for out in outputs(loaded, part):
            said.append(out.Z)
            if out.Z.ndim == 3 and (of_batch := out.context.valid(len(out.Z))) is not None:
                steps.append(of_batch)
        Z = np.concatenate(said, axis=-1)  # (…, m)
        valid = np.concatenate(steps, axis=-1).T if steps else None  # (m, T)
        if facts.target == "values":
            Y = facts.to_units(config.loss.predict(Z))
            layout = facts.preparation.layout
            if layout is not None and layout.questions and facts.preparation.source is None:
                return _answers(layout, Y, probabilities)
            if probabilities and config.loss.type != "binary_cross_entropy":  # whose values are those of a yes
                raise ConfigError(f"{by_door('--', '')}probabilities: this network predicts values, not classes")
            name = "probability" if probabilities else "prediction"
            return _table(name, np.moveaxis(Y, -1, 0), facts.output_names, valid)
        names: Sequence[Any] = facts.label_names or range(facts.classes or 2)
        if not probabilities:
            return _table("prediction", np.asarray(names)[np.moveaxis(config.loss.decide(Z), -1, 0)], None, valid)
        P = config.loss.probabilities(Z)
    if P.ndim == 2:
        return Predictions([str(name) for name in names], P.T)
    return _table("probability", np.moveaxis(P, -1, 0), None, valid)


def _answers(layout: TableLayout, P: Array, probabilities: bool) -> Predictions:
    """Yes or no to every question, where its probability is above ½, in the words of the table.   P (n_y, m)"""
    if probabilities:
        return Predictions(list(layout.outputs), P.T)
    answers = layout.answers(P.T > 0.5)
    return Predictions(list(answers), np.array([*answers.values()]).T)


def _table(name: str, values: Array, columns: Sequence[str] | None, valid: Array | None) -> Predictions:
    """Values (m, …), with `valid` (m, T) of those that are (m, T, …), as rows."""
    if valid is not None:
        valid = np.repeat(valid, values[0].size // valid.shape[1], axis=1)
    values = values.reshape(len(values), -1)
    if columns is None:
        columns = [name] if values.shape[1] == 1 else [f"{name}_{i}" for i in range(values.shape[1])]
    return Predictions(list(columns), values, valid)
