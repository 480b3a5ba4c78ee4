"""Which data a checkpoint is measured on, and whether it has learned from them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from nntrain.components import values
from nntrain.data.base import Dataset
from nntrain.data.facts import Facts
from nntrain.data.parts import Data
from nntrain.inference.load import Loaded
from nntrain.messages import Warn

ALL = "all"  # the part that is every example of other data
_CUT = ("validation", "test")


def data_to_measure(loaded: Loaded, dataset: Dataset, split: str | None, warn: Warn) -> tuple[Data, str]:
    """The data of a dataset, and the name of the part to measure: `split`, by default the last there is; of other files
    than those of training, and with the split "all", all examples.

    Data which are not those of training may hold examples of it: `warn` is told.
    """
    own, of_training = loaded.config.dataset, loaded.saved.manifest.get("data_sha256")
    cut_anew = {name for name in _CUT if getattr(dataset, name) != getattr(own, name)}
    place = moved(own, dataset)
    if split == ALL or (place is not None and split is None and not cut_anew):
        validation, test = (v if isinstance(v, Path) else 0.0 for v in (dataset.validation, dataset.test))
        whole = replace(dataset, validation=validation, test=test)
        data = _load(loaded, whole)
        official = "test" in data.parts and not isinstance(whole.test, Path)
        same = data.sha256 == of_training
        if not official and (split == ALL or not same):
            which = "the data of training" if same else "not the data of training"
            where = place or next(map(str, dataset.paths().values()), dataset.type)
            trained = "" if same else ", and examples of training that stand in them too"
            warn(f"{where}: these are {which}: all of them are measured{trained}")
            return data, ALL
        split = None if split == ALL else split
    data = _load(loaded, dataset)
    part = split or list(data.parts)[-1]
    of_its_own = isinstance(getattr(dataset, part, None), Path)
    if part != "train" and not of_its_own and (data.sha256 != of_training or cut_anew):
        what = "data" if data.sha256 != of_training else "parts"
        where = place or next(map(str, dataset.paths().values()), dataset.type)
        warn(
            f"{where}: these are not the {what} of training: examples of training may stand in the {part} part; "
            "dataset.test=FILE measures other examples"
        )
    return data, part


def _load(loaded: Loaded, dataset: Dataset) -> Data:
    facts: Facts = loaded.facts
    return dataset.load(loaded.config.seed, np.dtype(loaded.config.dtype), facts)


def moved(own: Dataset, other: Dataset) -> str | None:
    """The first path of the other dataset that is not that of a dataset of the same type; None where all are."""
    before = values(own)
    for name, value in other.paths().items():
        if value != before.get(name):
            return str(value)
    return None
