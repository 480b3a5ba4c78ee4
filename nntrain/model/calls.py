"""What a layer does, as calls on arrays that stay: see nntrain.model.replay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from nntrain.model.shapes import Array

Call = Callable[[], object]
Backward = Callable[[Array, bool], tuple[Array, list[Call]]]


class Calls(NamedTuple):
    """What a layer does on one array X.  All arrays stay: the calls write into them again.

    Y         the output
    forward   fill Y
    backward  of an array dY, and whether dX is needed: dX, and the calls that fill it and *write* the layer's gradients
    """

    Y: Array
    forward: Sequence[Call]
    backward: Backward
