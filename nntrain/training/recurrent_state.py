"""Recurrent state carried from batch to batch, and its form in a checkpoint's manifest."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import numpy as np

from nntrain.data.micro_batches import WHOLE, Place
from nntrain.files.json_fields import Fields, WrongFieldsError
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
    """Take back what `as_json` gave.  Raises WrongFieldsError for anything else."""
    return {path: tuple(_array(fields) for fields in saved.objects(path)) for path in saved.names()}


def of_examples(state: State, place: Place) -> State:
    """The state of one part of the batch's examples."""
    if place is WHOLE:
        return dict(state)
    return {path: tuple(a[..., place.start : place.stop] for a in arrays) for path, arrays in state.items()}


def joined(states: Sequence[State]) -> State:
    """The state of all examples, from that of each part."""
    return {
        path: tuple(np.concatenate(arrays, axis=-1) for arrays in zip(*(state[path] for state in states), strict=True))
        for path in states[0]
    }


def _array(fields: Fields) -> Array:
    dtype = fields.text("dtype", ("<f4", "<f8", ">f4", ">f8"))
    shape, data = fields.wholes("shape"), fields.text("data")
    try:
        return np.frombuffer(base64.b64decode(data), dtype=dtype).reshape(shape).copy()
    except ValueError as error:
        raise WrongFieldsError(f"carried: {error}") from None
