"""Sweeps on other machines: the script of a Slurm array, and the workers of a Dask cluster."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest
from sweep.conftest import ENV, results

from nntrain.sweep.slurm import array

# sbatch as Slurm would: checks the script, then runs it once for every task with the variables it would get
SBATCH = r"""
set -euo pipefail
bash -n "$1"
[[ $(head -n 1 "$1") == '#!/bin/bash' ]]
for task in $(seq $(sed -n 's/^#SBATCH --array=\([0-9]*\)-\([0-9]*\)$/\1 \2/p' "$1")); do
  SLURM_ARRAY_TASK_ID=$task SLURM_JOB_ID=1 bash "$1"
done
"""


def test_a_slurm_script_trains_what_is_missing_and_nothing_else(program, config, tmp_path):
    arguments = ["sweep", config, "-g", "architecture.0={dense: 4},{dense: 5}", "training.epochs=1"]
    program(*arguments, "--runs", "it's swept")
    program(*arguments[:3], "architecture.0={dense: 4}", "training.epochs=1", "--runs", "array of")
    script = program(*arguments, "--runs", "array of", "--slurm", "--time=1:00:00 -p cpu").stdout
    assert "#SBATCH --array=0-0\n" in script
    assert "#SBATCH --time=1:00:00\n#SBATCH -p cpu\n" in script
    (tmp_path / "array.sbatch").write_text(script)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "nntrain").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m nntrain "$@"\n')
    (tmp_path / "bin" / "nntrain").chmod(0o755)
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    subprocess.run(["bash", "-c", SBATCH, "sbatch", "array.sbatch"], check=True, cwd=tmp_path, env=ENV | {"PATH": path})
    assert results(tmp_path / "array of") == results(tmp_path / "it's swept")
    again = program(*arguments, "--runs", "array of", "--slurm")
    assert (again.stdout, again.stderr) == ("", "nothing is missing: all runs have ended\n")


def test_options_of_sbatch_stand_a_line_each(tmp_path):
    script = array([["nntrain", "fit", "c.yaml"]] * 3, "c", "--cpus-per-task=2 --mail-type END", tmp_path)
    assert re.findall(r"#SBATCH --cpus.*", script) == ["#SBATCH --cpus-per-task=2"]
    assert "#SBATCH --mail-type END\n" in script
    assert "#SBATCH --array=0-2\n" in script


def test_what_depends_on_results_is_no_array(program, config):
    done = program("sweep", config, "-r", "optimizer.lr=log:1e-3:1", "--halving", "--slurm", check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error: --slurm: which runs come next depends on results")


@pytest.fixture
def cluster(tmp_path):
    """A scheduler and workers as a user would start them; gives the scheduler's file and the workers' processes."""
    pytest.importorskip("distributed")
    started = []

    def start(*arguments):
        command = [sys.executable, "-m", "distributed.cli." + arguments[0], *arguments[1:]]
        process = subprocess.Popen(command, cwd=tmp_path, env=ENV, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        started.append(process)
        return process

    file = tmp_path / "scheduler.json"
    start("dask_scheduler", "--scheduler-file", str(file), "--port", "0", "--no-dashboard")
    workers = [
        start("dask_worker", "--scheduler-file", str(file), "--nthreads", "1", "--no-nanny", "--no-dashboard")
        for _ in range(2)
    ]
    yield file, workers
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.slow
def test_a_sweep_on_dask_is_the_sweep_and_outlives_its_workers(program, start, config, cluster, tmp_path):
    file, workers = cluster
    arguments = ["sweep", config, "--seeds", "0-5", "training.epochs=200", "training.checkpoint={epochs: 5}"]
    program(*arguments, "--runs", "here")
    process = start(*arguments, "--runs", "there", "--dask", file)
    while len(list((tmp_path / "there").glob("*/checkpoints/last.npz"))) < 2:
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    workers[0].send_signal(signal.SIGKILL)
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said
    assert results(tmp_path / "there") == results(tmp_path / "here")


@pytest.mark.slow
def test_a_signal_saves_the_runs_of_the_workers(start, program, config, cluster, tmp_path):
    file, _ = cluster
    arguments = ["sweep", config, "--seeds", "0-1", "training.epochs=100000", "training.checkpoint={epochs: 5}"]
    process = start(*arguments, "--dask", file)
    while len(list((tmp_path / "runs").glob("*/checkpoints/last.npz"))) < 2:
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    states = [(run / "status.json").read_text() for run in (tmp_path / "runs").iterdir()]
    assert all('"interrupted"' in state for state in states)


def test_without_dask_the_extra_is_named(nntrain, config, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    told = nntrain("sweep", config, "--seeds", "0", "--dask", "tcp://nowhere:1", code=2).stderr
    assert "pip install 'nntrain[dask]'" in told
