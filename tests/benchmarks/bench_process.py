"""Whole processes: `nntrain fit configs/digits_mlp.yaml` against a minimal PyTorch script, and the start of --help.

pip install '.[bench]' && python tests/benchmarks/bench_process.py [runs]
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import resources
from pathlib import Path

ROOT = Path(__file__).parents[2]


def timed(command, **kwargs):
    """Wall seconds and the child's peak memory in MB."""
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **kwargs)
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"{command} failed with status {status}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def pair(name, ours, theirs, runs):
    found = []
    for i in range(runs + 1):
        a, b = timed(ours), timed(theirs)
        if i:  # the first of each fills the caches
            found.append((*a, *b))
    (seconds, memory, their_seconds, their_memory) = (statistics.median(column) for column in zip(*found, strict=True))
    ratio = statistics.median(b / a for a, _, b, _ in found)
    print(
        f"{name:40} {seconds:6.3f} s {memory:5.0f} MB   peer {their_seconds:6.3f} s {their_memory:5.0f} MB"
        f"   ratio {ratio:5.2f}",
        flush=True,
    )


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    nntrain = [sys.executable, "-m", "nntrain"]
    with tempfile.TemporaryDirectory() as lab:
        digits = resources.files("nntrain.data").joinpath("digits.npz")
        fit = [*nntrain, "fit", str(ROOT / "configs/digits_mlp.yaml"), "training.epochs=20", "--runs", lab]
        script = [sys.executable, str(ROOT / "tests/benchmarks/torch_digits.py"), str(digits), "20", "2", f"{lab}/a.pt"]
        pair("fit digits_mlp, 20 epochs", fit, script, runs)
    pair("--help against `import click`", [*nntrain, "--help"], [sys.executable, "-c", "import click"], runs)


if __name__ == "__main__":
    main()
