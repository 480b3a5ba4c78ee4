"""One training on several processes: the bits of one, and an end together whatever happens to any of them."""

import json
import os
import signal
import sys
import time

import numpy as np
import pytest
import yaml
from parallel.conftest import bits, ranks_of

import nntrain

CONFIG = {
    "name": "small",
    "dataset": {"type": "digits", "batch_size": 50, "augment": [{"shift": 1}]},
    "architecture": ["flatten", {"dense": 24}, "batch_norm", "relu", {"dropout": 0.2}, {"dense": 10}],
    "loss": "cross_entropy",
    "optimizer": {"type": "adam", "lr": 0.01},
    "metrics": ["accuracy", "f1"],
    "training": {"epochs": 2, "micro_batches": 5, "clip_norm": 5.0},
}


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(CONFIG))
    return path


def endless(config):
    """The same for so long that something can happen to it."""
    declared = yaml.safe_load(config.read_text())
    declared["training"] |= {"epochs": 100_000, "checkpoint": {"steps": 20}}
    config.write_text(yaml.safe_dump(declared))
    return config


def until_saved(launched, run, seconds=60):
    end = time.monotonic() + seconds
    while not (run / "checkpoints" / "last.npz").exists():
        assert launched.poll() is None, launched.communicate()
        assert time.monotonic() < end, "it saves nothing"
        time.sleep(0.05)


def end_of(launched, seconds):
    """(exit code, stderr, how long it took)."""
    began = time.monotonic()
    _, err = launched.communicate(timeout=seconds)
    return launched.returncode, err, time.monotonic() - began


def said_by_nntrain(err):
    """Lines of nntrain: launchers have words of their own."""
    return [line for line in err.splitlines() if line.startswith(("error:", "interrupted:")) or "Traceback" in line]


@pytest.mark.parametrize("processes", [3])
def test_any_number_of_processes_leaves_the_bits_of_one(processes, mpi, config, tmp_path):
    nntrain.fit(config, run_dir=tmp_path / "one")
    code, out, err = mpi.run(processes, "fit", config, "--run-dir", "many", "--threads", "1")
    assert code == 0, err
    assert out == "many\n"
    assert [line for line in err.splitlines() if line.startswith("epoch")] == err.splitlines()[:2]  # told once
    assert bits(tmp_path / "many") == bits(tmp_path / "one")
    assert sorted(p.name for p in (tmp_path / "many").iterdir()) == sorted(p.name for p in (tmp_path / "one").iterdir())


def test_more_processes_than_parts_are_one_clear_line(mpi, config):
    code, out, err = mpi.run(3, "fit", config, "training.micro_batches=2", "--run-dir", "never")
    assert (code, out) == (2, "")
    assert [line for line in err.splitlines() if "micro_batches" in line] == [
        "error: 3 processes for batches in 2 parts: set training.micro_batches to 3 or more, or start fewer processes"
    ]
    assert not (mpi.folder / "never").exists()


def test_a_config_through_a_pipe_is_refused_where_several_would_read_it(mpi, config):
    code, _, err = mpi.run(2, "fit", "/dev/stdin", "--run-dir", "never")
    assert code == 2, err
    (line,) = said_by_nntrain(err)
    assert line == "error: /dev/stdin: each of the processes reads the config, and a pipe gives it to one: use a file"


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (
            ["fit", "config.yaml", "optimizer.lr=0.5"],
            "another config than the first process: optimizer.lr: was 0.01, is 0.5",
        ),
        (["resume", "many"], "the processes have different commands: the first one fit, rank 1 resume"),
    ],
)
def test_processes_that_were_given_different_things_are_told(second, expected, mpi, config):
    apart = [":", "-n", "1", sys.executable, "-m", "nntrain", *second]
    code, _, err = mpi.run(1, "fit", "config.yaml", "--run-dir", "many", *apart)
    assert code == 2, err
    (line,) = said_by_nntrain(err)
    assert expected in line


def test_a_killed_process_ends_all_and_another_number_goes_on(mpi, config, tmp_path):
    launched = mpi.start(3, "fit", endless(config), "--run-dir", "run", "-q")
    until_saved(launched, tmp_path / "run")
    os.kill(ranks_of(launched)[1], signal.SIGKILL)
    code, _, seconds = end_of(launched, 20)
    assert code
    assert seconds < 5
    changed = ["training.epochs=3"]
    code, _, err = mpi.run(2, "resume", "run", *changed, "-q")
    assert code == 0, err
    nntrain.fit(config, changed, run_dir=tmp_path / "whole")
    assert (tmp_path / "run" / "metrics.jsonl").read_bytes() == (tmp_path / "whole" / "metrics.jsonl").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("whom", ["launcher", 0, 2])
def test_a_signal_saves_a_common_step(number, whom, mpi, config, tmp_path):
    launched = mpi.start(3, "fit", endless(config), "--run-dir", "run", "-q")
    until_saved(launched, tmp_path / "run")
    os.kill(launched.pid if whom == "launcher" else ranks_of(launched)[whom], number)
    code, err, seconds = end_of(launched, 20)
    assert seconds < 5
    if whom == "launcher" and mpi.is_open_mpi:  # which ends with a code of its own, and passes on no last words
        assert code
    else:
        assert code == 128 + number, err
        assert len(said_by_nntrain(err)) == 1
    status = json.loads((tmp_path / "run" / "status.json").read_text())
    assert status["status"] == "interrupted"
    step = status["step"]
    with np.load(tmp_path / "run" / "checkpoints" / "last.npz") as file:
        assert f'"step":{step}' in bytes(file["manifest"]).decode().replace(" ", "")
    code, _, err = mpi.run(2, "resume", "run", f"training.steps={step + 3}", "-q")
    assert code == 0, err


@pytest.mark.slow
def test_a_stopped_process_is_noticed_in_time(mpi, config, tmp_path):
    launched = mpi.start(2, "fit", endless(config), "--run-dir", "run", "-q", NNTRAIN_MPI_TIMEOUT="3")
    until_saved(launched, tmp_path / "run")
    os.kill(ranks_of(launched)[1], signal.SIGSTOP)
    code, err, seconds = end_of(launched, 30)
    assert code == 8, err
    assert 2 < seconds < 8
    assert [line.partition(":")[0] for line in said_by_nntrain(err)] == ["error"]
    assert "no answer from another process for 3 seconds" in err


@pytest.mark.slow
@pytest.mark.parametrize("rank", [0, 1])
def test_an_error_of_one_process_ends_all(rank, mpi, config, tmp_path):
    (tmp_path / "fault.py").write_text(
        "import os\n"
        "from nntrain.training.supervised import SupervisedTrainer\n"
        "step = SupervisedTrainer.step\n"
        "def failing(self, batch, number):\n"
        f"    if number == 30 and os.environ.get('PMI_RANK', os.environ.get('OMPI_COMM_WORLD_RANK')) == '{rank}':\n"
        "        raise OSError(28, 'No space left on device', 'full')\n"
        "    step(self, batch, number)\n"
        "SupervisedTrainer.step = failing\n"
    )
    launched = mpi.start(3, "fit", endless(config), "--import", "fault.py", "--run-dir", "run", "-q")
    code, err, _ = end_of(launched, 60)
    assert code == 7
    assert said_by_nntrain(err) == ["error: full: No space left on device"]
    code, _, err = mpi.run(2, "resume", "run", "training.steps=40", "-q")
    assert code == 0, err


@pytest.mark.slow
def test_different_data_are_refused(mpi, config, tmp_path):
    (tmp_path / "other.py").write_text(
        "import os\n"
        "from nntrain.training import session\n"
        "plain = session.build\n"
        "def build(*how):\n"
        "    built = plain(*how)\n"
        "    built.data.sha256 = os.environ.get('PMI_RANK', os.environ.get('OMPI_COMM_WORLD_RANK')) * 64\n"
        "    return built\n"
        "session.build = build\n"
    )
    code, _, err = mpi.run(2, "fit", config, "--import", "other.py", "--run-dir", "run", "-q")
    assert code == 3
    (line,) = said_by_nntrain(err)
    assert line.startswith("error: the processes have different data: SHA-256 ")
