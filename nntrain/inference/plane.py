"""Two inputs make a plane: what a network decides in each place of it, as a picture."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nntrain.builder import Model
from nntrain.data.parts import Batch, Part
from nntrain.inference.evaluator import output
from nntrain.model.shapes import Array

SIDE = 64  # points along each axis
MOST_PARAMETERS = 20_000  # of a network that is asked so often as a plane has points
_EXAMPLES = 256  # that a plane goes around
_AT_ONCE = 16  # rows of points
_SHADES = 16  # few, so that pictures are small files
_PAPER = 247
# of the classes 0, 1, … and again; the page's marks of examples have the same (report/page.css, .k0 …)
_COLOURS = ((29, 95, 209), (194, 65, 12), (15, 118, 110), (162, 28, 175), (138, 97, 0), (71, 85, 105))
_SHARES = np.linspace(0.15, 0.6, _SHADES)[:, None]
_PALETTE = np.rint(_PAPER + (np.array(_COLOURS, float)[:, None] - _PAPER) * _SHARES).astype(np.uint8)


class Plane(NamedTuple):
    """The rectangle around a training part, in the network's units: lower left and upper right corner, (2,) each."""

    low: Array
    high: Array


def plane_of(model: Model, train: Part) -> Plane | None:
    """The plane of a network of two inputs that decides between classes; None for any other, and for a large one."""
    facts = model.facts
    if facts.input_shape != (2,) or facts.vocabulary is not None or facts.target != "labels":
        return None
    if len(model.networks) != 1 or model.trainable > MOST_PARAMETERS or not train.size:
        return None
    X = train.batch(np.arange(min(train.size, _EXAMPLES))).X
    low, high = X.min(axis=1), X.max(axis=1)
    margin = 0.1 * np.maximum(high - low, 1e-6)
    return Plane(low - margin, high + margin)


def decisions(model: Model, plane: Plane) -> Array:
    """uint8 pixels (SIDE, SIDE, 3), row 0 at the top: the class that is decided as a colour, the stronger the surer."""
    x, y = (np.linspace(low, high, SIDE) for low, high in zip(*plane, strict=True))
    y, rows = y[::-1], []
    with np.errstate(all="ignore"):
        for i in range(0, SIDE, _AT_ONCE):
            points = np.stack([np.tile(x, _AT_ONCE), np.repeat(y[i : i + _AT_ONCE], SIDE)]).astype(model.config.dtype)
            Z = output(model, Batch(points, np.zeros(points.shape[1], np.int64))).Z
            P, decided = model.config.loss.probabilities(Z), model.config.loss.decide(Z)
            chance = 1 / len(P)
            sure = np.clip(np.nan_to_num((P.max(axis=0) - chance) / (1 - chance)), 0, 1)
            shades = np.rint(sure * (_SHADES - 1)).astype(np.intp)
            rows.append(_PALETTE[decided % len(_COLOURS), shades])
    return np.concatenate(rows).reshape(SIDE, SIDE, 3)
