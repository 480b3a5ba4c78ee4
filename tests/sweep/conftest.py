import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

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


def results(runs):
    """What a run promises to the bit: its log, its best and last checkpoint."""
    files = ("config.yaml", "metrics.jsonl", "checkpoints/last.npz", "checkpoints/best.npz")
    return {run.name: [(run / name).read_bytes() for name in files] for run in sorted(runs.iterdir())}
