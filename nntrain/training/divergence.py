"""What to do about a training that diverged: the size of its data comes before the learning rate."""

from __future__ import annotations

import numpy as np

from nntrain.config import Config
from nntrain.data.parts import Data
from nntrain.errors import DivergedError
from nntrain.model.shapes import Array

_EXAMPLES = 256
_LARGE = 20.0  # pixels lie in 0 … 1, standardized columns mostly within 5


def advised(error: DivergedError, config: Config, data: Data) -> DivergedError:
    """The error, with what is to be done first where the data are large."""
    first = unscaled(config, data)
    if not first:
        return error
    what, _, then = str(error).partition("; ")
    return DivergedError(f"{what}; set {first}" + (f", then {then}" if then else ""))


def unscaled(config: Config, data: Data) -> str:
    """`dataset.standardize=true (the inputs reach 2.9e+03)` for data that are large and not standardized; or ""."""
    settings, train = config.dataset, data.parts["train"]
    batch = train.batch(np.arange(min(train.size, _EXAMPLES)))
    found = []
    if batch.X.dtype.kind == "f" and not settings.standardize and (reach := _reach(batch.X)) > _LARGE:
        found.append(("dataset.standardize", "inputs", reach))
    of_values = data.facts.target == "values" and getattr(settings, "standardize_target", None) is False
    if of_values and (reach := _reach(batch.Y)) > _LARGE:
        found.append(("dataset.standardize_target", "targets", reach))
    return " and ".join(f"{key}=true (the {what} reach {reach:.2g})" for key, what, reach in found)


def _reach(values: Array) -> float:
    return float(np.abs(values).max()) if values.size else 0.0
