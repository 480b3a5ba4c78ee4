"""Who was started together is read off the environment."""

import sys

import pytest

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
