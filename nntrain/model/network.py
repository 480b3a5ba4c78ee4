"""A network: layers, their parameters in one flat vector θ, and the two passes through them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import DTypeLike

from nntrain.errors import DataError
from nntrain.model.layer import Cache, Context, Layer, Reader, Stage, stages
from nntrain.model.parameters import Layout, allocate
from nntrain.model.replay import Replay, replay
from nntrain.model.shapes import Array, Shape
from nntrain.model.views import Zeros

MOST_REPLAYS = 4  # shapes of X: whole batches, and the last one of an epoch


class Network:
    """A layer made of layers, with parameters.

    root           the outermost layer, a `Sequential`; `layers` are those inside it
    layout         places and names of all parameters
    theta, dtheta  θ with the buffers behind the trainable part, and dθ of the trainable part alone
    p, g           named views of both, one child a layer
    prefix         stands before every saved name: "generator" gives generator.dense_1.W
    freeze         patterns of the parameters that do not learn
    """

    def __init__(self, root: Layer, input_shape: Shape, *, prefix: str = "", freeze: Sequence[str] = ()):
        self.root = root
        self.prefix = prefix
        self.layers = root.inner
        self.input_shape = input_shape
        self.output_shape, tree = root.declare(input_shape)
        self.layout = Layout(tree, prefix, freeze)
        self._counts_steps = root.counts_steps

    @property
    def stages(self) -> list[Stage]:
        """The layers with what comes in and out, and their parameters."""
        return stages(self.layers, self.input_shape)

    def allocate(self, dtype: DTypeLike) -> None:
        """Make θ and dθ, both 0.  Not in the constructor: too large a network is refused first."""
        self.dtype = np.dtype(dtype)
        self.theta = allocate(self.layout.size, dtype)
        self.dtheta = allocate(self.layout.trainable, dtype)
        self.p = self.layout.views(self.theta)
        # Layers that know nothing of freezing write the gradients of frozen parameters here; nobody reads them.
        self._spare = allocate(self.layout.size - self.layout.moving, dtype)
        self.g = self.layout.views(self.dtheta, self._spare)
        self._zeros = Zeros(self.g)
        self._replays: dict[Shape, Replay | None] = {}

    def draw(self, seed: int) -> None:
        """Initial values, each parameter's from a random stream of its own."""
        self.layout.draw(self.theta, seed)

    @property
    def trainable(self) -> Array:
        """θ without the buffers."""
        return self.theta[: self.layout.trainable]

    @property
    def buffers(self) -> Array:
        """What layers keep without a gradient, such as the running means of batch_norm."""
        return self.theta[self.layout.trainable : self.layout.moving]

    def forward(self, X: Array, context: Context) -> tuple[Array, Cache]:
        """Ŷ (or logits) and the caches for backward."""
        return self.root.forward(self.p, self._filled_up(X, context) if self._counts_steps else X, context)

    def forward_once(self, X: Array, context: Context) -> tuple[Array, Cache]:
        """`forward`, whose caches are used for one `accumulate` at most, and before the next pass: small networks keep
        them where they were the last time."""
        found = self.replayed(X) if context.lengths is None else None
        return self.forward(X, context) if found is None else (found.forward(X), found)

    def replayed(self, X: Array) -> Replay | None:
        """What stands for both passes on batches like X, if the network is small and all its layers have `calls`."""
        if X.dtype != self.dtype or not X.flags.c_contiguous:
            return None
        if X.shape not in self._replays:
            if len(self._replays) == MOST_REPLAYS:
                self._replays.clear()
            whole = not self._counts_steps or len(X) == self.input_shape[0]
            self._replays[X.shape] = replay(self.root, self.p, self.g, X) if whole else None
        return self._replays[X.shape]

    def apply(self, X: Array, context: Context) -> Array:
        """Ŷ alone: every cache is dropped as soon as its layer is done."""
        return self.root.apply(self.p, self._filled_up(X, context) if self._counts_steps else X, context)

    def reader(self) -> Reader | None:
        """Ŷ of one step of one example after another, see `Layer.reader`."""
        return None if self._counts_steps else self.root.reader(self.p)

    def _filled_up(self, X: Array, context: Context) -> Array:
        """X with zeros up to the declared number of steps, for layers to which all steps are one column.

        Raises DataError for longer sequences.
        """
        missing = self.input_shape[0] - len(X)
        if missing < 0:
            what = f"sequences of {len(X)} steps, expected {self.input_shape[0]} or fewer"
            raise DataError(f"{what}: flatten and reshape take as many as in training; `last` or `mean_over_time` any")
        if missing == 0:
            return X
        if context.lengths is None:
            context.lengths = np.full(X.shape[-1], len(X))
        return np.concatenate([X, np.zeros((missing, *X.shape[1:]), X.dtype)])

    def clear_gradient(self) -> None:
        """dθ = 0.  In the next backward pass large products are written into it and not added, which saves a pass."""
        self.dtheta.fill(0)
        self._spare.fill(0)
        self._zeros.mark(True)

    def accumulate(self, dY: Array, caches: Cache) -> None:
        """Add ∂J/∂θ to dθ.  The first layer computes no dX: nobody needs it."""
        if isinstance(caches, Replay):
            before = None if self._zeros.marked else self.dtheta.copy()
            caches.backward(dY)
            if before is not None:
                self.dtheta += before
        else:
            self.root.accumulate(self.p, self.g, dY, caches)
        self._zeros.mark(False)

    def backward(self, dY: Array, caches: Cache) -> Array:
        """Add ∂J/∂θ to dθ and return ∂J/∂X: a generator learns through its discriminator."""
        dX = self.root.backward(self.p, self.g, dY, caches)
        self._zeros.mark(False)
        return dX
