"""The numerical gradient check: is what `backward` returns the derivative of what `forward` computes?

In float64, along random directions v through parameters and inputs jointly, and through each of them alone:

    ⟨∂J/∂(θ, X), v⟩  =  (J(θ + εv) − J(θ − εv)) / 2ε + O(ε²)        J = Σ R ∘ Y, R random

One direction meets every element at once, so a check costs a few forward passes whatever the size.  How the difference
is taken, `finite_differences` says.  Course 2, week 1 checks every element by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nntrain.diagnosis.finite_differences import TOLERANCE, errors
from nntrain.model.layer import Context, Layer, Source, stages
from nntrain.model.parameters import Layout, allocate
from nntrain.model.shapes import Array, Shape
from nntrain.runtime import streams

if TYPE_CHECKING:
    from nntrain.losses.base import Loss


@dataclass(frozen=True)
class Report:
    """errors    relative error of the derivative: jointly ("all"), by parameter, and for the input "X"
    problems  promises of the contract that were broken, a line each
    """

    errors: dict[str, float]
    problems: list[str] = field(default_factory=list)

    @property
    def worst(self) -> float:
        """The largest relative error."""
        return max(self.errors.values(), default=0.0)

    @property
    def ok(self) -> bool:
        """Whether the derivative is right and the contract kept."""
        return not self.problems and self.worst < TOLERANCE  # NaN is not below


def training_context() -> Context:
    """What a forward pass in training knows where nothing is said: no lengths, no labels, step 0."""
    return Context(training=True)


def check_layer(
    layer: Layer,
    shape: Shape,
    m: int = 3,
    *,
    X: Array | None = None,
    context: Callable[[], Context] = training_context,
    seed: int = 0,
) -> Report:
    """Check a layer or container on random parameters and inputs of `shape`, m examples.

    X         the input instead: needed where it is of integers, which are not differentiated
    context   makes the context of each pass anew: lengths, labels, carried state, the encoder's output, by which the
              derivative is checked too
    """
    out_shape, tree = layer.declare(shape)
    layout = Layout(tree)
    theta = allocate(layout.size, np.float64)
    layout.draw(theta, seed)
    random = streams.stream(seed, streams.CHECK)
    theta[: layout.trainable] += 0.1 * random.normal((layout.trainable,))  # biases are not 0, gammas not 1
    if X is None:
        X = random.normal((*shape, m))
        X += 0.1 * np.sign(X)  # away from the kinks at 0
    R = random.normal((*out_shape, X.shape[-1]))

    found, problems = _analytic(layer, layout, theta, X, R, context, random)
    if found is None:
        return Report({}, problems)
    parameters = {name: layout.array(theta, name) for name, param in layout.names.items() if param.trainable}
    points, gradients = dict(parameters), layout.arrays(found.theta)
    if found.X is not None:
        points["X"], gradients["X"] = X, found.X
    if found.source is not None:
        points["source"], gradients["source"] = _source(context()).A, found.source
    work = theta.copy()
    p = layout.views(work)

    def J(moved: Mapping[str, Array]) -> tuple[float, float]:
        work[...] = theta  # buffers too: forward in training writes into them
        for name in parameters:
            layout.array(work, name)[...] = moved[name]
        now = context()
        if now.source is not None:
            now.source.A = moved.get("source", now.source.A)
        terms = R * layer.forward(p, moved.get("X", X), now)[0]
        return float(terms.sum()) + now.cost, float(np.abs(terms).sum()) + abs(now.cost)

    return Report(errors(J, points, gradients, random), problems)


def check_layers(
    layers: Sequence[Layer],
    shape: Shape,
    m: int = 3,
    *,
    X: Array | None = None,
    context: Callable[[], Context] = training_context,
    lengths: Array | None = None,
) -> Iterator[tuple[str, Layer, Report]]:
    """Check each layer of a network by itself, on the shape that comes in there.

    X        a batch, used if of integers
    lengths  (m,) valid steps of the sequences that come in
    """
    for name, layer, shape_there, _, _ in stages(layers, shape):
        integers = X if X is not None and X.dtype.kind in "iu" else None
        here = context if lengths is None else partial(_of_lengths, context, np.resize(lengths, m))
        yield name, layer, check_layer(layer, shape_there, m, X=integers, context=here)
        X, lengths = None, None if lengths is None else layer.output_lengths(lengths)


def _of_lengths(context: Callable[[], Context], lengths: Array) -> Context:
    made = context()
    made.lengths = lengths
    return made


def check_loss(
    loss: Loss, Z: Array, Y: Array, mask: Array | None = None, weights: Array | None = None, *, seed: int = 0
) -> Report:
    """Check dZ of a loss at Z (float64) for targets Y, and that J alone is the same J."""
    Z = np.array(Z, np.float64)
    kept = Z.copy(), Y.copy()
    weighing = {} if weights is None else {"weights": weights}
    cost, dZ = loss(Z, Y, mask, **weighing)
    if dZ.shape != Z.shape:
        return Report({}, [f"dZ has shape {dZ.shape}, Z {Z.shape}"])
    problems = []
    if not (np.array_equal(Z, kept[0]) and np.array_equal(Y, kept[1])):
        problems.append("the loss wrote into Z or Y")
        Z, Y = kept
    if not np.isclose(loss.evaluate(Z, Y, mask, **weighing), cost, rtol=1e-12, atol=0):
        problems.append("evaluate is not J")

    def J(moved: Mapping[str, Array]) -> tuple[float, float]:
        cost = float(loss(moved["Z"], Y, mask, **weighing)[0])
        return cost, abs(cost)

    return Report(errors(J, {"Z": Z}, {"Z": dZ.copy()}, streams.stream(seed, streams.CHECK)), problems)


class _Gradients(NamedTuple):
    """∂J/∂ of the parameters, of X (None where it is of integers), and of the encoder's output where it is read."""

    theta: Array
    X: Array | None
    source: Array | None


def _source(context: Context) -> Source:
    assert context.source is not None
    return context.source


def _derivative(context: Context) -> Array:
    """∂J/∂ of the encoder's output; 0 where no layer has added to it."""
    source = _source(context)
    return np.zeros_like(source.A) if source.dA is None else source.dA


def _analytic(
    layer: Layer,
    layout: Layout,
    theta: Array,
    X: Array,
    R: Array,
    context: Callable[[], Context],
    random: streams.Stream,
) -> tuple[_Gradients | None, list[str]]:
    """The gradients as the layer says, and where it breaks its contract."""
    p = layout.views(theta.copy())
    before = random.normal((layout.trainable,))  # gradients are added to what is there
    X_seen, R_seen = X.copy(), R.copy()
    dX: Array | None
    here, alone_here = context(), context()
    Y, cache = layer.forward(p, X_seen, here)
    if Y.shape != R.shape:
        return None, [f"forward gives {Y.shape}, declared is {R.shape}"]
    Y_kept = Y.copy()
    layer.forward(p, X[..., ::-1].copy(), context())  # a second pass before the backward pass of the first
    gradient = before.copy()
    dX = layer.backward(p, layout.views(gradient), R_seen, cache)
    gradient -= before
    problems = []
    if not np.array_equal(X, X_seen):
        problems.append("the layer wrote into X")
    if not np.array_equal(R, R_seen):
        problems.append("the layer wrote into dY")
    if X.dtype.kind != "f":
        dX = None
    elif dX is None or dX.shape != X.shape:
        problems.append(f"dX has shape {None if dX is None else dX.shape}, X {X.shape}")
        return None, problems
    else:
        dX = dX.copy()
    if not np.allclose(layer.apply(p, X, context()), Y_kept, rtol=1e-12, atol=1e-12):
        problems.append("apply is not forward")
    alone = before.copy()
    layer.accumulate(p, layout.views(alone), R, layer.forward(p, X, alone_here)[1])
    if not np.allclose(alone - before, gradient, rtol=1e-9, atol=1e-9):
        problems.append("accumulate does not add what backward adds")
    dS = None
    if layer.reads_source:
        dS = _derivative(here)
        if not np.array_equal(_source(here).A, _source(context()).A):
            problems.append("the layer wrote into the encoder's output")
        if dS.shape != _source(here).A.shape:
            return None, [*problems, f"dA of the source has shape {dS.shape}, A {_source(here).A.shape}"]
        if not np.allclose(dS, _derivative(alone_here), rtol=1e-9, atol=1e-9):
            problems.append("accumulate does not add to the source what backward adds")
    return _Gradients(gradient, dX, dS), problems
