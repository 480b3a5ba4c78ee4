"""A GPT's training steps against PyTorch's eager mode (scaled_dot_product_attention, fused AdamW), and its memory.

    pip install '.[bench]' && python tests/benchmarks/bench_attention.py [threads] [name …]

Both make the same steps of the same network from the same initial values, in one process, in turns.  Ratios are
PyTorch's time ÷ nntrain's, by the wall clock and by processor time, which holds on a machine that others use too:
compare that with one thread.  `memory` prints what a step of a sequence of 4,096 needs beside one of 2,048.
"""

from __future__ import annotations

import math
import resource
import statistics
import subprocess
import sys
import time

from paired import report  # isort: skip  (sets the BLAS variables before NumPy is imported)

import numpy as np
from torch_gpt import GPT, copy_from, train_step

from nntrain.builder import build
from nntrain.builder.loop import Trainer
from nntrain.config import read
from nntrain.data.parts import Batch
from nntrain.runtime import threads
from nntrain.runtime.memory import keep_freed_memory

VOCABULARY = 65
# name: examples, steps, blocks, heads, width, rounds
SIZES = {
    "recipe": (12, 64, 4, 4, 128, 20),
    "m64": (64, 64, 4, 4, 128, 20),
    "wide": (12, 256, 6, 6, 384, 6),
}


def config(T: int, m: int, blocks: int, heads: int, n: int) -> dict[str, object]:
    """char_gpt.yaml at another size, over symbols that mean nothing."""

    def init(residual_layers: int = 1) -> dict[str, object]:
        return {"type": "normal", "deviation": 0.02, "residual_layers": residual_layers}

    norm = {"layer_norm": {"bias": False}}
    attention = {"heads": heads, "causal": True, "bias": False, "init": init(), "output_init": init(2 * blocks)}
    inner = {"units": 4 * n, "bias": False, "init": init()}
    outer = {"units": n, "bias": False, "init": init(2 * blocks)}
    block = [
        {"residual": [norm, {"attention": attention}]},
        {"residual": [norm, {"dense": inner}, {"gelu": "none"}, {"dense": outer}]},
    ]
    return {
        "dataset": {"type": "text", "path": "-", "windows": "random", "length": T, "batch_size": m, "validation": 0},
        "architecture": [
            {"embedding": {"units": n, "init": init(), "name": "letters"}},
            {"position": "learned"},
            {"repeat": {"times": blocks, "layers": block}},
            norm,
            {"tied": "letters"},
        ],
        "loss": "cross_entropy",
        "optimizer": {"type": "adamw", "lr": 1e-3, "beta2": 0.99, "weight_decay": 0.1},
        "training": {"steps": 10, "clip_norm": 1.0},
    }


def ours(T: int, m: int, blocks: int, heads: int, n: int) -> tuple[Trainer, Batch]:
    import tempfile
    from pathlib import Path

    letters = "".join(chr(ord("0") + i) for i in range(VOCABULARY - 1))  # and the unknown one
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "text.txt"
        path.write_text(letters * (2 + (m + 1) * T // len(letters)))
        declared = config(T, m, blocks, heads, n)
        declared["dataset"]["path"] = str(path)
        built = build(read(declared))
    trainer = built.config.training.loop.trainer(built)
    random = np.random.default_rng(0)
    X, Y = random.integers(1, VOCABULARY, (2, T, m))
    return trainer, Batch(X, Y)


def alternate(calls, rounds):
    """Medians of wall and processor seconds of each, and of the ratios of neighbours."""
    found = {name: [] for name in calls}
    for call in calls.values():
        call(), call()
    for _ in range(rounds):
        for name, call in calls.items():
            call()
            wall, cpu = time.perf_counter(), time.process_time()
            for _ in range(2):
                call()
            found[name].append(((time.perf_counter() - wall) / 2, (time.process_time() - cpu) / 2))
    mine, other = (list(zip(*found[name], strict=True)) for name in calls)
    return [
        (statistics.median(a), statistics.median(b), statistics.median(y / x for x, y in zip(a, b, strict=True)))
        for a, b in zip(mine, other, strict=True)
    ]


def compare(name: str) -> None:
    import torch

    m, T, blocks, heads, n, rounds = SIZES[name]
    trainer, batch = ours(T, m, blocks, heads, n)
    net = GPT(VOCABULARY, T, blocks, heads, n)
    copy_from(net, trainer.networks["network"])
    optimizer = net.optimizer(1e-3)
    x, y = (torch.tensor(np.ascontiguousarray(A.T)) for A in (batch.X, batch.Y))
    loss, _ = trainer.gradient(batch, 0)
    with torch.no_grad():
        difference = abs(loss - net(x, y).item())
    assert difference < 1e-5, difference
    wall, cpu = alternate(
        {"ours": lambda: trainer.step(batch, 0), "theirs": lambda: train_step(net, optimizer, x, y, 1e-3)}, rounds
    )
    report(f"{name}: {blocks} x {n}, T={T}, m={m}, wall", *wall)
    report(f"{name}: {blocks} x {n}, T={T}, m={m}, processor", *cpu)


def peak(T: int) -> None:
    """Print the peak memory in MB of one step of a sequence of T, above that of the program and its data."""
    keep_freed_memory()
    trainer, batch = ours(T, 1, 2, 4, 128)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    trainer.step(batch, 0)
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)


def memory() -> None:
    needed = {}
    for T in (2048, 4096):
        done = subprocess.run([sys.executable, __file__, "peak", str(T)], check=True, capture_output=True, text=True)
        needed[T] = float(done.stdout)
        print(f"memory of a step, T={T}, width 128, 4 heads, 2 blocks, m=1: {needed[T]:.0f} MB", flush=True)
    growth = needed[4096] / (2 * needed[2048])
    print(f"T=4096 ÷ twice T=2048: {growth:.2f} (1 is linear, {math.sqrt(4):.0f} quadratic)")


def main() -> None:
    arguments = sys.argv[1:]
    if arguments[:1] == ["peak"]:
        peak(int(arguments[1]))
        return
    import torch

    count = int(arguments.pop(0)) if arguments and arguments[0].isdigit() else 1
    threads.set_threads(count)
    torch.set_num_threads(count)
    keep_freed_memory()
    for name in arguments or [*SIZES, "memory"]:
        if name == "memory":
            memory()
        else:
            compare(name)


if __name__ == "__main__":
    main()
