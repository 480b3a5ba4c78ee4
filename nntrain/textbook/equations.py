"""The equations of one network: those of its components' docstrings, with its numbers.

Layers are numbered as the course does it: a layer with parameters begins the next one, what follows it (activation,
dropout, pooling) belongs to it.  So Z² = W² A¹ + b² is the second dense layer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod

from nntrain.builder.loop import Model
from nntrain.model.layer import Layer, Stage, stages
from nntrain.model.network import Network
from nntrain.model.parameters import Layout, count
from nntrain.model.shapes import Shape
from nntrain.textbook.beside_layers import Part, parts, values_of
from nntrain.textbook.docstrings import Statement, inherited
from nntrain.textbook.symbols import Flow, Line, Naming, Sizes, apart, output_symbol, sizes


@dataclass(frozen=True)
class Step:
    """A layer of the network with its equations.

    number      of the course's layer that it belongs to; 0 before the first with parameters
    depth       how many containers it stands in
    path        its name as in saved parameters: residual_1.dense_1
    input, output   shapes with the batch axis "m"
    forward, backward   lines of tokens
    parameters  shapes by name, without buffers; `count` numbers in all
    """

    number: int
    depth: int
    path: str
    layer: Layer
    input: Sizes
    output: Sizes
    forward: tuple[Line, ...]
    backward: tuple[Line, ...]
    parameters: dict[str, Shape]
    count: int
    flops: int
    arguments: dict[str, object]
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Explanation:
    """What there is to say of a model: its networks' steps, the cost, and how parameters are updated."""

    name: str
    networks: dict[str, tuple[Step, ...]]
    parts: tuple[Part, ...]
    batch_size: int
    itemsize: int


def explain(model: Model) -> Explanation:
    """The equations of a model."""
    config = model.config
    walks = {name: _Walk(network) for name, network in model.networks.items()}
    networks = {name: tuple(walk.steps) for name, walk in walks.items()}
    others = tuple(parts(model, {name: walk.end for name, walk in walks.items()}))
    itemsize = 8 if config.dtype == "float64" else 4
    return Explanation(config.name, networks, others, config.dataset.batch_size, itemsize)


def network_steps(network: Network) -> tuple[Step, ...]:
    """The layers of a network, what is inside one behind it, with their equations."""
    return tuple(_Walk(network).steps)


class _Walk:
    """One way through a network, numbering its layers."""

    def __init__(self, network: Network):
        self.number = 0
        self.used: set[Flow] = set()
        self.steps: list[Step] = []
        self.end = self.through(stages(network.layers, network.input_shape), Flow("X", None), 0, network.prefix)

    def through(self, walked: Iterable[Stage], flow: Flow, depth: int, prefix: str) -> Flow:
        """Layers one after another; what comes out of the last."""
        for stage in walked:
            path = f"{prefix}.{stage.name}" if prefix else stage.name
            said = inherited(type(stage.layer))
            if not stage.layer.paths:
                self.number += bool(stage.tree)
                flow = self.step(stage, said, flow, depth, path)
            elif not said.equations:  # a chain: it is its layers
                flow = self.through(stages(stage.layer.inner, stage.shape), flow, depth, path)
            else:
                flow = self.container(stage, said, flow, depth, path)
        return flow

    def container(self, stage: Stage, said: Statement, flow: Flow, depth: int, path: str) -> Flow:
        """What a layer says of the layers that it is made of, then those."""
        at = len(self.steps)
        for name, inside in stage.layer.paths:
            self.through(stages(inside, stage.shape), flow, depth + 1, f"{path}.{name}" if name else path)
        inner, self.steps[at:] = self.steps[at:], []
        after = self.step(stage, said, flow, depth, path)
        self.steps += inner
        return after

    def step(self, stage: Stage, said: Statement, flow: Flow, depth: int, path: str) -> Flow:
        """One layer; what comes out of it."""
        layer = stage.layer
        output = output_symbol(said)
        after = flow if output is None else apart(Flow(output, self.number), self.used)
        self.used.add(after)
        # of the directions of a bidirectional layer, which have the same, once
        named = {} if layer.paths else Layout(stage.tree).names
        parameters = {name.rpartition(".")[2]: param.shape for name, param in named.items() if param.trainable}
        name = Naming(said, flow, after, self.number, sizes(stage.shape), sizes(stage.output), parameters)
        holding = said.holding(layer)
        forward = name.lines(e for e in holding if not e.backward)
        self.steps.append(
            Step(
                number=self.number,
                depth=depth,
                path=path,
                layer=layer,
                input=sizes(stage.shape),
                output=sizes(stage.output),
                forward=(*forward, *name.others(forward)),
                backward=name.lines(e for e in holding if e.backward),
                parameters=parameters,
                count=0 if layer.paths else count(stage.tree),
                flops=layer.flops(stage.shape),
                arguments=values_of(layer, said),
                sources=said.cited(layer),
            )
        )
        return after


def operations(steps: Sequence[Step]) -> int:
    """Floating-point operations of the forward pass on one example; those inside a container are its own."""
    return sum(step.flops for step in steps if step.depth == 0)


def numbers_kept(steps: Sequence[Step]) -> int:
    """Numbers an example that the forward pass gives: what has to be kept for the way back, at most."""
    return sum(prod(size for size in step.output if isinstance(size, int)) for step in steps)
