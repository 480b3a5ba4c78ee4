"""The whole speed table in one call, as Markdown: in one process with one thread and two, and from outside.

    pip install '.[bench]' && python tests/benchmarks/run_all.py [--minutes 40] [--quick] [NAME ...]

In process: steps of nntrain and PyTorch (the better of its two layouts) in turns; from outside: the slope between a
short and a long process, loading included, two threads each.  PyTorch's time ÷ nntrain's.  Below the table stands how
noisy the machine was: a fixed product, timed all along.  A figure is printed as soon as it is known.
Where the time runs out, rows are left out and named.
--quick does an eighth of the work: it shows that all of it runs, and roughly how fast.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time

from workloads import WORKLOADS, ours, outside, theirs  # isort: skip  (sets the BLAS variables before NumPy is imported)

import numpy as np
import torch

from nntrain.runtime import threads
from nntrain.runtime.memory import keep_freed_memory

WHOLE = {"small_run": "whole small run: digits MLP, 20 epochs", "sweep": "{} digits runs, `nntrain sweep --jobs 2`"}


class Noise:
    """How long the same product took, again and again."""

    def __init__(self):
        self.A = np.random.default_rng(0).standard_normal((512, 512)).astype(np.float32)
        self.times = []

    def listen(self):
        for _ in range(20):
            start = time.perf_counter()
            np.matmul(self.A, self.A)
            self.times.append(time.perf_counter() - start)

    def told(self):
        times = np.sort(self.times)
        low, middle, high = (times[int(q * (len(times) - 1))] / times[0] for q in (0.1, 0.5, 0.9))
        verdict = "quiet" if high < 1.3 else "noisy" if high < 2 else "too noisy to measure on"
        return (
            f"Noise: a product of 512×512 took {low:.2f} (tenth), {middle:.2f} (median), {high:.2f} (nine tenths) "
            f"times its best: {verdict}."
        )


def in_process(name, count, seconds):
    """The ratio of steps in turns, with so many threads, for about so long."""
    threads.set_threads(count)
    torch.set_num_threads(count)
    workload = WORKLOADS[name]
    with tempfile.TemporaryDirectory() as folder:
        layouts = (False, True) if len(workload.shape) == 3 else (False,)
        runs = [ours(workload, folder), *(theirs(workload, channels_last) for channels_last in layouts)]
    found, start = [], time.monotonic()
    # On a busy machine a step of PyTorch with two threads, which spin while they wait, takes many times as long.
    while not found or (passed := time.monotonic() - start) < seconds or (len(found) < 3 and passed < 4 * seconds):
        row = []
        for run in runs:
            run()  # finds the other's idle threads still spinning, and its data in the cache
            begin, steps = time.perf_counter(), 0
            least = 3 if time.monotonic() - start < 2 * seconds else 1
            while steps < least or time.perf_counter() - begin < seconds / 60:
                run()
                steps += 1
            row.append((time.perf_counter() - begin) / steps)
        found.append(row)
    best = min(range(1, len(runs)), key=lambda k: statistics.median(row[k] for row in found))
    return statistics.median(row[best] / row[0] for row in found)


def whole(name, quick):
    """The row of the sweep, or of a whole small run: what it is called, and the ratio by the clock."""
    if name == "sweep":
        import bench_sweep

        rates = bench_sweep.RATES[:2] if quick else bench_sweep.RATES
        with tempfile.TemporaryDirectory() as lab:
            _, sweep, peer = bench_sweep.one_round(lab, rates)
        return WHOLE[name].format(len(rates) * len(bench_sweep.SEEDS)), peer[0] / sweep[0]
    import sys
    from importlib import resources

    from workloads import ROOT, process_seconds

    with tempfile.TemporaryDirectory() as lab:
        digits = str(resources.files("nntrain.data").joinpath("digits.npz"))
        fit = [sys.executable, "-m", "nntrain", "fit", str(ROOT / "configs/digits_mlp.yaml"), "training.epochs=20"]
        script = [sys.executable, str(ROOT / "tests/benchmarks/torch_digits.py"), digits, "20", "2", f"{lab}/a.pt"]
        pairs = [(process_seconds([*fit, "--runs", lab]), process_seconds(script)) for _ in range(2 if quick else 4)]
    return WHOLE[name], statistics.median(b[0] / a[0] for a, b in pairs[1:])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join([*WORKLOADS, *WHOLE]))
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--rounds", type=int, default=3, help="of processes from outside")
    parser.add_argument("--quick", action="store_true", help="an eighth of the work")
    arguments = parser.parse_args()
    names, quick = arguments.names or [*WORKLOADS, *WHOLE], arguments.quick
    share, rounds = (1 / 8, 1) if quick else (1.0, arguments.rounds)
    end, noise, left_out = time.monotonic() + 60 * arguments.minutes, Noise(), []
    # seconds of a cell in process: an eighth of the time for both columns together
    each = min(20.0, 60 * arguments.minutes / 8 / (2 * len(names))) * share
    keep_freed_memory()
    print("| network | batch | in process, 1 thread | 2 threads | from outside, 2 threads |")
    print("| --- | --- | --- | --- | --- |", flush=True)
    for name in names:
        if time.monotonic() > end:
            left_out.append(name)
            continue
        noise.listen()
        if name in WHOLE:
            title, ratio = whole(name, quick)
            print(f"| {title} | | | | {ratio:.1f} |", flush=True)
            continue
        print(f"| {WORKLOADS[name].title} | {WORKLOADS[name].m} |", end="", flush=True)
        for count in (1, 2):
            print(f" {in_process(name, count, each):.2f} |", end="", flush=True)
        noise.listen()
        with tempfile.TemporaryDirectory() as folder:
            print(f" {statistics.median(outside(name, folder, 2, rounds, share, until=end)):.2f} |", flush=True)
    noise.listen()
    print()
    if left_out:
        print(f"Left out, as the time was up: {', '.join(left_out)}.")
    print(noise.told())


if __name__ == "__main__":
    main()
