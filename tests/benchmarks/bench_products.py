"""Share of np.matmul's speed that the layers of four networks reach: forward, and backward with dX and dW.

    python tests/benchmarks/bench_products.py [vgg | resnet | lstm | transformer ...] [--rounds N]

float32, one thread, processor time, which neighbours disturb less.  A layer's operations are those of its definition:
a multiply-add is two, and backward does what forward does twice.  They are held against a product of two matrices
512×512, timed in turns with the layer.  Winograd's convolutions do half of the multiplications, so that more than 100 %
is possible; elementwise work within a layer (gates, softmax, bias) counts as time alone.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import Counter

from workloads import WORKLOADS, network_of  # isort: skip  (sets the BLAS variables before NumPy is imported)

import numpy as np

from nntrain.kernels.columns import empty_columns
from nntrain.layers import Attention, Dense, Sequential
from nntrain.model.context import Context
from nntrain.model.layer import stages
from nntrain.model.network import Network
from nntrain.runtime.memory import keep_freed_memory

SIDE = 512
OF_PRODUCTS = ("conv2d", "dense", "lstm")
NETWORKS = {"vgg": "vgg", "resnet": "resnet", "lstm": "lstm_128"}


def layers_of(layers, shape):
    """Every layer that multiplies matrices, with the shape that comes in, those inside of others too."""
    for stage in stages(layers, shape):
        for _, path in stage.layer.paths:
            yield from layers_of(path, stage.shape)
        if stage.layer.type in OF_PRODUCTS:
            yield stage.layer, stage.shape


def cases(name):
    """(layer, shape) -> how often it stands in the network; and the batch."""
    if name == "transformer":  # configs/char_gpt.yaml
        each = [Attention(heads=4, causal=True, bias=False), Dense(512, bias=False), Dense(128, bias=False)]
        shapes = [(64, 128), (64, 128), (64, 512)]
        return {**dict.fromkeys(zip(each, shapes, strict=True), 4), (Dense(65, bias=False), (64, 128)): 1}, 12
    workload = WORKLOADS[NETWORKS[name]]
    return Counter(layers_of(network_of(workload).layers, workload.shape)), workload.m


def as_columns(A):
    """A copy that lies in columns."""
    copy = empty_columns(A)
    copy[...] = A
    return copy


def passes(layer, shape, m, in_columns):
    """Forward, and backward, as functions without arguments.   in_columns: sequences lie as attention leaves them."""
    network = Network(Sequential((layer,)), shape)
    network.allocate("float32")
    network.draw(0)
    random = np.random.default_rng(0)
    X, dY = (random.standard_normal((*s, m)).astype(np.float32) for s in (shape, network.output_shape))
    if in_columns:
        X, dY = as_columns(X), as_columns(dY)
    _, caches = network.forward(X, Context(training=True))

    def backward():
        network.clear_gradient()
        network.root.backward(network.p, network.g, dY, caches)

    return lambda: network.forward(X, Context(training=True)), backward


def seconds(call, at_least=0.01):
    """Processor time of a call, over as many as take a while."""
    start, count = time.process_time(), 0
    while (passed := time.process_time() - start) < at_least:
        call()
        count += 1
    return passed / count


def shares(layer, shape, m, in_columns, rounds):
    """Milliseconds of both passes, and the shares of np.matmul's speed of forward, backward and both."""
    A = np.random.default_rng(0).standard_normal((SIDE, SIDE)).astype(np.float32)
    forward, backward = passes(layer, shape, m, in_columns)
    found = []
    for i in range(rounds + 1):
        product, *times = seconds(lambda: A @ A), seconds(forward), seconds(backward)
        ideal = layer.flops(shape) * m * product / (2 * SIDE**3)
        if i:
            found.append((1e3 * sum(times), ideal / times[0], 2 * ideal / times[1], 3 * ideal / sum(times)))
    return [statistics.median(column) for column in zip(*found, strict=True)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join([*NETWORKS, "transformer"]))
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    keep_freed_memory()
    print("| network | layer | on | times | ms | forward % | backward % | both % |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name in arguments.names or [*NETWORKS, "transformer"]:
        found, m = cases(name)
        for (layer, shape), count in found.items():
            took, *each = shares(layer, shape, m, name == "transformer", arguments.rounds)
            cells = [f"{took:.2f}", *(f"{100 * share:.0f}" for share in each)]
            units = next(str(getattr(layer, key)) for key in ("heads", "filters", "units") if hasattr(layer, key))
            on = "×".join(map(str, (*shape, m)))
            print(f"| {name} | {layer.type} {units} | {on} | {count} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
