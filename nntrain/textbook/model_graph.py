"""The computing graph of a model: a node a layer, or each layer taken apart into its single steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nntrain.builder.loop import Model
from nntrain.data.parts import Batch
from nntrain.layers.normalization import BatchNorm
from nntrain.losses.adversarial import AdversarialLoss
from nntrain.model.layer import Cache, Context, Layer, Source, Stage, stages
from nntrain.model.network import Network
from nntrain.model.shapes import Array, Symbols
from nntrain.model.views import Views
from nntrain.runtime import streams
from nntrain.textbook import operations as op
from nntrain.textbook.computing_graph import Graph
from nntrain.textbook.cost_graph import add_cost, add_terms, term_of, whole_loss
from nntrain.textbook.docstrings import inherited
from nntrain.textbook.operations import Operation
from nntrain.textbook.substeps import SUBSTEPS
from nntrain.training.game import with_labels

UNROLLED = 3  # steps of a sequence that are drawn


def graph_of(model: Model, batch: Batch | None = None, steps: bool = False) -> Graph:
    """The graph of a model.

    batch   one example, whose values go forward and whose derivatives come back; None: shapes alone
    steps   every layer taken apart; of a sequence the first three steps
    """
    networks = {name: _Whole.of(network) for name, network in model.networks.items()}
    graph = Graph(has_values=batch is not None)
    if model.config.training.loop.adversarial:
        _game(graph, model, networks, batch, steps)
    elif any(network.root.reads_source for network in model.networks.values()):
        _translation(graph, model, list(networks.values()), batch, steps)
    else:
        for whole in networks.values():
            X = whole.example() if batch is None else batch.X
            out = _chain(graph, whole, graph.leaf("input", "X", _short(X, whole, steps)), steps)
            if len(networks) == 1:
                add_terms(graph, add_cost(graph, model.config.loss, out, batch, steps))
    graph.differentiate()
    return graph


@dataclass
class _Whole:
    """A network in float64, with views of its parameters."""

    network: Network
    p: Views
    g: Views

    @classmethod
    def of(cls, network: Network) -> _Whole:
        theta = network.theta.astype(np.float64)
        return cls(network, network.layout.views(theta), network.layout.views(np.zeros(network.layout.trainable)))

    def example(self) -> Array:
        """An example of zeros, which tells shapes."""
        shape = self.network.input_shape
        return np.zeros((*shape, 1), np.int64 if isinstance(shape, Symbols) else np.float64)


def _short(X: Array, whole: _Whole, steps: bool) -> Array:
    """The first steps of a sequence where each is drawn and nothing behind needs all of them."""
    X = X if X.dtype.kind == "i" else X.astype(np.float64)
    shape = whole.network.input_shape
    sequence = len(shape) == 2 or isinstance(shape, Symbols)
    if not (steps and sequence and len(X) > UNROLLED):
        return X
    short = Symbols((UNROLLED,), shape.vocabulary) if isinstance(shape, Symbols) else (UNROLLED, *shape[1:])
    try:
        same = whole.network.root.declare(short)[1] == whole.network.root.declare(shape)[1]
    except ValueError:
        return X
    return X[:UNROLLED] if same else X


def _chain(graph: Graph, whole: _Whole, X: int, steps: bool) -> int:
    prefix = whole.network.prefix
    return _layers(graph, whole.network.stages, whole.p, whole.g, X, prefix, steps)


def _layers(graph: Graph, walked: list[Stage], p: Views, g: Views, X: int, prefix: str, steps: bool) -> int:
    for stage, q, r in zip(walked, p.children, g.children, strict=True):
        X = _layer(graph, stage, q, r, X, f"{prefix}.{stage.name}" if prefix else stage.name, steps)
    return X


def _layer(graph: Graph, stage: Stage, p: Views, g: Views, X: int, place: str, steps: bool) -> int:
    layer = stage.layer
    if layer.paths and not inherited(type(layer)).equations:  # a chain
        return _layers(graph, stages(layer.inner, stage.shape), p, g, X, place, steps)
    if layer.type == "residual":
        return _residual(graph, layer, stage, p, g, X, place, steps)
    if layer.reads_source and graph.source is not None:
        return graph.step(_reading_layer(layer, p, g), X, graph.source, label=layer.type, place=place)
    if steps and (apart := SUBSTEPS.get(layer.type)) is not None and apart.fits(layer, graph, X):
        return apart.draw(graph, layer, p, X, place)
    if layer.adds_to_cost and graph.nodes[X].value.dtype.kind == "f":
        graph.terms.append(graph.step(term_of(layer, p, g), X, place=place))
    return graph.step(_whole_layer(layer, p, g), X, label=layer.type, place=place)


def _residual(graph: Graph, layer: Layer, stage: Stage, p: Views, g: Views, X: int, place: str, steps: bool) -> int:
    (_, inside), *shortcut = layer.paths
    F = X
    for inner, q, r in zip(stages(inside, stage.shape), p.children, g.children, strict=False):
        F = _layer(graph, inner, q, r, F, f"{place}.{inner.name}", steps)
    S = X
    for _, beside in shortcut:
        S = _layers(graph, stages(beside, stage.shape), p.children[-1], g.children[-1], X, f"{place}.shortcut", steps)
    return graph.step(op.add("F + S"), F, S, place=place)


def _whole_layer(layer: Layer, p: Views, g: Views) -> Operation:
    """A layer as one step, in evaluation: what is told is its docstring's equations."""

    def forward(X: Array) -> Array:
        return layer.forward(p, X, Context(training=False))[0]

    def backward(dY: Array, inputs: tuple[Array, ...], _: Array) -> tuple[Array, ...]:
        (X,) = inputs
        if isinstance(layer, BatchNorm):  # in evaluation a scale and a shift
            scale = p.gamma / np.sqrt(p.variance + layer.epsilon)
            return (dY * (scale if X.ndim < 4 else scale[..., None, None]),)
        _, cache = layer.forward(p, X, Context(training=False))
        if X.dtype.kind == "i":
            layer.accumulate(p, g, dY, cache)
            return (np.zeros(X.shape),)
        dX = layer.backward(p, g, dY, cache)
        if layer.adds_to_cost:  # the derivative of the term comes from its own node
            dX = dX - layer.backward(p, g, np.zeros_like(dY), cache)
        return (dX,)

    return Operation(layer.type, forward, backward, _told_of(layer))


def _told_of(layer: Layer) -> str:
    return ",  ".join(e.text for e in inherited(type(layer)).holding(layer)[:4])


def _reading_layer(layer: Layer, p: Views, g: Views) -> Operation:
    """A layer of a decoder as one step of X and the encoder's output."""

    def passed(X: Array, S: Array) -> tuple[Context, Array, Cache]:
        context = Context(training=False)
        context.source = Source(S if S.ndim == 3 else S[None])
        return context, *layer.forward(p, X, context)

    def backward(dY: Array, inputs: tuple[Array, ...], _: Array) -> tuple[Array, ...]:
        context, _, cache = passed(*inputs)
        dX = layer.backward(p, g, dY, cache)
        dS = context.source.dA if context.source is not None else None
        return dX, np.zeros_like(inputs[1]) if dS is None else dS.reshape(inputs[1].shape)

    return Operation(layer.type, lambda X, S: passed(X, S)[1], backward, _told_of(layer))


def _translation(graph: Graph, model: Model, networks: list[_Whole], batch: Batch | None, steps: bool) -> None:
    """x -> encoder; the decoder reads its output beside the text so far, and the cost is of its next symbols."""
    encoder, decoder = networks
    given = (encoder.example(), decoder.example()) if batch is None else (batch.X, batch.previous)
    x, before = (one if one is not None else decoder.example() for one in given)
    graph.source = _chain(graph, encoder, graph.leaf("input", "x", x), steps)
    out = _chain(graph, decoder, graph.leaf("input", "y before", before), steps)
    add_cost(graph, model.config.loss, out, batch, steps)


def _game(graph: Graph, model: Model, networks: dict[str, _Whole], batch: Batch | None, steps: bool) -> None:
    """z -> G -> D -> J_G, what the generator pays; beside it the same discriminator meets an example of the data."""
    loss = model.config.loss
    if not isinstance(loss, AdversarialLoss):
        raise TypeError(f"the loss {loss.type} is for no game")
    generator, discriminator = networks["generator"], networks["discriminator"]
    classes = discriminator.network.input_shape[0] - generator.network.output_shape[0]
    z = generator.example() if batch is None else _noise(generator, classes, model.config.seed)
    drawn = _chain(graph, generator, graph.leaf("input", "z", z), steps)
    if classes > 0:
        drawn = graph.step(_with_labels(classes), drawn)
    pays = Operation(
        "J_G",
        lambda z: np.asarray(loss.generator(z)[0]),
        lambda dJ, inputs, _: (dJ * loss.generator(inputs[0])[1],),
        next(e.text for e in inherited(type(loss)).equations if e.left == "J_G"),
    )
    graph.step(pays, _chain(graph, discriminator, drawn, steps), kind="cost")
    x = discriminator.example() if batch is None else batch.X.astype(np.float64)
    if classes > 0 and batch is not None:
        x = with_labels(x, batch.Y, classes)
    real = _chain(graph, discriminator, graph.leaf("input", "x", x), steps)
    graph.step(whole_loss(loss, np.ones((1,), np.int64)), real, label="𝓛(D(x), 1)")


def _noise(generator: _Whole, classes: int, seed: int) -> Array:
    """z ~ N(0, 1) by the run's seed; behind it class 0, one-hot, in a conditional game."""
    features = generator.network.input_shape[0] - classes
    stream = streams.stream(seed, streams.LATENT, streams.key("graph"))
    z = stream.normal((features, 1), np.dtype(np.float64))
    return with_labels(z, np.zeros(1, np.int64), classes) if classes else z


def _with_labels(classes: int) -> Operation:
    """The label beside the example, as a conditional game has it: here class 0."""
    label = np.zeros(1, np.int64)
    return Operation(
        "[x; label]",
        lambda X: with_labels(X, label, classes),
        lambda dY, inputs, _: (dY[: len(inputs[0])],),
        "the label's one-hot features behind those of x",
    )
