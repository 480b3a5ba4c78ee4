"""A GPT that writes, against PyTorch's eager mode with keys and values kept too: one text, letter by letter.

    pip install '.[bench]' && python tests/benchmarks/bench_sampling.py [name …]

Both have the same parameters, read a letter at a time up to the length that the network was trained with, and draw the
next one.  Ratios are PyTorch's time ÷ nntrain's, each with one thread, by the wall clock and by processor time.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from paired import report  # isort: skip  (sets the BLAS variables before NumPy is imported)

from bench_attention import VOCABULARY, alternate, config
from torch_gpt import GPT, copy_from

import nntrain
from nntrain.inference.load import load
from nntrain.inference.sampling import Drawing
from nntrain.inference.text_writer import Writer

# name: letters, blocks, heads, width, rounds
SIZES = {"recipe": (64, 4, 4, 128, 30), "wide": (256, 6, 6, 384, 8)}


def writer(T: int, blocks: int, heads: int, n: int) -> Writer:
    letters = "".join(chr(ord("0") + i) for i in range(VOCABULARY - 1))  # and the unknown one
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "text.txt"
        path.write_text(letters * (2 + 2 * T // len(letters)))
        declared = config(T, 1, blocks, heads, n)
        declared["dataset"]["path"] = str(path)
        run = nntrain.fit(declared, ["training.steps=1"], run_dir=Path(folder) / "run", quiet=True)
        return Writer(load(run.run_dir / "checkpoints" / "last.npz"), Drawing(), None)


def compare(name: str) -> None:
    import torch

    T, blocks, heads, n, rounds = SIZES[name]
    ours = writer(T, blocks, heads, n)
    net = GPT(VOCABULARY, T, blocks, heads, n).eval()
    copy_from(net, ours.model.networks["network"])

    def write() -> None:
        for _ in ours.text("", T - 1):
            pass

    def theirs() -> None:
        with torch.inference_mode():
            caches = [tuple(torch.empty(1, heads, T, n // heads) for _ in range(2)) for _ in range(blocks)]
            x = torch.ones(1, 1, dtype=torch.long)
            for t in range(T):
                x = torch.multinomial(torch.softmax(net(x, caches=caches, start=t), -1), 1)

    wall, processor = alternate({"ours": write, "theirs": theirs}, rounds)
    for clock, (mine, other, ratio) in (("wall", wall), ("processor", processor)):
        report(f"{name}: {blocks} x {n}, a letter, {clock}", mine / T, other / T, ratio)


def main() -> None:
    import torch

    torch.set_num_threads(1)
    for name in sys.argv[1:] or SIZES:
        compare(name)


if __name__ == "__main__":
    main()
