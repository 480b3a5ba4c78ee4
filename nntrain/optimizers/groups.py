"""Groups of parameters: which stretch of θ learns at which rate and decays by how much."""

from __future__ import annotations

from collections.abc import Sequence

from nntrain.components import frozen, values
from nntrain.model.parameters import Layout, matches
from nntrain.model.shapes import Array
from nntrain.optimizers.base import Optimizer


@frozen
class Stretch:
    """Neighbours in θ that one optimizer takes down: its learning rate times `lr_factor`, decay on the first `decayed`
    elements."""

    place: slice
    optimizer: Optimizer
    lr_factor: float
    decayed: int

    def step(self, theta: Array, dtheta: Array, slots: dict[str, Array], lr: float, t: int) -> None:
        """The optimizer's step over this stretch of the whole vectors."""
        if self.place != slice(0, theta.size):
            theta, dtheta = theta[self.place], dtheta[self.place]
            slots = {name: vector[self.place] for name, vector in slots.items()}
        self.optimizer.step(theta, dtheta, slots, lr * self.lr_factor, t, self.decayed)


def stretches(layout: Layout, optimizer: Optimizer) -> Sequence[Stretch]:
    """The learned part of θ as stretches, first to last; without groups it is one."""
    if not optimizer.groups:
        return [Stretch(slice(0, layout.trainable), optimizer, 1.0, layout.decayed)]
    found: list[tuple[str | None, slice]] = []
    for name, place in layout.places():
        pattern = next((pattern for pattern in optimizer.groups if matches(name, [pattern])), None)
        if found and found[-1][0] == pattern:
            found[-1] = pattern, slice(found[-1][1].start, place.stop)
        else:
            found.append((pattern, place))
    return [_stretch(layout, optimizer, pattern, place) for pattern, place in found]


def _stretch(layout: Layout, optimizer: Optimizer, pattern: str | None, place: slice) -> Stretch:
    decayed = min(max(layout.decayed - place.start, 0), place.stop - place.start)
    if pattern is None or optimizer.groups is None:
        return Stretch(place, optimizer, 1.0, decayed)
    group = optimizer.groups[pattern]
    if group.weight_decay is not None:
        optimizer = type(optimizer)(**{**values(optimizer), "weight_decay": group.weight_decay})
    return Stretch(place, optimizer, group.lr_factor, decayed)
