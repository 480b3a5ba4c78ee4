"""Recurrent state carried from batch to batch, and its form in a checkpoint's manifest."""

from __future__ import annotations

import base64

import numpy as np

from nntrain.files.plain_values import JsonObject
from nntrain.model.layer import State


def as_json(state: State) -> JsonObject:
    """Exact: bytes in base64 beside dtype and shape."""
    return {
        path: [
            {"dtype": a.dtype.str, "shape": list(a.shape), "data": base64.b64encode(a.tobytes()).decode()}
            for a in arrays
        ]
        for path, arrays in state.items()
    }


def from_json(saved: JsonObject) -> State:
    return {
        path: tuple(
            np.frombuffer(base64.b64decode(a["data"]), dtype=a["dtype"]).reshape(a["shape"]).copy() for a in arrays
        )
        for path, arrays in saved.items()
    }
