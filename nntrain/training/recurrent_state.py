"""Recurrent state carried from batch to batch, and its form in a checkpoint's manifest."""

from __future__ import annotations

import base64

import numpy as np

from nntrain.files.json_fields import Fields
from nntrain.files.plain_values import JsonObject
from nntrain.model.layer import State
from nntrain.model.shapes import Array


def as_json(state: State) -> JsonObject:
    """Exact: bytes in base64 beside dtype and shape."""
    return {
        path: [
            {"dtype": a.dtype.str, "shape": list(a.shape), "data": base64.b64encode(a.tobytes()).decode()}
            for a in arrays
        ]
        for path, arrays in state.items()
    }


def from_json(saved: Fields) -> State:
    """Take back what `as_json` gave.  Raises ValueError for anything else."""
    return {path: tuple(_array(fields) for fields in saved.objects(path)) for path in saved.names()}


def _array(fields: Fields) -> Array:
    dtype = fields.text("dtype", ("<f4", "<f8", ">f4", ">f8"))
    flat = np.frombuffer(base64.b64decode(fields.text("data")), dtype=dtype)
    return flat.reshape(fields.wholes("shape")).copy()
