"""Fusion: neighbours in a chain of layers that are computed together, with fewer passes over memory.

What a chain computes is what the config says.  These give the same numbers, and the same gradients while all numbers
are finite:

    relu, max_pool2d         computed as max_pool2d, relu: max(0, ·) keeps the order of pixels, so the maximum of a
                             window may be taken first, and relu has a quarter of the elements to do.  Where all of a
                             window is below 0 relu stops the gradient either way
    batch_norm, relu;        one after the other on each tile while it is in cache
    max_pool2d, relu
    any layer, relu          relu writes over the layer's output where that is `overwritable`

Names, parameters, shapes and checkpoints know nothing of it.
"""

from __future__ import annotations

from collections.abc import Sequence

from nntrain.layers.activations import OverwritingReLU, ReLU
from nntrain.model.layer import Layer

Step = tuple[int, Layer]  # the layer's place in the chain, which is that of its parameters; what is computed


def fuse(chain: Sequence[Layer]) -> tuple[Step, ...]:
    """The steps that compute the chain, first to last: its layers, or what stands for two of them."""
    steps: list[Step] = list(enumerate(chain))
    for i in range(len(steps) - 1):
        if type(steps[i][1]) is ReLU and steps[i + 1][1].commutes_with_relu:
            steps[i], steps[i + 1] = steps[i + 1], steps[i]
    fused: list[Step] = []
    for place, layer in steps:
        before = fused[-1][1] if fused else None
        if type(layer) is not ReLU or before is None:
            fused.append((place, layer))
        elif (both := before.fused_with_relu()) is not None:
            fused[-1] = fused[-1][0], both
        elif before.overwritable:
            fused.append((place, OverwritingReLU()))
        else:
            fused.append((place, layer))
    return tuple(fused)
