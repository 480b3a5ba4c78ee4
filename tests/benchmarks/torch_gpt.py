"""nanoGPT as an idiomatic PyTorch program: what the benchmarks of attention are paired with."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


class Attention(nn.Module):
    def __init__(self, n, heads):
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(n, 3 * n, bias=False), nn.Linear(n, n, bias=False)

    def forward(self, x, cache=None, start=0):
        m, T, n = x.shape
        q, k, v = (a.view(m, T, self.heads, -1).transpose(1, 2) for a in self.qkv(x).split(n, dim=2))
        if cache is not None:
            keys, values = cache
            keys[:, :, start : start + T], values[:, :, start : start + T] = k, v
            k, v = keys[:, :, : start + T], values[:, :, : start + T]
        y = F.scaled_dot_product_attention(q, k, v, is_causal=T > 1)
        return self.out(y.transpose(1, 2).reshape(m, T, n))


class Block(nn.Module):
    def __init__(self, n, heads):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(n, bias=False), nn.LayerNorm(n, bias=False)
        self.attention = Attention(n, heads)
        self.inner, self.outer = nn.Linear(n, 4 * n, bias=False), nn.Linear(4 * n, n, bias=False)

    def forward(self, x, cache=None, start=0):
        x = x + self.attention(self.norm_1(x), cache, start)
        return x + self.outer(F.gelu(self.inner(self.norm_2(x))))


class GPT(nn.Module):
    def __init__(self, vocabulary, T, blocks, heads, n):
        super().__init__()
        self.letters, self.positions = nn.Embedding(vocabulary, n), nn.Embedding(T, n)
        self.blocks = nn.ModuleList(Block(n, heads) for _ in range(blocks))
        self.norm, self.scores = nn.LayerNorm(n, bias=False), nn.Linear(n, vocabulary, bias=False)
        self.scores.weight = self.letters.weight
        for name, p in self.named_parameters():
            if p.dim() > 1:
                scaled = name.endswith(("out.weight", "outer.weight"))
                nn.init.normal_(p, 0.0, 0.02 / math.sqrt(2 * blocks if scaled else 1))

    def forward(self, x, targets=None, caches=None, start=0):
        T = x.shape[1]
        h = self.letters(x) + self.positions(torch.arange(start, start + T))
        for i, block in enumerate(self.blocks):
            h = block(h, None if caches is None else caches[i], start)
        h = self.norm(h)
        if targets is None:
            return self.scores(h[:, -1])
        z = self.scores(h)
        return F.cross_entropy(z.view(-1, z.size(-1)), targets.reshape(-1))

    def optimizer(self, lr):
        groups = [
            {"params": [p for p in self.parameters() if p.dim() > 1], "weight_decay": 0.1},
            {"params": [p for p in self.parameters() if p.dim() < 2], "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(groups, lr=lr, betas=(0.9, 0.99), fused=True)


def train_step(net, optimizer, x, y, lr):
    for group in optimizer.param_groups:
        group["lr"] = lr
    loss = net(x, y)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return loss


def copy_from(net, network):
    """Give the module the parameters of nntrain's network (char_gpt.yaml's names)."""
    arrays = network.layout.arrays(network.theta)

    def put(parameter, *names):
        found = np.concatenate([arrays[name] for name in names])
        parameter.copy_(torch.tensor(found.reshape(parameter.shape)))

    with torch.no_grad():
        net.letters.weight.copy_(torch.tensor(arrays["letters.W"].T.copy()))
        put(net.positions.weight, "position_1.P")
        put(net.norm.weight, "layer_norm_1.gamma")
        for i, block in enumerate(net.blocks):
            a, b = (f"repeat_1.residual_{2 * i + k}" for k in (1, 2))
            put(block.norm_1.weight, f"{a}.layer_norm_1.gamma")
            put(block.norm_2.weight, f"{b}.layer_norm_1.gamma")
            put(block.attention.qkv.weight, *(f"{a}.attention_1.W_{name}" for name in "qkv"))
            put(block.attention.out.weight, f"{a}.attention_1.W_o")
            put(block.inner.weight, f"{b}.dense_1.W")
            put(block.outer.weight, f"{b}.dense_2.W")
