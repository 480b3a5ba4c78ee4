"""Recurrent kernels against PyTorch in float64: outputs, last states and every gradient to 1e-9."""

import numpy as np
import pytest

from nntrain.kernels import gru, lstm, rnn

torch = pytest.importorskip("torch")

SETTINGS = 60
MODULES = {"lstm": (lstm, torch.nn.LSTM, 4), "gru": (gru, torch.nn.GRU, 3), "rnn": (rnn, torch.nn.RNN, 1)}
# Where PyTorch keeps our gates: its lstm has input, forget, candidate, output.
OURS_TO_TORCH = {"lstm": (0, 1, 3, 2), "gru": (0, 1, 2), "rnn": (0,)}


def torch_rows(kind, M):
    return np.concatenate([np.split(M, len(OURS_TO_TORCH[kind]))[i] for i in OURS_TO_TORCH[kind]])


def tensor(array):
    return torch.tensor(np.asarray(array), dtype=torch.float64)


def fill(module, kind, direction, parameters):
    """Our W, U, b (and b_u) of one direction into PyTorch's module."""
    W, U, b, *b_u = parameters
    suffix = "_l0" + ("_reverse" if direction else "")
    second = b_u[0] if b_u else np.zeros_like(b)
    with torch.no_grad():
        for name, value in (("weight_ih", W), ("weight_hh", U), ("bias_ih", b[:, 0]), ("bias_hh", second[:, 0])):
            getattr(module, name + suffix).copy_(tensor(torch_rows(kind, value)))


@pytest.mark.parametrize("seed", range(SETTINGS))
@pytest.mark.parametrize("kind", sorted(MODULES))
def test_both_directions_equal_pytorch(kind, seed):
    random = np.random.default_rng([seed, 7])
    kernel, module_type, gates = MODULES[kind]
    T, m, n_x, n = (int(random.integers(1, high)) for high in (24, 9, 8, 12))
    lengths = random.integers(1, T + 1, m) if seed % 2 else None
    if lengths is not None:
        lengths[random.integers(m)] = T  # PyTorch returns as many steps as the longest has
    X = random.standard_normal((T, n_x, m))
    shapes = [(gates * n, n_x), (gates * n, n), (gates * n, 1)] + [(gates * n, 1)] * (kind == "gru")
    directions = [[random.standard_normal(shape) * 0.5 for shape in shapes] for _ in range(2)]
    states = 2 if kind == "lstm" else 1
    firsts = random.standard_normal((states, 2, n, m))
    dA, d_last = random.standard_normal((T, 2 * n, m)), random.standard_normal((states, 2, n, m))

    module = module_type(n_x, n, bidirectional=True, dtype=torch.float64)
    for direction, parameters in enumerate(directions):
        fill(module, kind, direction, parameters)
    x = tensor(X.transpose(0, 2, 1)).requires_grad_()
    first = [tensor(s.transpose(0, 2, 1)).requires_grad_() for s in firsts]
    given = x if lengths is None else torch.nn.utils.rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
    out, last = module(given, tuple(first) if kind == "lstm" else first[0])
    if lengths is not None:
        out, _ = torch.nn.utils.rnn.pad_packed_sequence(out)
    last = last if kind == "lstm" else (last,)
    J = (out * tensor(dA.transpose(0, 2, 1))).sum()
    for state, d in zip(last, d_last, strict=True):
        J = J + (state * tensor(d.transpose(0, 2, 1))).sum()
    J.backward()

    def close(ours, theirs):
        np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=1e-9, atol=1e-9)

    dX = np.zeros_like(X)
    for direction, parameters in enumerate(directions):
        part = slice(direction * n, direction * n + n)
        A, ends, cache = kernel.forward(X, parameters, firsts[:, direction], lengths, reverse=bool(direction))
        close(A.transpose(0, 2, 1), out[..., part])
        g = [np.zeros_like(parameter) for parameter in parameters]
        share, d_firsts = kernel.backward(dA[:, part], d_last[:, direction], cache, g)
        dX += share
        for state, theirs, d, at in zip(ends, last, d_firsts, first, strict=True):
            close(state.T, theirs[direction])
            close(d.T, at.grad[direction])
        suffix = "_l0" + ("_reverse" if direction else "")
        for name, gradient in zip(("weight_ih", "weight_hh", "bias_ih", "bias_hh"), g, strict=False):
            theirs = getattr(module, name + suffix).grad
            close(torch_rows(kind, gradient).reshape(theirs.shape), theirs)
    close(dX.transpose(0, 2, 1), x.grad)
