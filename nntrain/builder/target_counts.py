"""How often every class stands in the targets of a part: what `class_weights: balanced` and its like are made of."""

from __future__ import annotations

import numpy as np

from nntrain.data.facts import Facts
from nntrain.data.loader import evaluation_batches
from nntrain.data.parts import Part
from nntrain.model.shapes import Array

_AT_ONCE = 1024  # examples


def target_counts(part: Part, facts: Facts) -> Array:
    """Examples, or steps, of every class (classes,); of values the sums of 1 − y and of y, (2, n_y).

    One pass over the part, as a dataset gives targets with inputs alone.
    """
    labels = facts.target == "labels"
    counts = np.zeros(facts.classes or 1) if labels else np.zeros((2, facts.outputs or 1))
    for batch in evaluation_batches(part, _AT_ONCE):
        Y = batch.Y if labels else np.moveaxis(batch.Y, -2, 0)  # (m,) or (T, m), behind n_y of values
        if batch.steps_of_targets is not None and Y.ndim == (2 if labels else 3):
            Y = Y[..., np.arange(Y.shape[-2])[:, None] < batch.steps_of_targets]
        if labels:
            counts += np.bincount(Y[Y >= 0], minlength=len(counts))  # −1: no label
        else:
            Y = Y.reshape(len(Y), -1).astype(np.float64)
            counts += (1 - Y).sum(axis=1), Y.sum(axis=1)
    return counts
