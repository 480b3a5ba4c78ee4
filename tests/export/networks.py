"""Networks with random parameters, for tests of exports."""

from collections.abc import Iterator

import numpy as np
from layers.cases import CASES, Case

from nntrain.layers import Context, Layer, Sequential, Symbols
from nntrain.model.network import Network


def within(layer: Layer) -> Iterator[Layer]:
    """The layer, and all inside it."""
    yield layer
    for one in layer.inner:
        yield from within(one)


def known(layer: Layer, table) -> bool:
    """Whether the table of a format has the layer, and all inside it."""
    return all(type(one) in table for one in within(layer))


# every case of a layer that does not need a neighbour, another sequence, or a state from before
ALL = [
    (f"{name}-{i}", case)
    for name, cases in CASES.items()
    for i, case in enumerate(cases)
    if name != "tied" and case.context(2).state is None and not any(one.reads_source for one in within(case.layer))
]
LABELS, CHOSEN = [label for label, _ in ALL], [case for _, case in ALL]


def network_of(*layers, shape, dtype="float32", seed=0):
    """A network whose parameters are all random, statistics of batch norm too."""
    network = Network(Sequential(layers), shape)
    network.allocate(dtype)
    network.draw(seed)
    random = np.random.default_rng(seed)
    for name, array in network.layout.arrays(network.theta).items():
        noise = random.uniform(0.5, 1.5, array.shape)
        array[...] = noise if name.endswith("variance") else array + 0.3 * (noise - 1)
    return network


def of_case(case: Case, dtype="float32"):
    return network_of(case.layer, shape=case.shape, dtype=dtype)


def inputs(shape, m, dtype="float32", seed=1):
    """Examples (…, m)."""
    random = np.random.default_rng(seed)
    if isinstance(shape, Symbols):
        return random.integers(0, shape.vocabulary, (*shape, m))
    return random.standard_normal((*shape, m)).astype(dtype)


def outputs(network, X, lengths=None):
    """What the network says, examples first."""
    context = Context(training=False)
    context.lengths = lengths
    return np.moveaxis(network.apply(X, context), -1, 0)
