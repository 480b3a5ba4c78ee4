"""Who was started together is read off the environment."""

import sys
from pathlib import Path

import pytest

from nntrain.parallel import launcher
from nntrain.parallel.launcher import launched


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, None),
        ({"PMI_RANK": "1", "PMI_SIZE": "4"}, (1, 4)),
        ({"PMI_RANK": "0", "PMI_SIZE": "1"}, None),
        ({"OMPI_COMM_WORLD_RANK": "2", "OMPI_COMM_WORLD_SIZE": "3"}, (2, 3)),
        ({"SLURM_PROCID": "3", "SLURM_STEP_NUM_TASKS": "8"}, (3, 8)),
        ({"SLURM_PROCID": "0", "SLURM_NTASKS": "8"}, None),  # a batch script: srun has started nothing yet
    ],
)
def test_the_launchers_variables(environment, expected):
    assert launched(environment) == expected


def test_without_mpi4py_the_extra_is_named(nntrain, monkeypatch, configs):
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    monkeypatch.setenv("PMI_RANK", "0")
    monkeypatch.setenv("PMI_SIZE", "2")
    told = nntrain("fit", configs / "digits_mlp.yaml", "--run-dir", "never", code=2).stderr
    assert "pip install 'nntrain[mpi]'" in told
    assert "--no-mpi" in told


def test_no_mpi_trains_alone(nntrain, monkeypatch, configs):
    monkeypatch.setenv("PMI_RANK", "1")
    monkeypatch.setenv("PMI_SIZE", "2")
    nntrain("fit", configs / "digits_mlp.yaml", "training.steps=1", "--run-dir", "run", "--no-mpi", "-q")


@pytest.mark.parametrize(
    ("programs", "expected"),
    [
        (["mpich/bin/hydra_pmi_proxy", "mpich/bin/mpiexec"], "mpich/lib/libmpi.so.12"),
        (["sh", "usr/bin/orterun"], "usr/lib/x86_64-linux-gnu/libmpi.so.40"),
        (["usr/bin/hydra_pmi_proxy"], "usr/lib/x86_64-linux-gnu/libmpich.so.12"),
        (["usr/bin/bash", "usr/sbin/slurmstepd"], None),
        (["gone/bin/prterun"], None),
    ],
)
def test_the_library_is_that_of_the_launcher(programs, expected, monkeypatch, tmp_path):
    for library in (
        "mpich/lib/libmpi.so.12",
        "usr/lib/x86_64-linux-gnu/libmpi.so.40",
        "usr/lib/x86_64-linux-gnu/libmpich.so.12",
    ):
        (tmp_path / library).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / library).touch()
    monkeypatch.setattr(launcher, "ancestors", lambda: [tmp_path / program for program in programs])
    assert launcher.mpi_library() == (expected and tmp_path / expected)


def test_what_a_process_descends_from_is_told_the_nearest_first():
    found = list(launcher.ancestors())
    assert Path("/proc/self").exists() is bool(found)
