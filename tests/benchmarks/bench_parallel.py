"""Two processes with a thread each against one, the same config: what training on several processes gains.

    PYTHONPATH=. python tests/benchmarks/bench_parallel.py

Runs of both kinds take turns; printed are the medians of the time of a step.  The machine has to be quiet.
"""

import json
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np
import yaml

sys.path.insert(0, str(Path(__file__).parents[1]))

from parallel.conftest import Launcher

VGG = [
    *({"repeat": {"times": 1, "layers": [{"conv2d": {"filters": f, "kernel": 3, "padding": "same"}}, "relu"]}}
      for f in (32, 32)),
    {"max_pool2d": 2},
    {"conv2d": {"filters": 64, "kernel": 3, "padding": "same"}}, "relu", {"max_pool2d": 2},
    "flatten", {"dense": 128}, "relu", {"dense": 10},
]  # fmt: skip
MLP = ["flatten", {"dense": 512}, "relu", {"dense": 256}, "relu", {"dense": 10}]
WORK = {"VGG, m = 128": (VGG, (3, 32, 32), 128, 8), "MLP, m = 1024": (MLP, (1, 28, 28), 1024, 40)}


def config(folder, layers, shape, m, steps, parts=2):
    random = np.random.default_rng(0)
    np.savez(folder / "data.npz", x=random.integers(0, 256, (4 * m, *shape), np.uint8), y=np.arange(4 * m) % 10)
    declared = {
        "dataset": {
            "type": "npz",
            "path": str(folder / "data.npz"),
            "batch_size": m,
            "validation": 0,
            "standardize": True,
        },
        "architecture": layers,
        "loss": "cross_entropy",
        "optimizer": {"type": "sgd", "lr": 1e-3},
        "training": {"steps": steps, "micro_batches": parts, "checkpoint": {"epochs": 1000}},
    }
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(declared))
    return path


def main(rounds=5):
    for name, (layers, shape, m, steps) in WORK.items():
        with tempfile.TemporaryDirectory() as lab:
            folder = Path(lab)
            launcher, path = Launcher(folder), config(folder, layers, shape, m, steps)
            found = {1: [], 2: []}
            for turn in range(rounds):
                for processes, times in found.items():
                    run = f"{turn}-{processes}"
                    code, _, err = launcher.run(processes, "fit", path, "--run-dir", run, "--threads", 1, "-q")
                    assert code == 0, err
                    lines = (folder / run / "timing.jsonl").read_text().splitlines()[1:]  # the first one starts up
                    rates = [json.loads(line)["examples_per_second"] for line in lines]
                    times.append(1e3 * m / statistics.median(rates))
            one, two = (statistics.median(times) for times in found.values())
            print(f"{name}: 1 process {one:.1f} ms a step, 2 processes {two:.1f} ms: {one / two:.2f} times as fast")


if __name__ == "__main__":
    main()
