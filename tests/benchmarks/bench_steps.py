"""One training step (forward, backward, update) of dense networks against PyTorch's eager mode.

    pip install '.[bench]' && python tests/benchmarks/bench_steps.py [threads]

The ratio is PyTorch's time over nntrain's: above 1, nntrain is faster.
"""

import sys
import tempfile
from itertools import pairwise
from pathlib import Path

from paired import alternate, report  # isort: skip  (sets the BLAS variables before NumPy is imported)

import numpy as np
import torch

from nntrain.builder import build
from nntrain.config import read
from nntrain.runtime import threads
from nntrain.runtime.memory import keep_freed_memory


def ours(sizes, m, optimizer):
    """A training step as the engine makes it, on one fixed batch."""
    random = np.random.default_rng(0)
    path = Path(tempfile.mkdtemp()) / "data.npz"
    np.savez(path, x=random.standard_normal((4 * m, sizes[0])), y=np.arange(4 * m) % sizes[-1])
    config = {
        "dataset": {"type": "npz", "path": str(path), "batch_size": m},
        "architecture": [layer for n in sizes[1:-1] for layer in ({"dense": n}, "relu")] + [{"dense": sizes[-1]}],
        "loss": "cross_entropy",
        "optimizer": optimizer,
        "training": {"epochs": 1},
    }
    built = build(read(config))
    trainer = built.config.training.loop.trainer(built)
    batch = built.data.parts["train"].batch(np.arange(m))
    return lambda: trainer.step(batch, 0)


def theirs(sizes, m, optimizer):
    layers = []
    for n_in, n_out in pairwise(sizes):
        layers += [torch.nn.Linear(n_in, n_out), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    if optimizer["type"] == "sgd":
        update = torch.optim.SGD(model.parameters(), lr=optimizer["lr"], momentum=optimizer["momentum"])
    else:
        update = torch.optim.Adam(model.parameters(), lr=optimizer["lr"])
    X, y = torch.randn(m, sizes[0]), torch.randint(0, sizes[-1], (m,))
    cost = torch.nn.CrossEntropyLoss()

    def step():
        update.zero_grad()
        cost(model(X), y).backward()
        update.step()

    return step


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    threads.set_threads(count)
    torch.set_num_threads(count)
    keep_freed_memory()
    sgd = {"type": "sgd", "lr": 0.01, "momentum": 0.9}
    adam = {"type": "adam", "lr": 0.001}
    for name, sizes, m, optimizer in (
        ("digits MLP 64-64-32-10, m=32, momentum", (64, 64, 32, 10), 32, sgd),
        ("MNIST MLP 784-512-256-10, m=128, momentum", (784, 512, 256, 10), 128, sgd),
        ("MNIST MLP 784-512-256-10, m=128, Adam", (784, 512, 256, 10), 128, adam),
    ):
        report(name, *alternate(ours(sizes, m, optimizer), theirs(sizes, m, optimizer)))


if __name__ == "__main__":
    main()
