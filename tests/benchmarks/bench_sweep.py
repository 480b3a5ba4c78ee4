"""64 digits runs on two cores: by xargs -P2, by `nntrain sweep --jobs 2`, and by a minimal PyTorch script a run.

pip install '.[bench]' && python tests/benchmarks/bench_sweep.py [rounds]

The runs are 16 learning rates with 4 seeds of configs/digits_mlp.yaml, 20 epochs.  The three ways take turns; medians
of the rounds, and of their ratios PyTorch / nntrain.
"""

import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import resources
from pathlib import Path

ROOT = Path(__file__).parents[2]
RATES = [round(0.02 * 1.2**i, 5) for i in range(16)]
SEEDS = range(4)
PROGRAM = [sys.executable, "-m", "nntrain"]


def timed(command, text=None):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    start = time.perf_counter()
    subprocess.run(command, input=text, text=True, env=environment, check=True, capture_output=True)
    return time.perf_counter() - start


def xargs(lines):
    return timed(["xargs", "-P", "2", "-L", "1"], "".join(shlex.join(line) + "\n" for line in lines))


def one_round(lab):
    config, digits = str(ROOT / "configs/digits_mlp.yaml"), str(resources.files("nntrain.data").joinpath("digits.npz"))
    runs = [(lr, seed) for lr in RATES for seed in SEEDS]
    ours = [
        [*PROGRAM, "fit", config, f"optimizer.lr={lr}", f"seed={seed}", "training.epochs=20", "--threads", "1", "-q",
         "--run-dir", f"{lab}/xargs/{lr}-{seed}"]
        for lr, seed in runs
    ]  # fmt: skip
    script = str(ROOT / "tests/benchmarks/torch_digits.py")
    theirs = [[sys.executable, script, digits, "20", "1", f"{lab}/{lr}-{seed}.pt"] for lr, seed in runs]
    sweep = [*PROGRAM, "sweep", config, "-g", "optimizer.lr=" + ",".join(map(str, RATES)), "--seeds", "0-3", "-q"]
    by_xargs = xargs(ours)
    by_sweep = timed([*sweep, "training.epochs=20", "--jobs", "2", "--runs", f"{lab}/sweep"])
    return by_xargs, by_sweep, xargs(theirs)


def main():
    found = []
    for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 3):
        with tempfile.TemporaryDirectory() as lab:
            found.append(one_round(lab))
        by_xargs, by_sweep, peer = found[-1]
        print(f"xargs {by_xargs:6.1f} s   sweep {by_sweep:6.1f} s   PyTorch {peer:6.1f} s", flush=True)
    columns = list(zip(*found, strict=True))
    for name, column in zip(("xargs -P2", "sweep --jobs 2"), columns, strict=False):
        ratio = statistics.median(peer / own for own, peer in zip(column, columns[2], strict=True))
        median = statistics.median(column)
        print(f"{name:16} {median:6.1f} s   PyTorch {statistics.median(columns[2]):6.1f} s   ratio {ratio:5.2f}")


if __name__ == "__main__":
    main()
