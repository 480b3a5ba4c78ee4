"""Recurrent layers against PyTorch in float64, weights by their saved names: outputs and gradients to 1e-9."""

import numpy as np
import pytest

from nntrain.layers import GRU, LSTM, RNN, Context, Dense, Sequential
from nntrain.model.network import Network

torch = pytest.importorskip("torch")

KINDS = {"lstm": (LSTM, torch.nn.LSTM), "gru": (GRU, torch.nn.GRU), "rnn": (RNN, torch.nn.RNN)}
# PyTorch's gates of an LSTM are input, forget, candidate, output
ORDER = {"lstm": (0, 1, 3, 2), "gru": (0, 1, 2), "rnn": (0,)}


def gates(kind, M):
    """Our rows in PyTorch's order."""
    return np.concatenate([np.split(M, len(ORDER[kind]))[i] for i in ORDER[kind]])


def torch_names(name, kind):
    """`lstm_2.backward.W` -> `weight_ih_l1_reverse`; the bias b_hh of lstm and rnn has no partner and stays 0."""
    layer, *direction, parameter = name.split(".")
    level = int(layer.rpartition("_")[2]) - 1
    kinds = {"W": "weight_ih", "U": "weight_hh", "b": "bias_ih", "b_u": "bias_hh"}
    return f"{kinds[parameter]}_l{level}" + ("_reverse" if direction == ["backward"] else "")


@pytest.mark.parametrize("seed", range(50))
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_stack_of_layers_equals_pytorch(kind, seed):
    random = np.random.default_rng([seed, 11])
    ours_type, theirs_type = KINDS[kind]
    T, m, n_x, n, out = (int(random.integers(1, high)) for high in (20, 8, 7, 9, 5))
    levels, both, padded = int(random.integers(1, 4)), bool(random.integers(2)), bool(random.integers(2))
    layers = [ours_type(n, bidirectional=both) for _ in range(levels)]
    network = Network(Sequential([*layers, Dense(out)]), (T, n_x))
    network.allocate(np.float64)
    network.draw(seed)
    network.theta += 0.1 * random.standard_normal(network.theta.shape)
    X, R = random.standard_normal((T, n_x, m)), random.standard_normal((T, out, m))
    context = Context(training=True)
    if padded:
        context.lengths = random.integers(1, T + 1, m)
        context.lengths[random.integers(m)] = T

    module = theirs_type(n_x, n, levels, bidirectional=both, dtype=torch.float64)
    dense = torch.nn.Linear(n * (1 + both), out, dtype=torch.float64)
    theirs = dict(module.named_parameters())
    arrays = network.layout.arrays(network.theta)
    with torch.no_grad():
        for parameter in theirs.values():
            parameter.zero_()
        for name, array in arrays.items():
            if name.startswith("dense"):
                target = dense.weight if name.endswith("W") else dense.bias
                target.copy_(torch.tensor(array).reshape(target.shape))
            else:
                target = theirs[torch_names(name, kind)]
                target.copy_(torch.tensor(gates(kind, array)).reshape(target.shape))

    x = torch.tensor(X.transpose(0, 2, 1)).requires_grad_()
    given = x
    if padded:
        given = torch.nn.utils.rnn.pack_padded_sequence(x, context.lengths, enforce_sorted=False)
    A, _ = module(given)
    if padded:
        A, _ = torch.nn.utils.rnn.pad_packed_sequence(A)
    Z = dense(A)
    (Z * torch.tensor(R.transpose(0, 2, 1))).sum().backward()

    Y, caches = network.forward(X, context)
    dX = network.backward(R, caches)

    def close(mine, other):
        np.testing.assert_allclose(mine, other.detach().numpy(), rtol=1e-9, atol=1e-9)

    close(Y.transpose(0, 2, 1), Z)
    close(dX.transpose(0, 2, 1), x.grad)
    for name, gradient in network.layout.arrays(network.dtheta).items():
        if name.startswith("dense"):
            other = (dense.weight if name.endswith("W") else dense.bias).grad
            close(gradient.reshape(other.shape), other)
        else:
            other = theirs[torch_names(name, kind)].grad
            close(gates(kind, gradient).reshape(other.shape), other)
