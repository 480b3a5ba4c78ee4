"""Training steps of convolutional networks beside PyTorch eager, and each layer's share of what np.matmul reaches.

    pip install '.[bench]' && python tests/benchmarks/bench_cnn.py [mnist|vgg|resnet|layers ...] [--threads 1 2]

float32, m = 64; forward, backward and update (SGD with momentum), as the engine makes them.  Both run in this process
in alternating blocks of steps; PyTorch in the better of its two layouts.  A ratio above 1 means that nntrain is faster.

The first line says what both sides' products reach.  Where OPENBLAS_CORETYPE keeps NumPy from AVX-512,
ONEDNN_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2 MKL_ENABLE_INSTRUCTIONS=AVX2 do the same for PyTorch.
"""

from __future__ import annotations

import argparse
import statistics
import time

from cnn_networks import NETWORKS, M, ours, theirs  # isort: skip  (sets the BLAS variables before NumPy is imported)

import numpy as np

from nntrain.model.layer import Context
from nntrain.runtime import threads
from nntrain.runtime.memory import keep_freed_memory

LAYOUTS = ("default", "channels_last")


def seconds(step):
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def block(step, count=3):
    """Median seconds of `count` steps, after one that brings back caches and threads: PyTorch's spin for a while."""
    step()
    return statistics.median(seconds(step) for _ in range(count))


def compare(name, counts, rounds):
    import torch

    for count in counts:
        threads.set_threads(count)
        torch.set_num_threads(count)
        trainer, batch = ours(name)
        steps = {"nntrain": lambda trainer=trainer, batch=batch: trainer.step(batch, 0)}
        steps |= {layout: theirs(torch, trainer.networks["network"], layout == "channels_last") for layout in LAYOUTS}
        times = {side: [] for side in steps}
        for _ in range(rounds):
            for side, step in steps.items():
                times[side].append(block(step))
        medians = {side: statistics.median(found) for side, found in times.items()}
        best = min(LAYOUTS, key=medians.get)
        ratios = [t / n for t, n in zip(times[best], times["nntrain"], strict=True)]
        print(
            f"{name:7s} threads {count}   PyTorch {medians[best] * 1e3:6.1f} ms ({best})"
            f"   nntrain {medians['nntrain'] * 1e3:6.1f} ms"
            f"   ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})",
            flush=True,
        )


def scaling(name, rounds, pairs=10):
    """How much faster two threads are than one; PyTorch's beside it, for how free two cores are.

    Steps with one and with two threads follow each other directly, and the median is over all such pairs: the speed of
    a shared machine changes within a second.
    """
    import torch

    trainer, batch = ours(name)
    steps = {"nntrain": lambda: trainer.step(batch, 0), "PyTorch": theirs(torch, trainer.networks["network"], True)}
    found = {side: [] for side in steps}
    for _ in range(rounds):
        for side, step in steps.items():
            step()
            for _ in range(pairs):
                times = []
                for count in (1, 2):
                    threads.set_threads(count)
                    torch.set_num_threads(count)
                    times.append(seconds(step))
                found[side].append(times[0] / times[1])
    told = []
    for side, ratios in found.items():
        low, median, high = statistics.quantiles(ratios, n=4)
        told.append(f"{side} {median:.2f} (half of the pairs {low:.2f} to {high:.2f})")
    print(f"{name:7s} 2 threads are so many times as fast as 1: {', '.join(told)}", flush=True)


def matmul_speed():
    """GFLOP/s of one large np.matmul on one thread."""
    A = np.random.default_rng(0).standard_normal((768, 768)).astype(np.float32)
    out = np.empty_like(A)
    return 2 * 768**3 / block(lambda: np.matmul(A, A, out=out), 15) / 1e9


def products():
    """What both sides' products reach: where they differ much, one of them uses wider instructions."""
    import torch

    torch.set_num_threads(1)
    X, W = (torch.randn(shape).to(memory_format=torch.channels_last) for shape in ((1, 256, 58, 58), (256, 256, 3, 3)))
    with torch.no_grad():
        theirs = 2 * 9 * 256**2 * 56**2 / block(lambda: torch.conv2d(X, W), 15) / 1e9
    print(f"one thread: np.matmul {matmul_speed():.0f} GFLOP/s, torch.conv2d {theirs:.0f} GFLOP/s", flush=True)


def layer_table(count, rounds, name="vgg"):
    """Each layer in its network: milliseconds, and products a second as a share of np.matmul's."""
    threads.set_threads(count)
    trainer, batch = ours(name)
    for _ in range(3):
        trainer.step(batch, 0)
    network = trainer.networks["network"]
    (places, layers), ps, gs = zip(*network.root._steps, strict=True), network.p.children, network.g.children
    speed, times = matmul_speed() * count, [([], []) for _ in layers]
    shapes = [network.input_shape]
    for _ in range(3 * rounds):
        A, caches = batch.X, []
        for i, layer in enumerate(layers):
            start = time.perf_counter()
            A, cache = layer.forward(ps[places[i]], A, Context(training=True))
            times[i][0].append(time.perf_counter() - start)
            caches.append(cache)
            shapes[i + 1 :] = [A.shape[:-1]]
        _, d = trainer.loss(A, batch.Y)
        for i in range(len(layers) - 1, -1, -1):
            start = time.perf_counter()
            d = (
                layers[i].backward(ps[places[i]], gs[places[i]], d, caches[i])
                if i
                else layers[i].accumulate(ps[places[i]], gs[places[i]], d, caches[i])
            )
            times[i][1].append(time.perf_counter() - start)
    print(f"np.matmul: {speed:.0f} GFLOP/s with {count} threads; the direct sum's products count, also for Winograd")
    print(f"{'layer':36s}{'forward ms':>11s}{'share':>7s}{'backward ms':>13s}{'share':>7s}")
    for i, layer in enumerate(layers):
        ms = [statistics.median(found) * 1e3 for found in times[i]]
        shares = ["", ""]
        if layer.type in ("conv2d", "dense"):
            gflop = layer.flops(shapes[i]) * M / 1e9
            passes = (1, 1 if i == 0 else 2)
            shares = [f"{n * gflop / t * 1e3 / speed:.0%}" for n, t in zip(passes, ms, strict=True)]
        print(
            f"{type(layer).__name__:16s}{shapes[i + 1]!s:20s}{ms[0]:11.2f}{shares[0]:>7s}{ms[1]:13.2f}{shares[1]:>7s}"
        )
    print(
        f"{'all':36s}{sum(statistics.median(f) for f, _ in times) * 1e3:11.2f}{'':7s}"
        f"{sum(statistics.median(b) for _, b in times) * 1e3:13.2f}"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="*", default=["mnist", "vgg", "resnet", "layers"])
    parser.add_argument("--threads", nargs="*", type=int, default=[1, 2])
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    keep_freed_memory()
    if any(what in NETWORKS for what in arguments.what):
        products()
    for what in arguments.what:
        name, _, of = what.partition(":")
        if name == "layers":
            for count in arguments.threads:
                layer_table(count, arguments.rounds, of or "vgg")
        else:
            compare(what, arguments.threads, arguments.rounds)
            if len(arguments.threads) > 1:
                scaling(what, arguments.rounds)


if __name__ == "__main__":
    main()
