"""Every kind of convolution at three sizes beside PyTorch's: forward, and backward with dX, dW and db.

    pip install '.[bench]' && python tests/benchmarks/bench_convolutions.py [KIND ...] [--threads N] [--rounds N]

float32.  Both sides take turns in one process, PyTorch in the better of its two layouts for each row.  With one thread
it is processor time that counts, which neighbours disturb less; with more, the clock.  A ratio above 1: nntrain is
faster.
"""

from __future__ import annotations

import argparse
import statistics
import time

import paired  # noqa: F401  first: sets the BLAS variables before NumPy is imported

# isort: split

import numpy as np

from nntrain.layers import Conv1d, Conv2d, ConvTranspose2d, Sequential
from nntrain.model.context import Context
from nntrain.model.network import Network
from nntrain.runtime import threads
from nntrain.runtime.memory import keep_freed_memory

SIZES = [(16, 32, 32), (64, 16, 28), (128, 14, 64)]  # channels, height and width or a twentieth of the steps, examples
KINDS = {
    "3x3": {"kernel": 3, "padding": 1},
    "1x1": {"kernel": 1},
    "5x5": {"kernel": 5, "padding": 2},
    "7x7": {"kernel": 7, "padding": 3},
    "3x3 stride 2": {"kernel": 3, "stride": 2, "padding": 1},
    "1x1 stride 2": {"kernel": 1, "stride": 2},
    "3x3 dilation 2": {"kernel": 3, "dilation": 2, "padding": 2},
    "3x3 depthwise": {"kernel": 3, "padding": 1, "groups": "channels"},
    "3x3 4 groups": {"kernel": 3, "padding": 1, "groups": 4},
    "transposed 4x4 stride 2": {"kernel": 4, "stride": 2, "padding": 1},
    "conv1d 3": {"kernel": 3, "padding": 1},
    "conv1d 9 stride 2": {"kernel": 9, "stride": 2, "padding": 4},
}
LAYOUTS = ("default", "channels_last")


def layer_of(kind, channels):
    """Our layer and PyTorch's module with the same arguments."""
    import torch

    arguments = {**KINDS[kind]}
    groups = arguments.pop("groups", 1)
    groups = channels if groups == "channels" else groups
    cls, name = Conv2d, "Conv2d"
    if kind.startswith("conv1d"):
        cls, name = Conv1d, "Conv1d"
    elif kind.startswith("transposed"):
        cls, name = ConvTranspose2d, "ConvTranspose2d"
    size = arguments.pop("kernel")
    module = getattr(torch.nn, name)(channels, channels, size, groups=groups, **arguments)
    return cls(filters=channels, kernel=size, groups=groups, **arguments), module


def contenders(kind, channels, side, m):
    """Timed (forward, backward) of nntrain and of PyTorch's layouts."""
    import torch

    layer, module = layer_of(kind, channels)
    one_axis = kind.startswith("conv1d")
    shape = (20 * side, channels) if one_axis else (channels, side, side)
    network = Network(Sequential((layer,)), shape)
    network.allocate("float32")
    network.draw(0)
    random = np.random.default_rng(0)
    X = random.standard_normal((*shape, m)).astype(np.float32)
    dY = random.standard_normal((*network.output_shape, m)).astype(np.float32)

    def ours(clock):
        start = clock()
        _, caches = network.forward(X, Context(training=True))
        middle = clock()
        network.clear_gradient()
        network.root.backward(network.p, network.g, dY, caches)
        return middle - start, clock() - middle

    def theirs(layout):
        A, D = (torch.tensor(np.ascontiguousarray(np.moveaxis(array, -1, 0))) for array in (X, dY))
        if one_axis:
            A, D = A.transpose(1, 2).contiguous(), D.transpose(1, 2).contiguous()
        elif layout == "channels_last":
            A, D = (array.contiguous(memory_format=torch.channels_last) for array in (A, D))
            module.to(memory_format=torch.channels_last)
        A.requires_grad_()

        def run(clock):
            for given in (A, *module.parameters()):
                given.grad = None
            start = clock()
            Y = module(A)
            middle = clock()
            Y.backward(D)
            return middle - start, clock() - middle

        return run

    layouts = LAYOUTS[:1] if one_axis else LAYOUTS
    return [ours, *(theirs(layout) for layout in layouts)]


def measure(kind, size, rounds, clock):
    """Milliseconds of nntrain's forward and backward, and the ratios of forward, backward and both."""
    runs = contenders(kind, *size)
    found = []
    for i in range(rounds + 1):
        times = [min((run(clock) for _ in range(2)), key=sum) for run in runs]
        if i:
            found.append(times)
    best = min(range(1, len(runs)), key=lambda k: statistics.median(sum(times[k]) for times in found))
    mine = [statistics.median(times[0][i] for times in found) for i in (0, 1)]
    each = [statistics.median(times[best][i] / times[0][i] for times in found) for i in (0, 1)]
    both = statistics.median(sum(times[best]) / sum(times[0]) for times in found)
    return mine, each, both


def main():
    import torch

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    keep_freed_memory()
    threads.set_threads(arguments.threads)
    torch.set_num_threads(arguments.threads)
    clock = time.process_time if arguments.threads == 1 else time.perf_counter
    print("| kind | channels, side, m | forward ms | backward ms | forward | backward | both |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for kind in arguments.kinds or KINDS:
        for size in SIZES:
            mine, each, both = measure(kind, size, arguments.rounds, clock)
            cells = [f"{mine[0] * 1e3:.2f}", f"{mine[1] * 1e3:.2f}", f"{each[0]:.2f}", f"{each[1]:.2f}", f"{both:.2f}"]
            print(f"| {kind} | {', '.join(map(str, size))} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
