"""The benchmarks call the program as it is now."""

import os
import sys
import time
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def benchmark(monkeypatch):
    """Imports a benchmark by its name."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))

    def found(name):
        __import__(name)
        return sys.modules[name]

    before = dict(os.environ)
    yield found
    os.environ.clear()
    os.environ.update(before)  # they set BLAS's variables
    for path in BENCHMARKS.glob("*.py"):
        sys.modules.pop(path.stem, None)


@pytest.mark.parametrize("kind", ["lstm", "gru", "rnn"])
def test_a_recurrent_step_can_be_measured(benchmark, kind):
    assert benchmark("bench_recurrence").Ours(kind, 3, 2, 4, 5, 6, np.random.default_rng(0)).step() > 0


@pytest.mark.parametrize("name", ["digits_mlp", "lstm_128"])
def test_a_workload_of_the_speed_table_can_be_measured(benchmark, tmp_path, name):
    workloads = benchmark("workloads")
    workloads.ours(workloads.WORKLOADS[name], tmp_path)()


@pytest.mark.slow
def test_convolutions_and_the_peer_of_the_speed_table_can_be_measured(benchmark):
    pytest.importorskip("torch")
    workloads, convolutions = benchmark("workloads"), benchmark("bench_convolutions")
    for workload in workloads.WORKLOADS.values():
        workloads.theirs(workload, channels_last=True)()
    for kind in convolutions.KINDS:
        _, _, ratio = convolutions.measure(kind, (8, 9, 16), 1, time.perf_counter)
        assert ratio > 0
