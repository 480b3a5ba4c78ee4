"""Attention, and what makes an image a sequence for it, as calls of C functions."""

from __future__ import annotations

from math import prod

import numpy as np

from nntrain.export.c_body import Body, Value
from nntrain.export.c_calls import Write, bias_of, made, weights_of
from nntrain.export.placed import Placed
from nntrain.kernels.rotation import angles
from nntrain.kernels.windows import pair
from nntrain.layers.patches import Patches
from nntrain.layers.position import sinusoidal_positions
from nntrain.layers.self_attention import Attention


def attention(placed: Placed) -> Write:
    """Queries, keys and values by `dense`, turned by `turn` where positions are rotary, then `attend`, then W_o."""
    layer = placed.layer
    assert isinstance(layer, Attention)
    (T, n), units = placed.shape, len(placed.arrays["W_q"])

    def add(body: Body, x: Value) -> Value:
        made_of, steps = [], body.steps or T
        for name in "qkv":
            made_of.append(body.new(T, units))
            W, b = weights_of(body, placed, f"W_{name}"), bias_of(body, placed, f"b_{name}")
            body.call("dense", W, b, x.pointer, made_of[-1].pointer, steps, units, n)
        body.release(x)
        if layer.positions == "rope":
            table = np.stack(angles(units // layer.heads, 0, T, placed.arrays["W_q"].dtype))
            for part in made_of[:2]:
                turned = body.constant(f"{placed.path}.turn", table)
                body.call("turn", turned, part.pointer, steps, T, units, units // layer.heads)
        o, weights, z = body.new(T, units), body.new(T), body.new(*placed.output)
        pointers = [one.pointer for one in (*made_of, o, weights)]
        body.call("attend", *pointers, steps, units, layer.heads, int(layer.causal))
        W, b = weights_of(body, placed, "W_o"), bias_of(body, placed, "b_o")
        body.call("dense", W, b, o.pointer, z.pointer, steps, n, units)
        for one in (*made_of, o, weights):
            body.release(one)
        return z

    return add


def position(placed: Placed) -> Write:
    """x + P, a table of learned numbers, or of sines and cosines."""
    T, n = placed.shape

    def add(body: Body, x: Value) -> Value:
        if "P" in placed.saved:
            P = bias_of(body, placed, "P")
        else:
            P = body.constant(f"{placed.path}.P", sinusoidal_positions(n, 0, T, np.dtype(np.float64)))
        return made(placed, "add", P, "x", "z", body.count(placed.shape))(body, x)

    return add


def patches(placed: Placed) -> Write:
    """The pixels of each patch beside each other, then `dense`."""
    assert isinstance(placed.layer, Patches)
    size = pair(placed.layer.size)
    (T, units), width = placed.output, placed.shape[0] * prod(size)

    def add(body: Body, x: Value) -> Value:
        cut, z = body.new(T, width), body.new(T, units)
        body.call("cut", x.pointer, cut.pointer, *placed.shape, *size)
        body.release(x)
        body.call("dense", weights_of(body, placed), bias_of(body, placed), cut.pointer, z.pointer, T, units, width)
        body.release(cut)
        return z

    return add


def class_token(placed: Placed) -> Write:
    """c before the steps of x."""
    T, n = placed.shape

    def add(body: Body, x: Value) -> Value:
        z, whole, count = body.new(*placed.output), (T + 1) * n, body.count(placed.shape)
        body.call("place", bias_of(body, placed, "c"), z.pointer, 1, n, whole, 0)
        body.steps = body.steps and f"({body.steps} + 1)"
        body.call("place", x.pointer, z.pointer, 1, count, whole, n)
        body.release(x)
        return z

    return add
