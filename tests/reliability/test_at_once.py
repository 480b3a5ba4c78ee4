"""Many programs at the same time: no directory shared, no run taken twice, nobody else's run harmed."""

import json
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from reliability.configs import MLP, changed
from reliability.program import ENVIRONMENT, command, differing, left_behind, shell, wait_for, write_config

QUICK = changed(MLP, training={"steps": 3})
LONG = changed(MLP, training={"epochs": 100_000, "early_stopping": None})


def start(*arguments, cwd):
    pipe = subprocess.PIPE
    return subprocess.Popen(command(*arguments), cwd=cwd, env=ENVIRONMENT, stdout=pipe, stderr=pipe, text=True)


def starts(folder, count):
    """`fit` started many times in the same second: the directories that they print."""
    path = write_config(folder / "c.yaml", QUICK)
    processes = [start("fit", path, "-q", "--threads", "1", cwd=folder) for _ in range(count)]
    texts = [process.communicate() for process in processes]
    assert [p.returncode for p in processes] == [0] * count, texts
    return [out for out, _ in texts]


def test_starts_in_the_same_second_get_directories_of_their_own(tmp_path):
    assert sorted(starts(tmp_path, 4)) == [f"runs/mlp-{i:03d}\n" for i in range(1, 5)]


@pytest.mark.slow
def test_64_starts_in_the_same_second(tmp_path):
    """A thousand, of the directories alone, are in tests/runs."""
    assert sorted(starts(tmp_path, 64)) == [f"runs/mlp-{i:03d}\n" for i in range(1, 65)]


def test_the_same_run_directory_twice_at_once_is_exit_6_for_the_second(tmp_path, warm):
    run, path = tmp_path / "run", write_config(tmp_path / "c.yaml", LONG)
    process = start("fit", path, "-q", "--run-dir", run, cwd=tmp_path)
    try:
        wait_for((run / "checkpoints" / "last.npz").exists)
        for arguments in (
            ("fit", path, "--run-dir", run, "--on-exist", "resume"),
            ("fit", path, "--run-dir", run, "--on-exist", "replace"),
            ("resume", run),
        ):
            ended = warm.run(*arguments)
            assert (ended.code, ended.stdout) == (6, "")
            assert ended.stderr.startswith(f"error: {run}: in use by process {process.pid}; ")
        assert warm.run("fit", path, "--run-dir", run).code == 6
        assert json.loads(warm.run("runs", tmp_path, "--json").stdout)[0]["status"] == "running"
    finally:
        process.kill()
        process.communicate()
    assert json.loads(warm.run("runs", tmp_path, "--json").stdout)[0]["status"] == "interrupted"
    assert warm.run("resume", run, "-q", "--max-seconds", "0").code == 143  # the lock died with its process


def some_killed(folder, config, count, killed):
    """Runs at once, some of them killed: every run's true status as `nntrain runs` shows it, and the disturbed ones."""
    path = write_config(folder / "c.yaml", config)
    long = write_config(folder / "long.yaml", LONG)
    assert shell("fit", path, "--run-dir", folder / "alone", cwd=folder).code == 0
    expected = left_behind(folder / "alone")

    def one(number):
        run = folder / "runs" / f"run-{number:03d}"
        victim = number % (count // killed) == 0
        process = start("fit", long if victim else path, "-q", "--threads", "1", "--run-dir", run, cwd=folder)
        if victim:
            wait_for((run / "checkpoints" / "last.npz").exists)
            process.send_signal(signal.SIGKILL)
        process.communicate()
        return None if victim else differing(left_behind(run), expected)

    with ThreadPoolExecutor(count) as pool:
        disturbed = [names for names in pool.map(one, range(count)) if names]
    rows = json.loads(shell("runs", "runs", "--json", cwd=folder).stdout)
    return [row["status"] for row in rows], disturbed


@pytest.mark.parametrize(("count", "killed"), [(4, 1), pytest.param(32, 8, marks=pytest.mark.slow)])
def test_runs_that_are_killed_harm_no_other_and_are_listed(tmp_path, count, killed):
    statuses, disturbed = some_killed(tmp_path, MLP, count, killed)
    assert len(statuses) == count
    assert statuses.count("interrupted") == killed
    assert statuses.count("stopped early") == count - killed
    assert not disturbed
