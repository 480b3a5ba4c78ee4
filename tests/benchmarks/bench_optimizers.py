"""One optimizer step over the flat float32 vector against PyTorch's fused and foreach forms.

    pip install '.[bench]' && python tests/benchmarks/bench_optimizers.py [threads]

Calls alternate; a step uses dθ up, so it is filled again before each one, outside the time.  Medians in microseconds;
the ratio is PyTorch's faster form over nntrain: above 1, nntrain is faster.
"""

import sys
import time
from statistics import median

import paired  # noqa: F401  first: sets the BLAS variables before NumPy is imported

# isort: split

import numpy as np
import torch

from nntrain.components import find
from nntrain.model.parameters import allocate
from nntrain.runtime import threads

CONTENDERS = {
    "sgd": (torch.optim.SGD, {"momentum": 0.9}),
    "adagrad": (torch.optim.Adagrad, {}),
    "rmsprop": (torch.optim.RMSprop, {}),
    "adam": (torch.optim.Adam, {}),
    "adamw": (torch.optim.AdamW, {}),
}
SIZES = {6_698: 500, 535_818: 51, 10_000_000: 9}  # the digits MLP, the MNIST MLP, a large one: rounds


def ours(name, arguments, noise):
    """A timed step."""
    optimizer = find("optimizer")[name](lr=1e-3, **arguments)
    theta, dtheta, *vectors = (allocate(noise.size, np.float32) for _ in range(2 + len(optimizer.slot_names())))
    slots = dict(zip(optimizer.slot_names(), vectors, strict=True))
    t = 0

    def step():
        nonlocal t
        t += 1
        dtheta[:] = noise
        start = time.perf_counter()
        optimizer.step(theta, dtheta, slots, 1e-3, t, noise.size)
        return time.perf_counter() - start

    return step


def theirs(kind, arguments, noise, **form):
    """A timed step, or None where this form does not exist."""
    theta = torch.zeros(noise.size, requires_grad=True)
    theta.grad = torch.tensor(noise)
    try:
        optimizer = kind([theta], lr=1e-3, **arguments, **form)
    except TypeError:
        return None

    def step():
        start = time.perf_counter()
        optimizer.step()
        return time.perf_counter() - start

    return step


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else threads.available_cores()
    threads.set_threads(count)
    torch.set_num_threads(count)
    print(f"threads {count}, NumPy {np.__version__}, PyTorch {torch.__version__}")
    print(f"{'optimizer':9} {'parameters':>11} {'nntrain':>9} {'fused':>9} {'foreach':>9}  ratio")
    for name, (kind, arguments) in CONTENDERS.items():
        for size, rounds in SIZES.items():
            noise = np.random.default_rng(0).standard_normal(size, np.float32)
            forms = [
                ours(name, arguments, noise),
                theirs(kind, arguments, noise, fused=True),
                theirs(kind, arguments, noise, foreach=True),
            ]
            times = [[step() if step else float("inf") for step in forms] for _ in range(rounds)]
            mine, *peers = (median(column) * 1e6 for column in zip(*times, strict=True))
            ratio = median(min(row[1:]) / row[0] for row in times)
            print(f"{name:9} {size:11,} {mine:9.1f} {peers[0]:9.1f} {peers[1]:9.1f}  {ratio:5.2f}", flush=True)


if __name__ == "__main__":
    main()
