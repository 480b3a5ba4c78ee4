"""What a forward pass knows besides X and the parameters: the place in the run, lengths, carried state, the source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from nntrain.model.shapes import Array
from nntrain.model.views import Views
from nntrain.runtime import streams

State = dict[str, tuple[Array, ...]]  # recurrent state: the path of a layer -> its arrays


@dataclass
class Past:
    """What layers across steps know of a sequence that goes on: it is read piece by piece, each step once.

    steps    how many have been read before this piece
    arrays   the path of a layer -> what it keeps of them: the keys and values of attention
    """

    steps: int = 0
    arrays: State = field(default_factory=dict)


Reader = Callable[[Array, Past], Array]  # x (n,) of one step of one example, and what was read before -> y (n,)


@dataclass
class Source:
    """The sequence that a decoder reads beside its own: what the encoder made of the input.

    A        (T, n, m) the encoder's output
    lengths  (m,) its valid steps, or None where all count
    dA       ∂J/∂A: on the way back every layer that reads A adds its share, as gradients always accumulate
    """

    A: Array
    lengths: Array | None = None
    dA: Array | None = None

    def add(self, dA: Array) -> None:
        """A layer's share of ∂J/∂A, a new array that nobody keeps."""
        if self.dA is None:
            self.dA = dA
        else:
            self.dA += dA


class Context:
    """What a forward pass knows besides X and the parameters.

    training   dropout drops, batch_norm takes the batch's statistics
    seed, step, application   the place in the run: layers draw from streams keyed by it.  `application` tells apart two
               passes through one network in one step (a discriminator sees real and drawn examples)
    lengths    (m,) number of valid steps of each sequence of X, or None where all steps count.  What stands at the
               other steps may be anything: a layer that looks across steps counts it as 0
    part       the number of the micro-batch, where a step takes its batch in parts
    share      what part of the batch's examples X is: a layer that adds to the cost counts for so much
    labels     (m,) class labels, for a conditional network
    state      recurrent state carried from the batch before: a layer's path -> arrays; layers replace their entry
    source     the encoder's output, within a decoder
    past       what has been read so far, where X goes on with a sequence: set while a text is written
    attended   where attention leaves its weights, if they are to be looked at: a layer's path -> (P,), P (h, m, T_k, T)
    cost       what layers add to the cost (KL divergence); the layer's backward adds the derivative itself
    """

    __slots__ = (
        *("application", "attended", "cost", "labels", "lengths", "part", "past"),
        *("seed", "share", "source", "state", "step", "training"),
    )

    def __init__(
        self, *, training: bool, seed: int = 0, step: int = 0, application: int = 0, part: int = 0, share: float = 1.0
    ) -> None:
        self.training = training
        self.seed = seed
        self.step = step
        self.application = application
        self.part = part
        self.share = share
        self.lengths: Array | None = None
        self.labels: Array | None = None
        self.state: State | None = None
        self.source: Source | None = None
        self.past: Past | None = None
        self.attended: State | None = None
        self.cost = 0.0

    def valid(self, T: int) -> Array | None:
        """(T, m) True at the steps that count, or None where all do."""
        return None if self.lengths is None else np.arange(T)[:, None] < self.lengths

    @property
    def occasion(self) -> int:
        """A number for this pass among those of its step: random streams are keyed by it."""
        return self.application + (self.part << 16)

    def stream(self, p: Views, *part: int) -> streams.Stream:
        """The random stream of the layer whose parameters are `p`, or of a part of its work, for this step."""
        return streams.stream(self.seed, streams.LAYER, self.step, self.occasion, streams.key(p.path), *part)
