"""Outputs and gradients of the layers agree with PyTorch's modules in float64, over 250 random settings."""

import numpy as np
import pytest
from layers.run import Run

from nntrain.layers import AvgPool2d, Conv1d, Conv2d, ConvTranspose2d, MaxPool2d, ShapeError

torch = pytest.importorskip("torch", reason="PyTorch is not installed: the comparison with it is left out")


def draw(seed, kind):
    """Arguments of a layer, and a shape that it takes."""
    random = np.random.default_rng([kind, seed])
    while True:
        groups, per_group = int(random.integers(1, 4)), int(random.integers(1, 4))
        kernel, stride, dilation = (tuple(int(n) for n in random.integers(1, most, 2)) for most in (5, 4, 3))
        padding = tuple(int(n) for n in random.integers(0, 3, 2))
        shape = (groups * per_group, *(int(n) for n in random.integers(1, 12, 2)))
        filters, bias, m = groups * int(random.integers(1, 4)), bool(random.integers(2)), int(random.integers(1, 5))
        common = {"groups": groups, "bias": bias}
        if kind == 0:
            layer = Conv2d(filters, kernel, stride, padding, dilation, **common)
            module = torch.nn.Conv2d(shape[0], filters, kernel, stride, padding, dilation, **common)
        elif kind == 1:
            geometry = kernel[0], stride[0], padding[0]
            layer = Conv1d(filters, *geometry, dilation[0], **common)
            module = torch.nn.Conv1d(shape[0], filters, *geometry, dilation[0], **common)
            shape = shape[1], shape[0]
        elif kind == 2:
            layer = ConvTranspose2d(filters, kernel, stride, padding, dilation, **common)
            module = torch.nn.ConvTranspose2d(shape[0], filters, kernel, stride, padding, dilation=dilation, **common)
        else:
            padding = min(padding[0], kernel[0] // 2), min(padding[1], kernel[1] // 2)
            layer = (MaxPool2d if seed % 2 else AvgPool2d)(kernel, stride, padding)
            module = (torch.nn.MaxPool2d if seed % 2 else torch.nn.AvgPool2d)(kernel, stride, padding)
        try:
            layer.declare(shape)
        except ShapeError:
            continue
        return layer, module.double(), shape, m, random


@pytest.mark.parametrize("kind", range(4), ids=["conv2d", "conv1d", "conv_transpose2d", "pools"])
@pytest.mark.parametrize("decade", range(7))
def test_outputs_and_gradients_are_pytorchs(kind, decade):
    for seed in range(10 * decade, 10 * decade + 10):
        layer, module, shape, m, random = draw(seed, kind)
        compare(layer, module, shape, m, random)


def compare(layer, module, shape, m, random):
    there, back = ((2, 1, 0), (2, 1, 0)) if len(shape) == 2 else ((3, 0, 1, 2), (1, 2, 3, 0))
    run = Run(layer, shape)
    run.theta[...] = random.standard_normal(run.theta.size)
    for name, parameter in zip(("W", "b"), module.parameters(), strict=False):
        parameter.data = torch.tensor(getattr(run.p, name)).reshape(parameter.shape)
    X = random.standard_normal((*shape, m))
    x = torch.tensor(np.ascontiguousarray(X.transpose(there)), requires_grad=True)
    y = module(x)
    Y = run.forward(X)
    dY = random.standard_normal(Y.shape)
    y.backward(torch.tensor(np.ascontiguousarray(dY.transpose(there))))
    pairs = [(Y, y.detach().numpy().transpose(back)), (run.backward(dY), x.grad.numpy().transpose(back))]
    for name, parameter in zip(("W", "b"), module.parameters(), strict=False):
        pairs.append((getattr(run.g, name), parameter.grad.numpy().reshape(getattr(run.g, name).shape)))
    for found, right in pairs:
        assert found.shape == right.shape
        assert np.abs(found - right).max() <= 1e-9 * max(np.abs(right).max(), 1e-300), layer
