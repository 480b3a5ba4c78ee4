"""Sweeps on other machines: the script of a Slurm array, and the workers of a Dask cluster."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sweep.conftest import ENV, results

import nntrain
from nntrain.errors import ConfigError
from nntrain.runs import Run
from nntrain.sweep import Planner, Settings, waves
from nntrain.sweep.ranges import parse_range
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


# sbatch as Slurm would: takes a script from stdin, runs each task of its array, prints the number of the job
STAND_IN = r"""#!/bin/bash
set -euo pipefail
for word in "$@"; do
  case $word in
    --array=*) array=${word#*=} ;;
    --export=ALL,*) export "${word#*,}" ;;
    --dependency=afterany:*) [ "${word##*:}" = "$(ls "$JOBS" | wc -l)" ] ;;
  esac
done
job=$(($(ls "$JOBS" | wc -l) + 1))
cat > "$JOBS/$job"
bash -n "$JOBS/$job"
for span in ${array//,/ }; do
  for task in $(seq "${span%-*}" "${span#*-}"); do SLURM_ARRAY_TASK_ID=$task bash "$JOBS/$job" >&2; done
done
echo "$job;cluster"
"""


@pytest.fixture
def sbatch(tmp_path):
    """Submits what `--slurm` printed; gives the numbers of its jobs."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "jobs").mkdir()
    for name, text in (("sbatch", STAND_IN), ("nntrain", f'#!/bin/sh\nexec "{sys.executable}" -m nntrain "$@"\n')):
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    path = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "JOBS": str(tmp_path / "jobs")}

    def submit(script):
        return subprocess.run(
            ["bash"], input=script, text=True, check=True, cwd=tmp_path, env=ENV | path, stdout=subprocess.PIPE
        ).stdout.split()

    return submit


@pytest.mark.slow
def test_halving_is_an_array_a_rung_each_waiting_for_the_one_before(program, config, tmp_path, sbatch):
    arguments = ["sweep", config, "-r", "optimizer.lr=log:1e-3:1", "-n", 6, "training.epochs=3"]
    script = program(*arguments, "--runs", "array", "--halving", "--slurm", "--time=1:00").stdout
    assert re.findall("submit --array=(.*) --export.*WAVE=(.)", script) == [("0-5", "0"), ("0-1", "1")]
    assert sbatch(script) == ["1;cluster", "2;cluster"]
    program(*arguments, "--runs", "swept", "--halving", "sync")
    assert results(tmp_path / "array") == results(tmp_path / "swept")
    again = program(*arguments, "--runs", "array", "--halving", "--slurm")
    assert (again.stdout, again.stderr) == ("", "nothing is missing: all runs have ended\n")


def test_only_what_is_missing_of_a_rung_is_submitted(program, config, tmp_path):
    settings = Settings(config, ("training.epochs=3",), {"optimizer.lr": ["0.1", "0.2", "0.3"]}, halving="sync")
    planner = Planner(settings, tmp_path / "runs")
    assert waves.sizes(settings, planner) == [3, 1]
    with pytest.raises(ConfigError, match="has not ended, and the runs after wave 0 depend on it"):
        waves.of_wave(settings, planner, 1)
    tasks = waves.of_wave(settings, planner, 0)
    nntrain.fit(config, [*tasks[1][0].overrides, "training.epochs=1"], run_dir=tasks[1][0].run_dir)
    Run(tasks[0][0].run_dir).path.mkdir()
    Run(tasks[0][0].run_dir).write_status("failed")  # nothing comes of it: the others go on
    assert waves.missing(tasks) == [2]
    nntrain.fit(config, [*tasks[2][0].overrides, "training.epochs=1"], run_dir=tasks[2][0].run_dir)
    assert len(waves.of_wave(settings, planner, 1)) == 1


@pytest.mark.slow
def test_a_search_is_an_array_a_batch(program, config, tmp_path, sbatch):
    pytest.importorskip("optuna")
    arguments = ["sweep", config, "-r", "optimizer.lr=log:1e-3:1", "-n", 7, "--search", "tpe", "--batch", 3]
    script = program(*arguments, "--seeds", "0-1", "--runs", "array", "--slurm").stdout
    assert re.findall("submit --array=(.*) --export", script) == ["0-5", "0-5", "0-1"]
    assert len(sbatch(script)) == 3
    program(*arguments, "--seeds", "0-1", "--runs", "swept")
    assert results(tmp_path / "array") == results(tmp_path / "swept")


def test_flags_say_what_the_settings_are(config):
    said = ["-g", "a.b,c.d=1,2|3,[4, 5]", "-r", "optimizer=sgd:optimizer.momentum=uniform:0:0.99", "-n", "7"]
    settings = Settings(
        config,
        ("training.epochs=1",),
        {"a.b,c.d": ["1,2", "3,[4, 5]"]},
        {"optimizer=sgd:optimizer.momentum": parse_range("uniform:0:0.99", "")},
        count=7,
        seeds=[0, 2],
        halving="async",
    )
    line = waves.flags(settings, Path("runs"))
    expected = ["nntrain", "sweep", str(config), "training.epochs=1", *said, "--seeds", "0,2", "--halving=sync"]
    assert shlex.split(line) == [*expected, "--runs", "runs"]


@pytest.mark.slow
def test_a_sweep_on_dask_is_the_sweep_and_outlives_its_workers(program, start, config, cluster, tmp_path):
    file, workers = cluster.file, cluster.workers
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
    file = cluster.file
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


@pytest.mark.slow
def test_a_scheduler_that_is_lost_ends_the_sweep_with_one_line(start, config, cluster, tmp_path):
    process = start("sweep", config, "--seeds", "0-1", "training.epochs=100000", "--dask", cluster.file)
    while len(list((tmp_path / "runs").glob("*/checkpoints/last.npz"))) < 2:
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    cluster.scheduler.kill()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 8, said
    errors = [line for line in said.splitlines() if "error" in line.lower()]
    assert len(errors) == 1, said
    assert errors[0].startswith("error: --dask: the scheduler does not answer any more: ")


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("", "expected the address of a scheduler, or its file; got ''"),
        ("not-there.json", "no scheduler has written its address there"),
        ("half.json", "no scheduler has written its address there"),
        ("http://localhost:1", "no scheduler answers there: unknown address scheme"),
    ],
)
def test_a_scheduler_that_is_not_there_is_one_line(where, expected, nntrain, config, monkeypatch, tmp_path):
    pytest.importorskip("distributed")
    monkeypatch.setattr("nntrain.sweep.dask_cluster._PATIENCE", 0.1)
    (tmp_path / "half.json").write_text('{"type": "Sch')
    told = nntrain("sweep", config, "--seeds", "0", "--dask", where, code=2).stderr
    assert told.startswith(f"error: --dask {where}".rstrip())
    assert expected in told
    assert told.count("\n") == 1


def test_without_dask_the_extra_is_named(nntrain, config, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    told = nntrain("sweep", config, "--seeds", "0", "--dask", "tcp://nowhere:1", code=2).stderr
    assert "pip install 'nntrain[dask]'" in told
