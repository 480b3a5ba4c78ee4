"""One training step (forward, backward, update) of recurrent networks against PyTorch's eager mode.

    pip install '.[bench]' && python tests/benchmarks/bench_sequences.py [threads]

A recurrent layer, dense at every step, softmax cross-entropy, SGD with momentum; PyTorch in the better of its two
layouts.  The ratio is PyTorch's time over nntrain's: above 1, nntrain is faster.
"""

import sys
import tempfile
from pathlib import Path

from paired import alternate, report  # isort: skip  (sets the BLAS variables before NumPy is imported)

import numpy as np
import torch

from nntrain.builder import build
from nntrain.config import read
from nntrain.runtime import threads
from nntrain.runtime.memory import keep_freed_memory

OPTIMIZER = {"type": "sgd", "lr": 0.01, "momentum": 0.9}


def ours(kind, T, m, n_x, n, classes):
    """A training step as the engine makes it, on one fixed batch, and the batch."""
    random = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.npz"
        x = random.standard_normal((m, T, n_x)).astype(np.float32)
        np.savez(path, x=x, y=random.integers(0, classes, (m, T)))
        config = {
            "dataset": {"type": "npz", "path": str(path), "classes": classes, "batch_size": m, "validation": 0},
            "architecture": [{kind: n}, {"dense": classes}],
            "loss": "cross_entropy",
            "optimizer": OPTIMIZER,
            "training": {"epochs": 1},
        }
        built = build(read(config))
    trainer = built.config.training.loop.trainer(built)
    batch = built.data.parts["train"].batch(np.arange(m))
    return (lambda: trainer.step(batch, 0)), batch


def theirs(kind, batch, n, classes, batch_first):
    n_x = batch.X.shape[1]
    module = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}[kind]
    layer, dense = module(n_x, n, batch_first=batch_first), torch.nn.Linear(n, classes)
    order = (2, 0, 1) if batch_first else (0, 2, 1)
    X = torch.tensor(np.ascontiguousarray(batch.X.transpose(order)))
    Y = torch.tensor(np.ascontiguousarray(batch.Y.T if batch_first else batch.Y).ravel())
    cost = torch.nn.CrossEntropyLoss()
    parameters = [*layer.parameters(), *dense.parameters()]
    update = torch.optim.SGD(parameters, lr=OPTIMIZER["lr"], momentum=OPTIMIZER["momentum"])

    def step():
        update.zero_grad()
        A, _ = layer(X)
        cost(dense(A).reshape(len(Y), classes), Y).backward()
        update.step()

    return step


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    threads.set_threads(count)
    torch.set_num_threads(count)
    keep_freed_memory()
    for kind, T, m, n_x, n, classes in (
        ("lstm", 64, 64, 64, 128, 64),
        ("lstm", 128, 32, 64, 256, 64),
        ("gru", 64, 64, 64, 128, 64),
        ("gru", 128, 32, 64, 256, 64),
        ("rnn", 64, 64, 64, 128, 64),
    ):
        step, batch = ours(kind, T, m, n_x, n, classes)
        found = [alternate(step, theirs(kind, batch, n, classes, first)) for first in (False, True)]
        best = min(found, key=lambda times: times[1])
        report(f"{kind} T={T}, m={m}, {n_x}→{n}→{classes}", *best)


if __name__ == "__main__":
    main()
