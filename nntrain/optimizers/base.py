"""The optimizer contract, and how work goes over the flat vector."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, TypeVar

import numpy as np

from nntrain.components import Component, arg, component_base, frozen
from nntrain.kernels.scratch import scratch
from nntrain.kernels.tiles import runs
from nntrain.model.shapes import Array
from nntrain.runtime import threads

# θ, dθ and the slots are worked in pieces that stay in the cache from the first call to the last.
PIECE = 1 << 17
# From here on the pool works the pieces; below, handing them over costs more than it brings.
THREADED = 1 << 18

R = TypeVar("R")


@frozen
class Group:
    """What holds for some of the parameters."""

    lr_factor: float = arg("their learning rate is so many times α", default=1.0, ge=0)
    weight_decay: float | None = arg("their λ; default: the optimizer's", default=None, ge=0)


class _Rates(Component):
    """What every optimizer is asked for; each says itself whether it is an argument."""

    lr: float
    weight_decay: float = 0.0


@component_base(kw_only=True)
class Optimizer(_Rates):
    """Base of all optimizers: how θ goes down along dθ.

    What goes along from step to step lies in slots, vectors like θ that begin at 0.  α is the optimizer's `lr` times
    the schedule's factor.  The work is elementwise: bits depend neither on pieces nor on threads.
    """

    kind: ClassVar[str] = "optimizer"
    groups: dict[str, Group] | None = arg(
        "pattern of saved names, or of layers, as dense_1 or *.W -> what holds for those parameters; the first that "
        "fits counts",
        default=None,
        kw_only=True,
        listed=False,
    )

    def slot_names(self) -> tuple[str, ...]:
        """The slots that this optimizer needs: their names in a checkpoint."""
        return ()

    def step(self, theta: Array, dtheta: Array, slots: dict[str, Array], lr: float, t: int, decayed: int) -> None:
        """One step: θ (the trainable part) and the slots change in place; dθ is used up as scratch.

        lr is α of this step, t counts steps from 1, and weight decay acts on θ[:decayed].
        """
        vectors = [slots[name] for name in self.slot_names()]

        def work(piece: slice) -> None:
            of_piece = [vector[piece] for vector in vectors]
            self._step(theta[piece], dtheta[piece], of_piece, lr, t, decayed - piece.start)

        if theta.size <= PIECE:
            self._step(theta, dtheta, vectors, lr, t, decayed)
        else:
            in_pieces(work, theta.size)

    def _step(self, theta: Array, dtheta: Array, slots: list[Array], lr: float, t: int, decayed: int) -> None:
        """The step of one piece, decay included."""
        if self.weight_decay and decayed > 0:
            self.decay(theta[:decayed], dtheta[:decayed], lr)
        self.update(theta, dtheta, slots, lr, t)

    def decay(self, theta: Array, dtheta: Array, lr: float) -> None:
        """L2 regularization: dθ += λ θ, the gradient of (λ/2) ‖θ‖²."""
        dtheta += np.multiply(theta, theta.dtype.type(self.weight_decay), scratch_like(theta))

    def update(self, theta: Array, dtheta: Array, slots: Sequence[Array], lr: float, t: int) -> None:
        """The step of one piece."""
        raise NotImplementedError


def in_pieces(work: Callable[[slice], R], size: int) -> list[R]:
    """`work` for every piece of a vector, results in order.  Pieces depend on the size alone."""
    if size <= PIECE:
        return [work(slice(0, size))]
    return threads.run(work, runs(size, PIECE), serial=size < THREADED)


def scratch_like(piece: Array) -> Array:
    """An uninitialised vector like this one, in the thread's scratch memory: valid until it asks for the next."""
    return scratch("piece", piece.shape, piece.dtype)
