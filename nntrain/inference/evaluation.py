"""A checkpoint measured over a part of its data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nntrain import config
from nntrain.builder.checks import check_targets_there
from nntrain.errors import ConfigError
from nntrain.files.plain_values import JsonObject
from nntrain.inference.load import Loaded
from nntrain.inference.measured_data import ALL, data_to_measure
from nntrain.messages import Warn, by_door, unheard


def evaluate(loaded: Loaded, overrides: Sequence[str], split: str | None, warn: Warn = unheard) -> JsonObject:
    """Loss and metrics of a checkpoint over one part of its dataset, or over all of other data; normalisation and
    labels stay the checkpoint's.

    `positive_class` is the class that metrics of one alone are of, such as f1 of two classes.
    """
    dataset = config.dataset_with(loaded.config, overrides)
    with np.errstate(all="ignore"):
        data, name = data_to_measure(loaded, dataset, split, warn)
        for text in data.warnings:
            warn(text)
        check_targets_there(loaded, data)
        if name not in (ALL, *data.parts):
            there = f"the dataset has no {name} part; it has {', '.join(data.parts)}"
            raise ConfigError(f"{by_door('--split', 'split')} {name}: {there}")
        part = data.parts["train" if name == ALL else name]
        values = {"split": name, "examples": part.size, **loaded.loop.evaluate(loaded, part)}
    of = next((found for metric in loaded.config.metrics if (found := metric.positive_class(loaded.facts))), None)
    return values if of is None else {**values, "positive_class": of}
