import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from nntrain.sweep.dask_cluster import _written

ROOT = Path(__file__).parents[2]


@pytest.fixture
def config(tmp_path):
    """A config that trains in milliseconds."""
    path = tmp_path / "moons.yaml"
    path.write_text(
        textwrap.dedent("""\
        name: moons
        dataset: {type: moons, examples: 100, validation: 0.2}
        architecture:
          - dense: 8
          - tanh
          - dense: $dataset.classes
        loss: cross_entropy
        optimizer: {type: sgd, lr: 0.1, momentum: 0.9}
        schedule: cosine
        metrics: [accuracy]
        training: {epochs: 9}
        """)
    )
    return path


@pytest.fixture
def program(tmp_path):
    """Runs `nntrain …` as a process in an empty directory."""

    def run(*arguments, check=True, **kwargs):
        done = subprocess.run(command(*arguments), capture_output=True, text=True, env=ENV, cwd=tmp_path, **kwargs)
        assert "Traceback" not in done.stderr
        if check:
            assert done.returncode == 0, done.stderr
        return done

    return run


def command(*arguments):
    return [sys.executable, "-m", "nntrain", *map(str, arguments)]


ENV = {**os.environ, "PYTHONPATH": str(ROOT), "NNTRAIN_RUNS": "runs"}


@pytest.fixture
def start(tmp_path):
    """Starts `nntrain …` and leaves it running; nothing of it survives the test."""
    started = []

    def run(*arguments):
        process = subprocess.Popen(
            command(*arguments), env=ENV, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


class DaskCluster:
    """A scheduler and two workers with a thread each, as a user would start them."""

    def __init__(self, folder):
        self.folder, self.file = folder, folder / "scheduler.json"
        self.scheduler = self._start("scheduler", "--port", "0")
        self.workers = [self._worker() for _ in range(2)]
        end = time.monotonic() + 60
        while not _written(self.file):
            assert self.scheduler.poll() is None
            assert time.monotonic() < end
            time.sleep(0.05)

    def _worker(self):
        return self._start("worker", "--nthreads", "1", "--no-nanny")

    def _start(self, kind, *options):
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", "--scheduler-file", self.file, *options]
        return subprocess.Popen(
            [*command, "--no-dashboard"],
            cwd=self.folder,
            env=ENV,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def replace(self, number):
        """Kill a worker and start another."""
        self.workers[number].kill()
        self.workers[number].wait()
        self.workers[number] = self._worker()

    def end(self):
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


@pytest.fixture
def cluster(tmp_path):
    pytest.importorskip("distributed")
    made = DaskCluster(tmp_path)
    yield made
    made.end()


def results(runs):
    """What a run promises to the bit: its log, its best and last checkpoint."""
    files = ("config.yaml", "metrics.jsonl", "checkpoints/last.npz", "checkpoints/best.npz")
    return {run.name: [(run / name).read_bytes() for name in files] for run in sorted(runs.iterdir())}
