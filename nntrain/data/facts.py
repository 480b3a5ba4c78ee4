"""What the data say about themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from nntrain.model.shapes import Array, Shape, Symbols


@dataclass
class Facts:
    """What the data say about themselves: `$dataset.classes` in a config, and the manifest of a checkpoint.

    input_shape   shape of one example without the batch axis
    target        "labels" (integers 0 … classes − 1) or "values" (floats, `outputs` of them)
    preparation   what turns raw input into network input and predictions into the data's units, as JSON: column
                  names and categories, normalisation fitted on the training part, label names.  Written by the dataset,
                  read back by it (Dataset.restore), so that eval and predict need the checkpoint alone
    """

    input_shape: Shape
    target: Literal["labels", "values"]
    classes: int | None = None
    outputs: int | None = None
    vocabulary: int | None = None
    label_names: list[str] | None = None
    preparation: dict[str, Any] = field(default_factory=dict)

    @property
    def shape(self) -> Shape:
        """What a network's first layer meets: `input_shape`, of symbols where there is a vocabulary."""
        return self.input_shape if self.vocabulary is None else Symbols(self.input_shape, self.vocabulary)

    @property
    def features(self) -> int:
        """Numbers in one example (of a sequence: in one step)."""
        return int(np.prod(self.input_shape)) if len(self.input_shape) != 2 else self.input_shape[1]

    def to_units(self, Y: Array) -> Array:
        """Values (…, n_y, m), predicted or true, in the data's units: Y · deviation + mean in float64 where the dataset
        standardizes its targets, else Y itself."""
        scaling = self.preparation.get("standardize_target")
        if scaling is None:
            return Y
        return Y * np.asarray(scaling["deviation"])[:, None] + np.asarray(scaling["mean"])[:, None]

    def as_json(self) -> dict[str, Any]:
        """Everything, as the manifest keeps it."""
        return {**self.__dict__, "input_shape": list(self.input_shape)}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Facts:
        return cls(**{**saved, "input_shape": tuple(saved["input_shape"])})
