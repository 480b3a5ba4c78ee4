"""Random but repeatable settings of convolution and pooling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nntrain.kernels.windows import Window


@dataclass(frozen=True)
class Case:
    seed: int
    window: Window
    size: tuple[int, int]
    channels: int
    filters: int
    groups: int
    m: int

    def __str__(self):
        w = self.window
        return (
            f"{self.channels}x{self.size[0]}x{self.size[1]}x{self.m}-f{self.filters}-k{w.kernel[0]}x{w.kernel[1]}"
            f"-s{w.stride[0]}x{w.stride[1]}-p{w.padding}-d{w.dilation[0]}x{w.dilation[1]}-g{self.groups}-{self.seed}"
        ).replace(" ", "")

    def arrays(self, *shapes, dtype=np.float64):
        random = np.random.default_rng([2, self.seed])
        return [random.standard_normal(shape).astype(dtype) for shape in shapes]

    @property
    def image(self):
        return (self.channels, *self.size, self.m)

    @property
    def weights(self):
        return (self.filters, self.channels // self.groups, *self.window.kernel)


def draw(count, purpose, *, symmetric=False, one_row=False, pooling=False):
    """`count` cases; symmetric: the same padding on both sides, as PyTorch's functions take it."""
    cases = []
    for seed in range(count):
        random = np.random.default_rng([purpose, seed])
        kernel = (1 if one_row else int(random.integers(1, 5)), int(random.integers(1, 6)))
        dilation = (1, 1) if random.random() < 0.6 else (int(random.integers(1, 4)), int(random.integers(1, 4)))
        stride = (1, 1) if random.random() < 0.4 else (int(random.integers(1, 4)), int(random.integers(1, 4)))
        sides = []
        for k in kernel:
            most = k // 2 if pooling else 3
            before = int(random.integers(0, most + 1))
            sides.append((before, before if symmetric else int(random.integers(0, most + 1))))
        if one_row:
            sides[0], dilation, stride = (0, 0), (1, dilation[1]), (1, stride[1])
        # A window of pooling must see at least one pixel, one of convolution need not.
        extent = [d * (k - 1) + 1 - (0 if pooling else sum(p)) for d, k, p in zip(dilation, kernel, sides, strict=True)]
        size = tuple(max(1, e) + int(random.integers(0, 7)) for e in extent)
        if one_row:
            size = (1, size[1])
        groups = int(random.choice([1, 1, 1, 2, 3, 5]))
        per_group = 1 if random.random() < 0.5 and groups > 1 else int(random.integers(1, 4))
        cases.append(
            Case(
                seed,
                Window(kernel, stride, tuple(sides), dilation),
                size,
                groups * per_group,
                groups * int(random.integers(1, 4)),
                groups,
                int(random.choice([1, 2, 7, 17, 33])),
            )
        )
    return cases
