"""64 digits runs on two cores: by xargs -P2, by `nntrain sweep --jobs 2`, and by a minimal PyTorch script a run.

pip install '.[bench]' && python tests/benchmarks/bench_sweep.py [rounds [runs]]

The runs are 16 learning rates with 4 seeds of configs/digits_mlp.yaml, 20 epochs.  The three ways take turns; medians
of the rounds' ratios PyTorch / nntrain, of wall-clock and, as neighbours disturb that less, of CPU seconds.
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
NAMES = ("xargs -P2", "sweep --jobs 2", "PyTorch")
PROGRAM = [sys.executable, "-m", "nntrain"]


def timed(command, text=None):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    environment.pop(
        "PYTHONDONTWRITEBYTECODE", None
    )  # installed, both have their bytecode; compiling takes 110 ms a run
    start, used = time.perf_counter(), os.times()
    subprocess.run(command, input=text, text=True, env=environment, check=True, capture_output=True)
    now = os.times()
    cpu = now.children_user + now.children_system - used.children_user - used.children_system
    return time.perf_counter() - start, cpu


def xargs(lines):
    return timed(["xargs", "-P", "2", "-L", "1", "env"], "".join(shlex.join(line) + "\n" for line in lines))


def one_round(lab, rates):
    config, digits = str(ROOT / "configs/digits_mlp.yaml"), str(resources.files("nntrain.data").joinpath("digits.npz"))
    runs = [(lr, seed) for lr in rates for seed in SEEDS]
    ours = [
        [*PROGRAM, "fit", config, f"optimizer.lr={lr}", f"seed={seed}", "training.epochs=20", "--threads", "1", "-q",
         "--run-dir", f"{lab}/xargs/{lr}-{seed}"]
        for lr, seed in runs
    ]  # fmt: skip
    script = str(ROOT / "tests/benchmarks/torch_digits.py")
    theirs = [[sys.executable, script, digits, "20", "1", f"{lab}/{lr}-{seed}.pt"] for lr, seed in runs]
    sweep = [*PROGRAM, "sweep", config, "-g", "optimizer.lr=" + ",".join(map(str, rates)), "--seeds", "0-3", "-q"]
    by_xargs = xargs(ours)
    by_sweep = timed([*sweep, "training.epochs=20", "--jobs", "2", "--runs", f"{lab}/sweep"])
    return by_xargs, by_sweep, xargs(theirs)


def main():
    rounds, runs = (int(text) for text in [*sys.argv[1:], *["3", "64"][len(sys.argv) - 1 :]])
    found = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as lab:
            found.append(one_round(lab, RATES[: max(1, runs // len(SEEDS))]))
        told = "   ".join(
            f"{name} {wall:6.1f} s ({cpu:5.1f} s CPU)" for name, (wall, cpu) in zip(NAMES, found[-1], strict=True)
        )
        print(told, flush=True)
    for i, name in enumerate(NAMES[:2]):
        wall, cpu = (statistics.median(one[2][k] / one[i][k] for one in found) for k in (0, 1))
        print(f"PyTorch / {name:14} wall-clock {wall:5.2f}   CPU {cpu:5.2f}")


if __name__ == "__main__":
    main()
