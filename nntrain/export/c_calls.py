"""What the layers of C have in common: calls, arguments, shapes."""

from __future__ import annotations

from collections.abc import Callable

from nntrain.export.c_body import Body, Value
from nntrain.export.placed import Placed

Write = Callable[[Body, Value], Value]
Writer = Callable[[Placed], Write]


def made(placed: Placed, function: str, *arguments: object) -> Write:
    """A call that reads x and fills a new output: the arguments are before x, "x" and "z" stand for the two."""

    def add(body: Body, x: Value) -> Value:
        z = body.new(*placed.output)
        names = {"x": x.pointer, "z": z.pointer}
        body.call(function, *(names.get(one, one) if isinstance(one, str) else one for one in arguments))
        body.release(x)
        return z

    return add


def bias_of(body: Body, placed: Placed, name: str = "b") -> str:
    """A bias or other numbers of each feature, or NULL."""
    return body.constant(placed.saved[name], placed.arrays[name]) if name in placed.saved else "NULL"


def whole_of(body: Body, placed: Placed, function: str, count: int, patch: int = 0) -> tuple[str, tuple[str, ...]]:
    """The function for `count` inputs, and what it takes besides where they are int8."""
    if placed.path not in body.scales:
        return function, ()
    return f"{function}_int8", (body.whole(placed.path, count, patch),)


def weights_of(body: Body, placed: Placed, name: str = "W") -> str:
    """Weights, with int8 and their scales."""
    return body.weights(placed.saved[name], placed.arrays[name])
