"""Outputs and gradients agree with PyTorch's in float64 over 260 random settings."""

import sys
from pathlib import Path

import numpy as np
import pytest

from nntrain.kernels import batch_norm, pool2d
from nntrain.kernels import correlation as conv

torch = pytest.importorskip("torch", reason="PyTorch is not installed: the comparison with it is left out")

sys.path.insert(0, str(Path(__file__).parent))
import cases  # noqa: E402

F = torch.nn.functional


def theirs(array):
    """(C, H, W, m) as PyTorch's (m, C, H, W)."""
    return torch.tensor(np.ascontiguousarray(array.transpose(3, 0, 1, 2)), requires_grad=True)


def ours(tensor):
    return tensor.detach().numpy().transpose(1, 2, 3, 0)


def close(found, expected):
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= 1e-9 * max(np.abs(expected).max(), 1e-300)


def before(window):
    return tuple(first for first, _ in window.padding)


@pytest.mark.parametrize(
    "case", cases.draw(80, 21, symmetric=True) + cases.draw(50, 22, symmetric=True, one_row=True), ids=str
)
def test_conv2d_and_conv1d(case):
    X, W, b = case.arrays(case.image, case.weights, (case.filters, 1))
    w = case.window
    x, k, c = theirs(X), torch.tensor(W, requires_grad=True), torch.tensor(b[:, 0], requires_grad=True)
    if (w.kernel[0], case.size[0], w.stride[0], w.padding[0]) == (1, 1, 1, (0, 0)):  # a sequence
        y = F.conv1d(x[:, :, 0], k[:, :, 0], c, w.stride[1], before(w)[1], w.dilation[1], case.groups)[:, :, None]
    else:
        y = F.conv2d(x, k, c, w.stride, before(w), w.dilation, case.groups)
    (dZ,) = case.arrays(ours(y).shape)
    y.backward(theirs(dZ))
    close(conv.conv2d_forward(X, W, b, w, case.groups), ours(y))
    close(conv.conv2d_backward_input(dZ, W, w, case.size, case.groups), ours(x.grad))
    close(conv.conv2d_backward_weights(X, dZ, w, case.groups), k.grad.numpy())
    close(conv.bias_gradient(dZ)[:, 0], c.grad.numpy())


def transposable(case):
    w = case.window
    return all(
        (n - 1) * s - sum(p) + d * (k - 1) + 1 >= 1
        for n, s, p, d, k in zip(case.size, w.stride, w.padding, w.dilation, w.kernel, strict=True)
    )


@pytest.mark.parametrize("case", [c for c in cases.draw(70, 23, symmetric=True) if transposable(c)][:50], ids=str)
def test_conv_transpose2d(case):
    w = case.window
    shape = (case.channels, case.filters // case.groups, *w.kernel)
    X, W, b = case.arrays(case.image, shape, (case.filters, 1))
    x, k, c = theirs(X), torch.tensor(W, requires_grad=True), torch.tensor(b[:, 0], requires_grad=True)
    y = F.conv_transpose2d(x, k, c, w.stride, before(w), groups=case.groups, dilation=w.dilation)
    (dZ,) = case.arrays(ours(y).shape)
    y.backward(theirs(dZ))
    size = conv.transpose_output_size(case.size, w)
    close(conv.conv_transpose2d_forward(X, W, b, w, size, case.groups), ours(y))
    close(conv.conv_transpose2d_backward_input(dZ, W, w, case.groups), ours(x.grad))
    close(conv.conv_transpose2d_backward_weights(X, dZ, w, case.groups), k.grad.numpy())


@pytest.mark.parametrize("case", cases.draw(80, 24, symmetric=True, pooling=True), ids=str)
def test_pools(case):
    w = case.window
    (X,) = case.arrays(case.image)
    x = theirs(X)
    y = F.max_pool2d(x, w.kernel, w.stride, before(w), w.dilation)
    (dY,) = case.arrays(ours(y).shape)
    y.backward(theirs(dY))
    Y, cache = pool2d.max_pool_forward(X, w)
    close(Y, ours(y))
    close(pool2d.max_pool_backward(dY, cache, w, case.size), ours(x.grad))
    if w.dilation == (1, 1):
        x = theirs(X)
        y = F.avg_pool2d(x, w.kernel, w.stride, before(w))
        y.backward(theirs(dY))
        close(pool2d.avg_pool_forward(X, w), ours(y))
        close(pool2d.avg_pool_backward(dY, w, case.size), ours(x.grad))


def test_batch_norm():
    case = cases.draw(1, 25)[0]
    X, dY, gamma, beta = case.arrays((5, 6, 7, 9), (5, 6, 7, 9), (5, 1), (5, 1))
    x, g, b = theirs(X), torch.tensor(gamma[:, 0], requires_grad=True), torch.tensor(beta[:, 0], requires_grad=True)
    y = F.batch_norm(x, None, None, g, b, True, 0.1, 1e-5)
    y.backward(theirs(dY))
    Y, mean, variance = batch_norm.forward(X, gamma, beta, 1e-5)
    dX, d_gamma, d_beta = batch_norm.backward(dY, X, gamma, mean, variance, 1e-5)
    pairs = ((Y, ours(y)), (dX, ours(x.grad)), (d_gamma[:, 0], g.grad.numpy()), (d_beta[:, 0], b.grad.numpy()))
    for found, right in pairs:
        close(found, right)
