"""The end of a computing graph: the loss, in single steps where they are known, and what layers add to the cost."""

from __future__ import annotations

import numpy as np

from nntrain.data.parts import Batch
from nntrain.losses.base import Loss
from nntrain.losses.binary_classification import BinaryCrossEntropy
from nntrain.losses.classification import CrossEntropy
from nntrain.losses.regression import MeanSquaredError
from nntrain.model.layer import Context, Layer
from nntrain.model.shapes import Array
from nntrain.model.views import Views
from nntrain.textbook import operations as op
from nntrain.textbook.computing_graph import Graph
from nntrain.textbook.docstrings import inherited
from nntrain.textbook.operations import Operation


def add_cost(graph: Graph, loss: Loss, out: int, batch: Batch | None, steps: bool) -> int:
    """The loss of what node `out` gives, against the targets of a batch, or against zeros; the node of it.

    steps   in single steps where these are known
    """
    Z = graph.nodes[out].value
    Y = _targets(loss, Z) if batch is None else batch.Y
    if Y.ndim and len(Y) > len(Z) > 0 and Z.ndim == 3:
        Y = Y[: len(Z)]  # the steps that are drawn
    if steps and type(loss) is CrossEntropy and loss == CrossEntropy(label_smoothing=loss.label_smoothing):
        last = op.smoothed_surprise(Y, loss.label_smoothing) if loss.label_smoothing else op.surprise(Y)
        return graph.step(last, graph.step(op.softmax(), out), kind="cost")
    if steps and type(loss) is BinaryCrossEntropy and loss.pos_weight is None and loss.class_weights is None:
        Y = Y.reshape(Z.shape).astype(np.float64)
        out = graph.step(op.sigmoid(), out, label="a = σ(z)") if loss.from_logits else out
        return graph.step(op.logistic(Y), out, kind="cost")
    if steps and type(loss) is MeanSquaredError:
        return graph.step(op.mean_square(), graph.step(op.minus(Y.astype(np.float64)), out), kind="cost")
    return graph.step(whole_loss(loss, Y), out, kind="cost", label=loss.type)


def _targets(loss: Loss, Z: Array) -> Array:
    """Targets of zeros, which tell shapes."""
    if loss.target == "labels" or (loss.target == "either" and Z.shape[-2] == 1):
        return np.zeros((*Z.shape[:-2], Z.shape[-1]), np.int64)
    return np.zeros(Z.shape)


def whole_loss(loss: Loss, Y: Array) -> Operation:
    """The loss against these targets as one step."""
    Y = Y if Y.dtype.kind == "i" else Y.astype(np.float64)
    equation = ",  ".join(e.text for e in inherited(type(loss)).holding(loss)[:3])
    return Operation(
        loss.type,
        lambda Z: np.asarray(loss(Z, Y)[0]),
        lambda dJ, inputs, _: (dJ * loss(inputs[0], Y)[1],),
        equation,
    )


def term_of(layer: Layer, p: Views, g: Views) -> Operation:
    """What a layer adds to the cost, as the divergence of a variational autoencoder's codes."""

    def forward(X: Array) -> Array:
        context = Context(training=False)
        layer.forward(p, X, context)
        return np.asarray(context.cost)

    def backward(dJ: Array, inputs: tuple[Array, ...], _: Array) -> tuple[Array, ...]:
        Y, cache = layer.forward(p, inputs[0], Context(training=False))
        return (dJ * layer.backward(p, g, np.zeros_like(Y), cache),)

    said = (e.text for e in inherited(type(layer)).holding(layer) if e.left in ("J", "KL"))
    return Operation("its term of J", forward, backward, ",  ".join(said))


def add_terms(graph: Graph, loss: int) -> None:
    """The cost where layers add to it: J = 𝓛 + their terms."""
    if graph.terms:
        graph.nodes[loss].kind = "step"
        for term in graph.terms:
            loss = graph.step(op.add("J = 𝓛 + terms"), loss, term)
        graph.nodes[loss].kind = "cost"
