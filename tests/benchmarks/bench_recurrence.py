"""Training steps of recurrent networks, paired with PyTorch eager: `python tests/benchmarks/bench_recurrence.py`.

A step is: recurrent layer, dense at every time step, softmax cross-entropy, backward, SGD with momentum.  Both sides
take turns in one process, each with the same number of threads; the table shows medians in milliseconds and the
median ratio PyTorch / nntrain of neighbouring runs.  PyTorch runs time-first and batch-first, the faster one counts.
"""

from __future__ import annotations

import ctypes
import os
import statistics
import sys
import time

for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "BLIS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np  # noqa: E402

from nntrain.kernels import (  # noqa: E402
    affine_steps,
    gru,
    lstm,
    rnn,
)
from nntrain.runtime import threads  # noqa: E402

GATES = {"lstm": 4, "gru": 3, "rnn": 1}
# kind, steps, examples, inputs, units, outputs
CASES = [
    ("lstm", 64, 64, 64, 128, 64),
    ("lstm", 128, 32, 64, 256, 64),
    ("gru", 64, 64, 64, 128, 64),
    ("gru", 128, 32, 64, 256, 64),
    ("rnn", 64, 64, 64, 128, 64),
]
LEARNING_RATE, MOMENTUM = 0.01, 0.9


def keep_freed_memory() -> None:
    """What the command line does at its start: glibc must not give large arrays back between steps."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        for option, value in ((-3, 1 << 30), (-1, 2**31 - 1), (-2, 64 << 20)):
            libc.mallopt(option, value)


def cross_entropy(Z, Y):
    """Mean cost and its derivative over (T, classes, m), by halves of the steps."""
    T, _, m = Z.shape
    dZ = np.empty_like(Z)
    scale = Z.dtype.type(1 / (T * m))

    def part(steps):
        z, d = Z[steps], dZ[steps]
        np.subtract(z, z.max(axis=1, keepdims=True), d)
        truth = np.take_along_axis(d, Y[steps][:, None], axis=1)
        np.exp(d, d)
        total = d.sum(axis=1, keepdims=True)
        cost = float((np.log(total) - truth).sum(dtype=float))
        np.multiply(d, scale / total, d)
        at = np.arange(len(d))[:, None], Y[steps], np.arange(m)
        d[at] -= scale
        return cost

    costs = threads.run(part, [slice(0, T // 2), slice(T // 2, T)])
    return sum(costs) * float(scale), dZ


class Ours:
    def __init__(self, kind, T, m, n_x, n, classes, random):
        self.kind, rows = kind, GATES[kind] * n
        shapes = [(rows, n_x), (rows, n), (rows, 1)] + [(rows, 1)] * (kind == "gru") + [(classes, n), (classes, 1)]
        self.theta = (random.standard_normal(sum(r * c for r, c in shapes)) * 0.1).astype(np.float32)
        self.d_theta, self.velocity = np.zeros_like(self.theta), np.zeros_like(self.theta)
        self.parameters, self.gradients = self.views(self.theta, shapes), self.views(self.d_theta, shapes)
        self.X = random.standard_normal((T, n_x, m)).astype(np.float32)
        self.Y = random.integers(0, classes, (T, m))
        self.kernel = {"lstm": lstm, "gru": gru, "rnn": rnn}[kind]

    @staticmethod
    def views(flat, shapes):
        ends = np.cumsum([r * c for r, c in shapes])[:-1]
        return [part.reshape(shape) for part, shape in zip(np.split(flat, ends), shapes, strict=True)]

    def step(self):
        self.d_theta[:] = 0
        *p, V, c = self.parameters
        *g, g_V, g_c = self.gradients
        states = (None,) * (2 if self.kind == "lstm" else 1)
        A, _, cache = self.kernel.forward(self.X, p, states)
        cost, dZ = cross_entropy(affine_steps.forward(V, c, A), self.Y)
        dA = affine_steps.backward(dZ, V, A, g_V, g_c)
        self.kernel.backward(dA, states, cache, g, need_dX=False)
        self.velocity *= np.float32(MOMENTUM)
        self.velocity += self.d_theta
        self.theta -= np.float32(LEARNING_RATE) * self.velocity
        return cost


class Theirs:
    def __init__(self, ours, batch_first):
        import torch

        self.torch = torch
        n_x = ours.X.shape[1]
        classes, n = ours.parameters[-2].shape
        module = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}[ours.kind]
        self.layer, self.dense = module(n_x, n, batch_first=batch_first), torch.nn.Linear(n, classes)
        order = (1, 0) if batch_first else (0, 1)
        self.X = torch.tensor(np.ascontiguousarray(ours.X.transpose(0, 2, 1).transpose(*order, 2)))
        self.Y = torch.tensor(np.ascontiguousarray(ours.Y.transpose(order)).ravel())
        parameters = [*self.layer.parameters(), *self.dense.parameters()]
        self.optimizer = torch.optim.SGD(parameters, lr=LEARNING_RATE, momentum=MOMENTUM)

    def step(self):
        self.optimizer.zero_grad()
        A, _ = self.layer(self.X)
        Z = self.dense(A)
        J = self.torch.nn.functional.cross_entropy(Z.reshape(len(self.Y), -1), self.Y)
        J.backward()
        self.optimizer.step()


def seconds(run, steps=3):
    """Of one step in a steady state: PyTorch's idle threads spin for some milliseconds and would take a core from the
    first step of whoever comes after them, so that step is not timed, for neither side."""
    run()
    start = time.perf_counter()
    for _ in range(steps):
        run()
    return (time.perf_counter() - start) / steps


def main(count=2, rounds=25):
    import torch

    keep_freed_memory()
    torch.set_num_threads(count)
    threads.set_threads(count)
    print(f"{'kind':6}{'T':>5}{'m':>5}{'n_x':>5}{'n':>5}{'out':>5}{'nntrain':>10}{'PyTorch':>10}{'ratio':>8}")
    for kind, *sizes in CASES:
        ours = Ours(kind, *sizes, np.random.default_rng(0))
        runs = [ours.step, Theirs(ours, False).step, Theirs(ours, True).step]
        for run in runs:
            run(), run()
        table = [[seconds(run) for run in runs] for _ in range(rounds)]
        mine, *others = (statistics.median(column) for column in zip(*table, strict=True))
        best = 1 + others.index(min(others))
        ratio = statistics.median(row[best] / row[0] for row in table)
        print(
            f"{kind:6}" + "".join(f"{s:5}" for s in sizes) + f"{mine * 1e3:10.2f}{min(others) * 1e3:10.2f}{ratio:8.2f}"
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
