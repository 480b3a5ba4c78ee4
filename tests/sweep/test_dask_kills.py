"""Workers, runs and the sweep itself killed at random: each run is done once, and nothing is left behind."""

import os
import random
import signal
import time
from pathlib import Path

import pytest
from sweep.conftest import results

pytestmark = pytest.mark.slow
KILLS = int(os.environ.get("NNTRAIN_KILLS", "20"))
WAYS = ("worker", "sweep", "run", "server")


def processes(folder):
    """(number, arguments) of all processes that were started in a folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if Path(os.readlink(entry / "cwd")) == folder:
                    found.append((int(entry.name), (entry / "cmdline").read_text().split("\0")))
            except OSError:
                continue
    return found


def servers_and_runs(folder):
    """The numbers of the servers that workers keep, and of their copies, which train: the servers' children."""
    served = [number for number, words in processes(folder) if "nntrain.cli.runs_server" in words]
    runs = [number for number in served if parent(number) in served]
    return [number for number in served if number not in runs], runs


def parent(number):
    try:
        return int(Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def kill(way, cluster, sweep, draws):
    servers, runs = servers_and_runs(cluster.folder)
    if way == "worker":
        cluster.replace(draws.randrange(2))
    elif way == "sweep":
        sweep.kill()
    elif found := (runs if way == "run" else servers):
        os.kill(draws.choice(found), signal.SIGKILL)


def test_kills_at_random_leave_every_run_done_once(program, start, config, cluster, tmp_path):
    arguments = ["sweep", config, "--seeds", "0-11", "training.epochs=150", "training.checkpoint={epochs: 5}"]
    program(*arguments, "--runs", "here")
    draws, told = random.Random(0), []
    sweep = None
    for number in range(KILLS):
        if sweep is None or sweep.poll() is not None:
            sweep = start(*arguments, "--runs", "there", "--dask", cluster.file)
        end = time.monotonic() + draws.uniform(2, 6)
        while time.monotonic() < end and sweep.poll() is None:
            time.sleep(0.05)
        kill(way := WAYS[number % len(WAYS)], cluster, sweep, draws)
        told.append(way)
    if sweep.poll() is None:
        sweep.communicate(timeout=200)
    done = program(*arguments, "--runs", "there", "--dask", cluster.file, timeout=280)
    print(f"{len(told)} kills: {told}")
    assert len(done.stdout.split()) == 12
    assert results(tmp_path / "there") == results(tmp_path / "here")
    for worker in cluster.workers:
        worker.kill()
        worker.wait()
    end = time.monotonic() + 5
    while left := [words for _, words in processes(tmp_path) if any("nntrain" in word for word in words)]:
        assert time.monotonic() < end, left
        time.sleep(0.1)
