"""Timing two programs side by side: alternating blocks, medians, ratios.  The machine may be noisy; ratios hold."""

from __future__ import annotations

import os
import statistics
import time

for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")  # before NumPy; PyTorch is told its threads by torch.set_num_threads


def alternate(ours, theirs, *, blocks=15, seconds=0.3):
    """Median seconds a call of both, and the median of the blocks' ratios theirs / ours.

    Each block times one and then the other for about `seconds` each, so that both see the same neighbours.
    """
    repeats = []
    for call in (ours, theirs):
        call()
        start = time.perf_counter()
        for _ in range(5):
            call()
        repeats.append(max(3, int(seconds / ((time.perf_counter() - start) / 5))))
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(blocks):
        for call, count, found in zip((ours, theirs), repeats, times, strict=True):
            call()  # finds the other's idle threads still spinning, and its data in the cache
            start = time.perf_counter()
            for _ in range(count):
                call()
            found.append((time.perf_counter() - start) / count)
    ratios = [b / a for a, b in zip(*times, strict=True)]
    return statistics.median(times[0]), statistics.median(times[1]), statistics.median(ratios)


def report(name, ours, theirs, ratio):
    print(f"{name:44} nntrain {ours * 1e3:9.3f} ms   PyTorch {theirs * 1e3:9.3f} ms   ratio {ratio:5.2f}", flush=True)
