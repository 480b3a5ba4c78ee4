"""Attention equals PyTorch's in float64, outputs and all gradients, over 300 random settings."""

import numpy as np
import pytest
from layers.run import Run

from nntrain.kernels.attention_blocks import tiles
from nntrain.layers import Attention, Context

torch = pytest.importorskip("torch", reason="PyTorch is not installed: the comparison with it is left out")


def setting(seed):
    """A layer, the shape of X, m, and lengths or None."""
    random = np.random.default_rng([seed, 16])
    heads, d = int(random.integers(1, 6)), 2 * int(random.integers(1, 6))
    T = int(random.choice([1, 2, 3, 7, 16, 33, 64, 65, 70]))
    m = int(random.choice([1, 1, 2, 3, 8]))
    n = int(random.integers(1, 20))
    units = heads * d if random.random() < 0.7 or n % heads or n // heads % 2 else None
    layer = Attention(
        heads,
        units,
        dropout=float(random.choice([0.0, 0.0, 0.2, 0.5])),
        bias=bool(random.integers(2)),
        causal=bool(random.integers(2)),
        positions=str(random.choice(["none", "rope"])),
    )
    lengths = None
    if random.random() < 0.5:
        lengths = random.permutation(np.linspace(1, T, m).round().astype(int))  # as different as can be, one of them 1
    return layer, (T, n), m, lengths, float(random.choice([0.3, 1.0, 4.0]))


def weights_that_stay(run, context, h, m, T):
    """D (m, h, T, T) as dropout draws it: queries down, keys across."""
    D = np.ones((h, m, T, T))
    layer = run.layer
    if layer.dropout:
        for block in [block for tile in tiles(h, m, T, T, layer.causal) for block in tile]:
            heads, examples, _, queries = block.of_queries
            stays = context.stream(run.p, block.number).stays(block.shape, layer.dropout)
            D[heads, examples, : block.keys, queries] = stays / (1 - layer.dropout)
    return torch.tensor(D.transpose(1, 0, 3, 2).copy())


def rotated(x):
    """RoFormer's rotation as complex numbers; x (m, h, T, d)."""
    T, d = x.shape[-2:]
    angles = torch.arange(T, dtype=torch.float64)[:, None] * 10_000 ** (-torch.arange(0, d, 2, dtype=torch.float64) / d)
    z = torch.view_as_complex(x.reshape(*x.shape[:-1], d // 2, 2)) * torch.polar(torch.ones_like(angles), angles)
    return torch.view_as_real(z).reshape(x.shape)


def theirs(layer, p, x, lengths, D):
    """The textbook's formula over x (m, T, n), examples first."""
    m, T, _ = x.shape
    project = {name: x @ p[f"W_{name}"].T + (p[f"b_{name}"][:, 0] if layer.bias else 0) for name in "qkv"}
    q, k, v = (a.reshape(m, T, layer.heads, -1).transpose(1, 2) for a in project.values())
    if layer.positions == "rope":
        q, k = rotated(q), rotated(k)
    hidden = torch.zeros(m, 1, T, T, dtype=torch.bool)
    if layer.causal:
        hidden |= torch.ones(T, T, dtype=torch.bool).triu(1)
    if lengths is not None:
        hidden |= (torch.arange(T) >= torch.tensor(lengths)[:, None])[:, None, None]
    scores = (q @ k.transpose(2, 3) / q.shape[-1] ** 0.5).masked_fill(hidden, -torch.inf)
    if layer.dropout == 0:
        o = torch.nn.functional.scaled_dot_product_attention(q, k, v, ~hidden)
    else:
        o = (torch.softmax(scores, -1) * D) @ v
    return o.transpose(1, 2).reshape(m, T, -1) @ p["W_o"].T + (p["b_o"][:, 0] if layer.bias else 0)


def close(found, expected):
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= 1e-9 * max(np.abs(expected).max(), 1.0)


@pytest.mark.parametrize("seed", range(300))
def test_outputs_and_gradients(seed):
    layer, shape, m, lengths, scale = setting(seed)
    T, random = shape[0], np.random.default_rng(seed)
    run = Run(layer, shape, seed=seed)
    run.theta[...] += 0.3 * random.standard_normal(run.theta.size)
    run.context = Context(training=True, seed=seed, step=3)
    run.context.lengths = lengths
    X, dY = scale * random.standard_normal((*shape, m)), random.standard_normal((*run.out, m))
    counts = np.ones((T, m), bool) if lengths is None else np.arange(T)[:, None] < lengths
    dY *= counts[:, None]  # nothing is asked of the steps behind an end
    Y = run.forward(X)
    dX = run.backward(dY)

    p = {name: torch.tensor(array, requires_grad=True) for name, array in run.layout.arrays(run.theta).items()}
    x = torch.tensor(X.transpose(2, 0, 1).copy(), requires_grad=True)
    y = theirs(layer, p, x, lengths, weights_that_stay(run, run.context, layer.heads, m, T))
    y.backward(torch.tensor(dY.transpose(2, 0, 1).copy()))
    close(Y * counts[:, None], y.detach().numpy().transpose(1, 2, 0) * counts[:, None])
    close(dX, x.grad.numpy().transpose(1, 2, 0))
    for name, gradient in run.layout.arrays(run.dtheta).items():
        close(gradient, p[name].grad.numpy())


def test_it_is_the_layer_of_pytorch_too():
    """torch.nn.MultiheadAttention with the same weights."""
    n, T, m = 12, 9, 4
    run = Run(Attention(3), (T, n))
    run.theta[...] += 0.1 * np.random.default_rng(0).standard_normal(run.theta.size)
    arrays = {name: torch.tensor(array.copy()) for name, array in run.layout.arrays(run.theta).items()}
    module = torch.nn.MultiheadAttention(n, 3, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        module.in_proj_weight.copy_(torch.cat([arrays[f"W_{name}"] for name in "qkv"]))
        module.in_proj_bias.copy_(torch.cat([arrays[f"b_{name}"][:, 0] for name in "qkv"]))
        module.out_proj.weight.copy_(arrays["W_o"])
        module.out_proj.bias.copy_(arrays["b_o"][:, 0])
    X = np.random.default_rng(1).standard_normal((T, n, m))
    x = torch.tensor(X.transpose(2, 0, 1).copy())
    y, _ = module(x, x, x)
    close(run.forward(X), y.detach().numpy().transpose(1, 2, 0))
