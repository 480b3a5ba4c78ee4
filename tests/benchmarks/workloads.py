"""The workloads of the speed table: their configs and data, a step of each on either side, and whole processes.

`python tests/benchmarks/workloads.py NAME DATA.npz STEPS THREADS` trains in PyTorch what `nntrain fit` trains.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paired  # noqa: F401  first: sets the BLAS variables before NumPy is imported

# isort: split

import numpy as np
from cnn_networks import mnist, resnet, vgg
from torch_modules import modules

from nntrain.builder import build
from nntrain.config import read

ROOT = Path(__file__).parents[2]


def dense(*units):
    """Layers of these widths with relu between them."""
    layers: list[Any] = []
    for n in units[:-1]:
        layers += [{"dense": n}, "relu"]
    return [*layers, {"dense": units[-1]}]


@dataclass(frozen=True)
class Workload:
    """What is trained: shape of an example, layers, batch, and how many steps a short and a long process take."""

    title: str
    shape: tuple[int, ...]
    layers: list[Any]
    m: int
    steps: tuple[int, int]
    classes: int = 10
    adam: bool = False

    @property
    def sequence(self) -> bool:
        """Whether there is a label for every step."""
        return len(self.shape) == 2

    def data(self):
        """x and y of 16 batches, examples first."""
        random, N = np.random.default_rng(0), 16 * self.m
        x = random.standard_normal((N, *self.shape)).astype(np.float32)
        return x, random.integers(0, self.classes, (N, self.shape[0]) if self.sequence else N)

    def config(self, path):
        """What `nntrain fit` is given."""
        return {
            "dataset": {
                "type": "npz", "path": str(path), "batch_size": self.m, "validation": 0, "classes": self.classes,
            },
            "architecture": self.layers,
            "loss": "cross_entropy",
            "optimizer": {"type": "adam"} if self.adam else {"type": "sgd", "lr": 0.001, "momentum": 0.9},
            "training": {"steps": 1, "monitor": "train.loss", "evaluate": {"steps": 1_000_000}},
        }  # fmt: skip


WORKLOADS = {
    "digits_mlp": Workload("digits MLP 64-64-32-10", (64,), dense(64, 32, 10), 32, (1000, 11_000)),
    "mnist_mlp": Workload("MNIST MLP 784-512-256-10", (784,), dense(512, 256, 10), 128, (100, 900)),
    "mnist_adam": Workload("the same with Adam", (784,), dense(512, 256, 10), 128, (100, 900), adam=True),
    "mnist_cnn": Workload("MNIST CNN 32c3-p2-64c3-p2-128-10", *mnist(), 64, (5, 65)),
    "vgg": Workload("CIFAR VGG 2×(32, 64, 128) with batch norm", *vgg(), 64, (2, 22)),
    "resnet": Workload("CIFAR ResNet-20", *resnet(), 64, (2, 14)),
    "lstm_128": Workload("LSTM, T = 64, 64→128→64", (64, 64), [{"lstm": 128}, {"dense": 64}], 64, (5, 85), 64),
    "gru_128": Workload("GRU, T = 64, 64→128→64", (64, 64), [{"gru": 128}, {"dense": 64}], 64, (5, 85), 64),
    "lstm_256": Workload("LSTM, T = 128, 64→256→64", (128, 64), [{"lstm": 256}, {"dense": 64}], 32, (3, 33), 64),
}


def ours(workload, folder):
    """A training step as the engine makes it, on one batch."""
    path = Path(folder) / "data.npz"
    x, y = workload.data()
    np.savez(path, x=x, y=y)
    built = build(read(workload.config(path)))
    trainer, batch = built.loop.trainer(built), built.data.parts["train"].batch(np.arange(workload.m))
    return lambda: trainer.step(batch, 0)


def network_of(workload):
    """The layers, with their sizes, and the shape that comes in."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.npz"
        x, y = workload.data()
        np.savez(path, x=x, y=y)
        (network,) = build(read(workload.config(path))).networks.values()
    return network


def theirs(workload, channels_last):
    """The same step in PyTorch, on one batch."""
    import torch

    step, tensors = torch_step(torch, workload, channels_last)
    x, y = tensors(*(array[: workload.m] for array in workload.data()))
    return lambda: step(x, y)


def torch_step(torch, workload, channels_last):
    """A function that does one step on tensors x, y, and one that makes them of arrays."""
    nn = torch.nn
    model = modules(torch, network_of(workload).layers, workload.shape)
    if channels_last and len(workload.shape) == 3:
        model = model.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9)
    if workload.adam:
        optimizer = torch.optim.Adam(model.parameters(), fused=True)

    def step(x, y):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x).reshape(y.numel(), -1), y.reshape(-1)).backward()
        optimizer.step()

    def tensors(x, y):
        x, y = torch.tensor(x), torch.tensor(y)
        return (x.to(memory_format=torch.channels_last) if channels_last and x.ndim == 4 else x), y

    return step, tensors


def train_torch(name, path, steps, count):
    """A whole PyTorch training: the peer of `nntrain fit`."""
    import torch

    torch.set_num_threads(count)
    workload = WORKLOADS[name]
    data = np.load(path)
    step, tensors = torch_step(torch, workload, channels_last=True)
    X, Y = tensors(data["x"], data["y"])
    done = 0
    while done < steps:
        for rows in torch.randperm(len(X)).split(workload.m)[: steps - done]:
            step(X[rows], Y[rows])
            done += 1


def process_seconds(command):
    """Seconds of a whole process by the clock, and of the processor."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    before, start = os.times(), time.perf_counter()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    seconds, after = time.perf_counter() - start, os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return seconds, used


def outside(name, folder, count, rounds, share=1.0, until=float("inf")):
    """For each round the ratio PyTorch ÷ nntrain of a step from outside: the slope between a short and a long run.

    share  of the steps that the long run has more than the short one
    until  on the monotonic clock: no round but the first begins later
    """
    import yaml

    workload, folder = WORKLOADS[name], Path(folder)
    x, y = workload.data()
    np.savez(folder / "data.npz", x=x, y=y)
    (folder / "c.yaml").write_text(yaml.safe_dump(workload.config(folder / "data.npz")))
    short, long = workload.steps
    lengths = short, short + max(1, round(share * (long - short)))
    ratios = []
    for k in range(rounds):
        if k and time.monotonic() > until:
            break
        slopes = []
        for peer in (False, True):
            times = []
            for steps in lengths:
                mine = ["-m", "nntrain", "fit", str(folder / "c.yaml"), f"training.steps={steps}", "-q"]
                mine += ["--threads", str(count), "--run-dir", str(folder / f"{k}-{steps}")]
                others = [str(Path(__file__)), name, str(folder / "data.npz"), str(steps), str(count)]
                times.append(process_seconds([sys.executable, *(others if peer else mine)])[0])
            slopes.append(times[1] - times[0])
        ratios.append(slopes[1] / slopes[0])
    return ratios


if __name__ == "__main__":
    train_torch(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
