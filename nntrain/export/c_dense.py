"""Fully connected layers as calls of C functions."""

from __future__ import annotations

from math import prod

from nntrain.export.c_body import Body, Value
from nntrain.export.c_calls import Write, bias_of, made, weights_of, whole_of
from nntrain.export.placed import Placed


def dense(placed: Placed) -> Write:
    """Z = W X + b, at each step."""
    n_y, n_x = placed.arrays["W"].shape

    def add(body: Body, x: Value) -> Value:
        function, whole = whole_of(body, placed, "dense", prod(placed.shape))
        arrays = weights_of(body, placed), bias_of(body, placed)
        return made(placed, function, *arrays, "x", "z", body.T(placed.shape), n_y, n_x, *whole)(body, x)

    return add


def bias(placed: Placed) -> Write:
    """Z = X + b."""
    return lambda body, x: made(
        placed, "scale_shift", "NULL", bias_of(body, placed), "x", "z", *body.around(placed.shape)
    )(body, x)


def tied(placed: Placed) -> Write:
    """Z = Wᵀ X at each step, by the W of an embedding."""
    n, k = placed.arrays["W"].shape
    return lambda body, x: made(placed, "tied", weights_of(body, placed), "x", "z", body.T(placed.shape), n, k)(body, x)


def embedding(placed: Placed) -> Write:
    """The column of W that belongs to each symbol."""
    n, vocabulary = placed.arrays["W"].shape
    return lambda body, x: made(
        placed, "embedding", weights_of(body, placed), "x", "z", body.steps or placed.shape[0], n, vocabulary
    )(body, x)
