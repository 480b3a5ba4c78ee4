"""The networks that bench_cnn.py measures: nntrain's trainer, and the same network of PyTorch's modules."""

from __future__ import annotations

import tempfile
from pathlib import Path

import paired  # isort: skip  # noqa: F401  (sets the BLAS variables before NumPy is imported)

import numpy as np
from torch_modules import modules

from nntrain.builder import build
from nntrain.config import read

M = 64
SGD = {"type": "sgd", "lr": 0.001, "momentum": 0.9}


def conv(filters, stride=1, kernel=3, bias=False):
    padding = "same" if stride == 1 else kernel // 2
    return {"conv2d": {"filters": filters, "kernel": kernel, "stride": stride, "padding": padding, "bias": bias}}


def mnist():
    layers = [conv(32, bias=True), "relu", {"max_pool2d": 2}, conv(64, bias=True), "relu", {"max_pool2d": 2}]
    return (1, 28, 28), [*layers, "flatten", {"dense": 128}, "relu", {"dense": 10}]


def vgg():
    layers = []
    for filters in (32, 64, 128):
        layers += [conv(filters), "batch_norm", "relu"] * 2 + [{"max_pool2d": 2}]
    return (3, 32, 32), [*layers, "flatten", {"dense": 10}]


def resnet():
    layers = [conv(16), "batch_norm", "relu"]
    for filters in (16, 32, 64):
        for block in range(3):
            stride = 2 if filters > 16 and block == 0 else 1
            body = [conv(filters, stride), "batch_norm", "relu", conv(filters), "batch_norm"]
            shortcut = [conv(filters, 2, 1), "batch_norm"] if stride == 2 else []
            layers += [{"residual": {"layers": body, "shortcut": shortcut}}, "relu"]
    return (3, 32, 32), [*layers, "global_avg_pool", {"dense": 10}]


NETWORKS = {"mnist": mnist, "vgg": vgg, "resnet": resnet}


def ours(name):
    """The trainer of a network, and one fixed batch."""
    shape, layers = NETWORKS[name]()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.npz"
        random = np.random.default_rng(0)
        np.savez(path, x=random.standard_normal((2 * M, *shape)).astype(np.float32), y=np.arange(2 * M) % 10)
        config = {
            "dataset": {"type": "npz", "path": str(path), "batch_size": M},
            "architecture": layers,
            "loss": "cross_entropy",
            "optimizer": SGD,
            "training": {"epochs": 1},
        }
        built = build(read(config))
    return built.config.training.loop.trainer(built), built.data.parts["train"].batch(np.arange(M))


def theirs(torch, network, channels_last):
    """The same network of PyTorch's modules, as a function that does one step."""
    nn = torch.nn
    model = modules(torch, network.layers, network.input_shape)
    x, y = torch.randn(M, *network.input_shape), torch.randint(0, 10, (M,))
    if channels_last:
        model, x = model.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), lr=SGD["lr"], momentum=SGD["momentum"])

    def step():
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()

    return step
