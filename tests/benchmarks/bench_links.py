"""The model of docs/parallel.md against links that are slow: what a step takes between machines.

    PYTHONPATH=. python tests/benchmarks/bench_links.py [rounds]

Processes stand in network namespaces of their own, joined by links of a given rate and latency (links.py), and train
784-512-256-10.  `t` is the time of a step over links without limits, what messages cost the processors included;
printed is what the model adds to it for the link, beside what was measured.  It needs the rights of root.
"""

import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from bench_parallel import MLP, config
from links import Links

sys.path.insert(0, str(Path(__file__).parents[1]))

from parallel.conftest import Launcher

STEPS, M = 16, 64
POINTS = ((100e6, 5e-3), (400e6, 20e-3))  # bits a second, seconds
PARAMETERS = 784 * 512 + 512 + 512 * 256 + 256 + 256 * 10 + 10


def model(t, processes, rate, latency):
    """Seconds a step: nntrain/docs/parallel.md."""
    travels = 8 * PARAMETERS * 8 / rate * (processes - 1) / processes  # 8 bytes a parameter, 8 bits a byte
    return t + travels + (6 + 3 * math.ceil(math.log2(processes))) * latency


def step(links, launcher, path, run, processes):
    """Seconds a step, the median."""
    hydra = [
        *("ip", "netns", "exec", links.names[0], launcher.program),
        *("-launcher", "ssh", "-launcher-exec", str(links.launcher(launcher.folder)), "-iface", "link0"),
        *("-hosts", ",".join(links.address(k) for k in range(processes)), "-ppn", "1", "-n", str(processes)),
    ]
    environment = os.environ | {
        "FI_PROVIDER": "tcp",
        "FI_TCP_IFACE": "link0",
        "MPIR_CVAR_CH4_NETMOD": "ofi",
        "OPENBLAS_NUM_THREADS": "1",
    }
    command = [sys.executable, "-m", "nntrain", "fit", str(path), "--run-dir", run, "--threads", "1", "-q"]
    done = subprocess.run(
        [*hydra, *command], cwd=launcher.folder, env=environment, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stderr
    lines = (launcher.folder / run / "timing.jsonl").read_text().splitlines()[1:]  # the first one starts up
    return M / statistics.median(json.loads(line)["examples_per_second"] for line in lines)


def main(rounds=3):
    with tempfile.TemporaryDirectory() as lab:
        folder = Path(lab)
        launcher, path = Launcher(folder), config(folder, MLP, (1, 28, 28), M, STEPS, parts=4)
        for processes in (2, 4):
            with Links(processes) as links:
                found = {point: [] for point in ((float("inf"), 0.0), *POINTS)}
                for turn in range(rounds):
                    for point, times in found.items():
                        links.rate, links.latency = point
                        times.append(
                            step(links, launcher, path, f"{processes}-{turn}-{len(times)}-{point[1]}", processes)
                        )
                t, *measured = (statistics.median(times) for times in found.values())
            print(f"{processes} processes, no limits: {1e3 * t:.0f} ms a step")
            for (rate, latency), seconds in zip(POINTS, measured, strict=True):
                expected = model(t, processes, rate, latency)
                print(
                    f"  {rate / 1e6:.0f} Mbit/s, {1e3 * latency:.0f} ms: {1e3 * seconds:.0f} ms,"
                    f" by the model {1e3 * expected:.0f} ms: {seconds / expected:.2f}",
                    flush=True,
                )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
