"""Training steps of convolutional networks beside PyTorch eager, and each layer's share of what np.matmul reaches.

    python tests/benchmarks/bench_convolution.py [mnist|vgg|resnet|layers ...] [--threads 1 2] [--rounds 7]

float32, m = 64; forward, backward and update (SGD with momentum).  Both run in this process, alternating, in blocks of
steps; PyTorch in the better of its two layouts.  A ratio above 1 means that nntrain is faster.
"""

from __future__ import annotations

import argparse
import itertools
import os
import time

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"

import numpy as np

from nntrain import threads
from nntrain.kernels import convolution, memory, normalization, pooling, relu
from nntrain.kernels.windows import window

M = 64
LR, MOMENTUM, EPSILON = 0.001, 0.9, 1e-5
random = np.random.default_rng(0)


class Conv:
    def __init__(self, channels, filters, size, kernel=3, stride=1, bias=True):
        self.window = window((size, size), kernel, stride, "same" if stride == 1 else kernel // 2)
        scale = np.sqrt(2 / (channels * kernel**2))
        self.W = (random.standard_normal((filters, channels, kernel, kernel)) * scale).astype(np.float32)
        self.values = [self.W, np.zeros((filters, 1), np.float32)][: 1 + bias]

    def forward(self, X):
        self.X = X
        return convolution.conv2d_forward(X, self.W, self.values[1] if len(self.values) > 1 else None, self.window)

    def accumulate(self, dZ):
        self.gradients = [convolution.conv2d_backward_weights(self.X, dZ, self.window)]
        if len(self.values) > 1:
            self.gradients.append(convolution.bias_gradient(dZ))

    def backward(self, dZ):
        self.accumulate(dZ)
        return convolution.conv2d_backward_input(dZ, self.W, self.window, self.X.shape[1:3])


class BatchNorm:
    def __init__(self, channels):
        self.values = [np.ones((channels, 1), np.float32), np.zeros((channels, 1), np.float32)]

    def forward(self, X):
        Y, mean, variance = normalization.forward(X, *self.values, EPSILON)
        self.cache = X, self.values[0], mean, variance, EPSILON
        return Y

    def backward(self, dY):
        dX, *self.gradients = normalization.backward(dY, *self.cache)
        return dX


class ReLU:
    values = gradients = ()

    def forward(self, Z):
        self.A = relu.relu_forward(Z)
        return self.A

    def backward(self, dA):
        return relu.relu_backward(dA, self.A)


class MaxPool:
    values = gradients = ()

    def __init__(self, size):
        self.window = window((size, size), 2, 2)

    def forward(self, X):
        self.size = X.shape[1:3]
        Y, self.cache = pooling.max_pool_forward(X, self.window)
        return Y

    def backward(self, dY):
        return pooling.max_pool_backward(dY, self.cache, self.window, self.size)


class GlobalAverage:
    values = gradients = ()

    def forward(self, X):
        self.shape = X.shape
        return X.mean(axis=(1, 2))

    def backward(self, dY):
        dX = np.empty(self.shape, np.float32)
        dX[...] = (dY / np.float32(self.shape[1] * self.shape[2]))[:, None, None]
        return dX


class Dense:
    def __init__(self, inputs, units):
        W = (random.standard_normal((units, inputs)) * np.sqrt(2 / inputs)).astype(np.float32)
        self.values = [W, np.zeros((units, 1), np.float32)]

    def forward(self, X):
        self.shape, self.X = X.shape, X.reshape(-1, X.shape[-1])
        return self.values[0] @ self.X + self.values[1]

    def backward(self, dZ):
        self.gradients = [dZ @ self.X.T, dZ.sum(axis=1, keepdims=True)]
        return (self.values[0].T @ dZ).reshape(self.shape)


class Residual:
    def __init__(self, layers, shortcut):
        self.layers, self.shortcut = layers, shortcut

    def parts(self):
        return [*self.layers, *self.shortcut]

    def forward(self, X):
        A = S = X
        for layer in self.layers:
            A = layer.forward(A)
        for layer in self.shortcut:
            S = layer.forward(S)
        A += S
        return A

    def backward(self, d):
        s = d
        for layer in reversed(self.layers):
            d = layer.backward(d)
        for layer in reversed(self.shortcut):
            s = layer.backward(s)
        d += s
        return d


def leaves(layers):
    for layer in layers:
        yield from leaves(layer.parts()) if isinstance(layer, Residual) else (layer,)


def plan(layers):
    """The same function in a better order: the maximum of a window commutes with max(0, ·), which then has a quarter
    of the elements to do, forward and backward."""
    layers = list(layers)
    for i, pair in enumerate(itertools.pairwise(layers)):
        if isinstance(pair[0], ReLU) and isinstance(pair[1], MaxPool):
            layers[i : i + 2] = pair[::-1]
    return layers


class Network:
    def __init__(self, layers, shape, profile=None):
        self.layers, self.profile = plan(layers), profile
        self.X = random.standard_normal((*shape, M)).astype(np.float32)
        self.labels = random.integers(0, 10, M)
        self.velocity = None

    def timed(self, name, call, argument):
        start = time.perf_counter()
        result = call(argument)
        if self.profile is not None:
            self.profile.setdefault(name, []).append(time.perf_counter() - start)
        return result

    def step(self):
        A = self.X
        for i, layer in enumerate(self.layers):
            A = self.timed((i, type(layer).__name__, "forward"), layer.forward, A)
        E = np.exp(A - A.max(axis=0))
        d = E / E.sum(axis=0)
        loss = -np.log(d[self.labels, np.arange(M)]).mean()
        d[self.labels, np.arange(M)] -= 1
        d /= np.float32(M)
        for i in range(len(self.layers) - 1, 0, -1):
            layer = self.layers[i]
            d = self.timed((i, type(layer).__name__, "backward"), layer.backward, d)
        self.timed((0, type(self.layers[0]).__name__, "backward"), self.layers[0].accumulate, d)
        pairs = [pair for layer in leaves(self.layers) for pair in zip(layer.values, layer.gradients, strict=True)]
        if self.velocity is None:
            self.velocity = [np.zeros_like(v) for v, _ in pairs]
        for (value, gradient), v in zip(pairs, self.velocity, strict=True):
            v *= np.float32(MOMENTUM)
            v += gradient
            value -= np.float32(LR) * v
        return loss


def mnist():
    layers = [Conv(1, 32, 28), ReLU(), MaxPool(28), Conv(32, 64, 14), ReLU(), MaxPool(14)]
    return [*layers, Dense(64 * 49, 128), ReLU(), Dense(128, 10)], (1, 28, 28)


def vgg():
    layers, channels, size = [], 3, 32
    for filters in (32, 64, 128):
        for _ in range(2):
            layers += [Conv(channels, filters, size, bias=False), BatchNorm(filters), ReLU()]
            channels = filters
        layers.append(MaxPool(size))
        size //= 2
    return [*layers, Dense(2048, 10)], (3, 32, 32)


def resnet():
    layers, channels, size = [Conv(3, 16, 32, bias=False), BatchNorm(16), ReLU()], 16, 32
    for filters in (16, 32, 64):
        for block in range(3):
            stride = 2 if filters > 16 and block == 0 else 1
            body = [Conv(channels, filters, size, 3, stride, False), BatchNorm(filters), ReLU()]
            size //= stride
            body += [Conv(filters, filters, size, 3, 1, False), BatchNorm(filters)]
            shortcut = [Conv(channels, filters, size * 2, 1, 2, False), BatchNorm(filters)] if stride == 2 else []
            layers += [Residual(body, shortcut), ReLU()]
            channels = filters
    return [*layers, GlobalAverage(), Dense(64, 10)], (3, 32, 32)


NETWORKS = {"mnist": mnist, "vgg": vgg, "resnet": resnet}


def torch_step(torch, layers, shape, channels_last):
    """The same network, with PyTorch's modules, as a function that does one step."""
    nn = torch.nn

    def module(layer):
        if isinstance(layer, Conv):
            filters, channels, kernel, _ = layer.W.shape
            return nn.Conv2d(channels, filters, kernel, layer.window.stride[0], kernel // 2, bias=len(layer.values) > 1)
        if isinstance(layer, BatchNorm):
            return nn.BatchNorm2d(len(layer.values[0]))
        if isinstance(layer, Dense):
            return nn.Sequential(nn.Flatten(), nn.Linear(*layer.values[0].shape[::-1]))
        if isinstance(layer, Residual):
            return TorchResidual(*(nn.Sequential(*map(module, part)) for part in (layer.layers, layer.shortcut)))
        if isinstance(layer, ReLU):
            return nn.ReLU(inplace=True)
        return nn.MaxPool2d(2) if isinstance(layer, MaxPool) else nn.AdaptiveAvgPool2d(1)

    class TorchResidual(nn.Module):
        def __init__(self, body, shortcut):
            super().__init__()
            self.body, self.shortcut = body, shortcut

        def forward(self, x):
            return self.body(x) + self.shortcut(x)

    model = nn.Sequential(*map(module, layers))
    x, y = torch.randn(M, *shape), torch.randint(0, 10, (M,))
    if channels_last:
        model, x = model.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), lr=LR, momentum=MOMENTUM)

    def step():
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()

    return step


def median(values):
    return sorted(values)[len(values) // 2]


def time_block(step, count):
    """Seconds of each of `count` steps, after one that brings caches and threads back."""
    step()
    times = []
    for _ in range(count):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return times


def compare(name, counts, rounds):
    import torch

    for count in counts:
        threads.set_threads(count)
        torch.set_num_threads(count)
        layers, shape = NETWORKS[name]()
        theirs = {last: torch_step(torch, layers, shape, last) for last in (False, True)}
        ours = Network(layers, shape).step
        times = {"nntrain": [], False: [], True: []}
        for _ in range(rounds):
            times["nntrain"].append(median(time_block(ours, 3)))
            for last, step in theirs.items():
                times[last].append(median(time_block(step, 3)))
        best = min((False, True), key=lambda last: median(times[last]))
        ratios = sorted(t / n for t, n in zip(times[best], times["nntrain"], strict=True))
        print(
            f"{name:7s} threads {count}   PyTorch {median(times[best]) * 1e3:6.1f} ms"
            f"{' (channels_last)' if best else ''}   nntrain {median(times['nntrain']) * 1e3:6.1f} ms"
            f"   ratio {median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})",
            flush=True,
        )


def scaling(name, rounds):
    """How much faster two threads are than one, alternating."""
    network = Network(*NETWORKS[name]())
    ratios = []
    for _ in range(rounds):
        times = []
        for count in (1, 2):
            threads.set_threads(count)
            times.append(median(time_block(network.step, 3)))
        ratios.append(times[0] / times[1])
    print(f"{name:7s} 2 threads are {median(ratios):.2f} times as fast as 1 ({min(ratios):.2f} to {max(ratios):.2f})")


def matmul_speed():
    """GFLOP/s of one large np.matmul on one thread."""
    A = random.standard_normal((768, 768)).astype(np.float32)
    out = np.empty_like(A)
    return 2 * 768**3 / median(time_block(lambda: np.matmul(A, A, out=out), 15)) / 1e9


def layer_table(count, rounds, name="vgg"):
    """Each layer in its network: milliseconds, and products a second as a share of np.matmul's."""
    threads.set_threads(count)
    network = Network(*NETWORKS[name]())
    for _ in range(3):
        network.step()
    speed, network.profile = matmul_speed() * count, {}
    for _ in range(3 * rounds):
        network.step()
    print(f"np.matmul: {speed:.0f} GFLOP/s with {count} threads; the direct sum's products count, also for Winograd")
    print(f"{'layer':24s}{'forward ms':>11s}{'share':>7s}{'backward ms':>13s}{'share':>7s}")
    for i, layer in enumerate(network.layers):
        kind = type(layer).__name__
        ms = [median(network.profile[i, kind, way]) * 1e3 for way in ("forward", "backward")]
        row = f"{i:2d} {kind:12s}"
        shares = ["", ""]
        if isinstance(layer, Conv):
            F, C, kh, kw = layer.W.shape
            _, H, W, m = layer.X.shape
            gflop = 2 * F * C * kh * kw * H * W * m / 1e9
            row += f"{C:3d}→{F} {H}×{W}"
            passes = (1, 1 if i == 0 else 2)
            shares = [f"{n * gflop / t * 1e3 / speed:.0%}" for n, t in zip(passes, ms, strict=True)]
        print(f"{row:24s}{ms[0]:11.2f}{shares[0]:>7s}{ms[1]:13.2f}{shares[1]:>7s}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="*", default=["mnist", "vgg", "resnet", "layers"])
    parser.add_argument("--threads", nargs="*", type=int, default=[1, 2])
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    memory.keep_freed_memory()
    for what in arguments.what:
        if what == "layers":
            for count in arguments.threads:
                layer_table(count, arguments.rounds)
        else:
            compare(what, arguments.threads, arguments.rounds)
            if len(arguments.threads) > 1:
                scaling(what, arguments.rounds)


if __name__ == "__main__":
    main()
