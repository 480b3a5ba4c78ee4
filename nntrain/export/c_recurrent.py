"""Recurrent layers as calls of C functions."""

from __future__ import annotations

from nntrain.export.c_body import Body, Value
from nntrain.export.c_calls import Write, Writer, bias_of, weights_of
from nntrain.export.placed import Placed
from nntrain.layers.recurrent import Recurrent


def cell_of(cell: str, work: int) -> Writer:
    """`work`: how many times n numbers a cell works on."""

    def writer(placed: Placed) -> Write:
        layer = placed.layer
        assert isinstance(layer, Recurrent)
        (T, n_x), n, last = placed.shape, layer.units, int(layer.output == "last")

        def add(body: Body, x: Value) -> Value:
            z, room = body.new(*placed.output), body.new(work * n)
            for i, within in enumerate(("forward.", "backward.") if layer.bidirectional else ("",)):
                arrays = [
                    weights_of(body, placed, within + "W"),
                    weights_of(body, placed, within + "U"),
                    bias_of(body, placed, within + "b"),
                ]
                arrays += [bias_of(body, placed, within + "b_u")] if within + "b_u" in placed.saved else []
                sizes = (body.steps or T, n_x, n, i, last, placed.output[-1], i * n)
                body.call(cell, *arrays, x.pointer, z.pointer, room.pointer, *sizes)
            body.steps = None if last else body.steps
            body.release(room)
            body.release(x)
            return z

        return add

    return writer
