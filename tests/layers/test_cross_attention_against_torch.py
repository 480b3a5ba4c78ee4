"""cross_attention equals PyTorch's in float64, outputs and all gradients, that of the source included."""

import numpy as np
import pytest
from layers.run import Run
from layers.test_attention_against_torch import close

from nntrain.kernels.attention_blocks import tiles
from nntrain.layers import Context, CrossAttention, Source, WithSource

torch = pytest.importorskip("torch", reason="PyTorch is not installed: the comparison with it is left out")


def as_different_as_can_be(random, m, T):
    """Lengths (m,), one of them 1; or None."""
    return random.permutation(np.linspace(1, T, m).round().astype(int)) if random.random() < 0.5 else None


def setting(seed):
    """A layer, the shapes of X and S, m, lengths of both or None, and how large the numbers are."""
    random = np.random.default_rng([seed, 17])
    heads, d, m = (int(random.integers(1, 6)) for _ in range(3))
    T, T_s = (int(random.choice([1, 2, 3, 7, 16, 33, 64, 65, 70])) for _ in range(2))
    n, n_s = (int(random.integers(1, 20)) for _ in range(2))
    layer = CrossAttention(
        heads,
        heads * d if random.random() < 0.7 or n % heads else None,
        dropout=float(random.choice([0.0, 0.0, 0.2, 0.5])),
        bias=bool(random.integers(2)),
    )
    lengths = [as_different_as_can_be(random, m, steps) for steps in (T, T_s)]
    return layer, (T, n), (T_s, n_s), m, *lengths, float(random.choice([0.3, 1.0, 4.0]))


def weights_that_stay(run, m, T, T_s):
    """D (m, h, T, T_s) as dropout draws it."""
    layer, D = run.layer, np.ones((run.layer.heads, m, T_s, T))
    if layer.dropout:
        for block in [block for tile in tiles(layer.heads, m, T, T_s, False) for block in tile]:
            heads, examples, _, queries = block.of_queries
            stays = run.context.stream(run.p, block.number).stays(block.shape, layer.dropout)
            D[heads, examples, :, queries] = stays / (1 - layer.dropout)
    return torch.tensor(D.transpose(1, 0, 3, 2).copy())


def theirs(layer, p, x, s, lengths, D):
    """The textbook's formula over x (m, T, n) and s (m, T_s, n_s), examples first."""
    project = {
        name: a @ p[f"W_{name}"].T + (p[f"b_{name}"][:, 0] if layer.bias else 0)
        for name, a in zip("qkv", (x, s, s), strict=True)
    }
    q, k, v = (a.reshape(*a.shape[:2], layer.heads, -1).transpose(1, 2) for a in project.values())
    seen = torch.ones(len(s), 1, 1, s.shape[1], dtype=torch.bool)
    if lengths is not None:
        seen &= (torch.arange(s.shape[1]) < torch.tensor(lengths)[:, None])[:, None, None]
    if layer.dropout == 0:
        o = torch.nn.functional.scaled_dot_product_attention(q, k, v, seen)
    else:
        o = (torch.softmax((q @ k.transpose(2, 3) / q.shape[-1] ** 0.5).masked_fill(~seen, -torch.inf), -1) * D) @ v
    return o.transpose(1, 2).reshape(*x.shape[:2], -1) @ p["W_o"].T + (p["b_o"][:, 0] if layer.bias else 0)


def compared(seed):
    layer, shape, of_source, m, own, lengths, scale = setting(seed)
    T, random = shape[0], np.random.default_rng(seed)
    run = Run(layer, WithSource(shape, of_source), seed=seed)
    run.theta[...] += 0.3 * random.standard_normal(run.theta.size)
    run.context = Context(training=True, seed=seed, step=3)
    run.context.lengths = own
    X, dY = scale * random.standard_normal((*shape, m)), random.standard_normal((*run.out, m))
    S = scale * random.standard_normal((*of_source, m))
    run.context.source = Source(S, lengths)
    counts = np.ones((T, m), bool) if own is None else np.arange(T)[:, None] < own
    dY *= counts[:, None]  # nothing is asked of the steps behind an end
    Y = run.forward(X)
    dX = run.backward(dY)

    p = {name: torch.tensor(array, requires_grad=True) for name, array in run.layout.arrays(run.theta).items()}
    x, s = (torch.tensor(A.transpose(2, 0, 1).copy(), requires_grad=True) for A in (X, S))
    y = theirs(layer, p, x, s, lengths, weights_that_stay(run, m, T, of_source[0]))
    y.backward(torch.tensor(dY.transpose(2, 0, 1).copy()))
    close(Y * counts[:, None], y.detach().numpy().transpose(1, 2, 0) * counts[:, None])
    close(dX, x.grad.numpy().transpose(1, 2, 0))
    close(run.context.source.dA, s.grad.numpy().transpose(1, 2, 0))
    for name, gradient in run.layout.arrays(run.dtheta).items():
        close(gradient, p[name].grad.numpy())


@pytest.mark.parametrize("seed", range(60))
def test_outputs_and_gradients(seed):
    compared(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(60, 300))
def test_outputs_and_gradients_of_many(seed):
    compared(seed)


def test_it_is_the_layer_of_pytorch_too():
    """torch.nn.MultiheadAttention with the same weights, over keys and values of another width."""
    n, n_s, T, T_s, m = 12, 5, 9, 7, 4
    run = Run(CrossAttention(3), WithSource((T, n), (T_s, n_s)))
    run.theta[...] += 0.1 * np.random.default_rng(0).standard_normal(run.theta.size)
    arrays = {name: torch.tensor(array.copy()) for name, array in run.layout.arrays(run.theta).items()}
    module = torch.nn.MultiheadAttention(n, 3, kdim=n_s, vdim=n_s, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        for name in "qkv":
            getattr(module, f"{name}_proj_weight").copy_(arrays[f"W_{name}"])
        module.in_proj_bias.copy_(torch.cat([arrays[f"b_{name}"][:, 0] for name in "qkv"]))
        module.out_proj.weight.copy_(arrays["W_o"])
        module.out_proj.bias.copy_(arrays["b_o"][:, 0])
    random = np.random.default_rng(1)
    X, S = random.standard_normal((T, n, m)), random.standard_normal((T_s, n_s, m))
    x, s = (torch.tensor(A.transpose(2, 0, 1).copy()) for A in (X, S))
    run.context.source = Source(S)
    y, _ = module(x, s, s)
    close(run.forward(X), y.detach().numpy().transpose(1, 2, 0))
