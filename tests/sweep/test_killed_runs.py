"""Runs of a sweep that are killed while the sweep goes on: it goes on with them, or decides nothing without them."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from sweep.conftest import ENV, results

from nntrain.runs import Run

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="copies are made on Linux alone")
TESTS = Path(__file__).parents[1]
KILLING = """
import collections, pathlib, sys
sys.path.insert(0, {tests!r})
from reliability import faults
from nntrain.sweep import forks

victims, times = {victims!r}, {times}
run = forks._be_child

def killed(words, program, *more):
    def killing(words):
        name = words[words.index("--run-dir") + 1].replace("/", "-")
        with open("starts-" + name, "a+") as file:
            file.write("x")
            file.seek(0)
            starts = len(file.read())
        if starts <= times and any(word in words for word in victims):
            faults.kill_at(30)
        return program(words)
    run(words, killing, *more)

forks._be_child = killed
from nntrain.__main__ import run as start
start()
"""
SYNC = pytest.param("sync", marks=pytest.mark.slow)  # the short suite has a case of it in reliability/test_many_kills
RATES = ["optimizer.lr=0.3", "optimizer.lr=0.1", "optimizer.lr=0.03"]


def sweep(folder, config, *words, victims=(), times=0):
    script = KILLING.format(tests=str(TESTS), victims=list(victims), times=times)
    words = ["sweep", config, "-g", "optimizer.lr=0.3,0.1,0.03", "training.checkpoint={epochs: 1}", *words]
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, words)], env=ENV, cwd=folder, capture_output=True, text=True
    )


def lengths(runs):
    """How many epochs each run has in its log."""
    return {run.name: len((run / "metrics.jsonl").read_text().splitlines()) for run in runs.iterdir()}


@pytest.mark.parametrize("halving", [pytest.param("", marks=pytest.mark.slow), SYNC, "async"])
def test_a_run_that_is_killed_is_gone_on_with(config, tmp_path, halving):
    halving = ["--halving", halving] if halving else []
    plain = sweep(tmp_path, config, *halving, "--runs", "plain", "-q")
    ended = sweep(tmp_path, config, *halving, "--runs", "killed", "-q", victims=RATES, times=2)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.replace("killed", "plain") == plain.stdout
    assert results(tmp_path / "killed") == results(tmp_path / "plain")


@pytest.mark.parametrize("kind", [SYNC, "async"])
def test_nothing_is_promoted_in_the_place_of_a_run_that_is_killed_each_time(config, tmp_path, kind):
    sweep(tmp_path, config, "--halving", kind, "--runs", "plain")
    whole = lengths(tmp_path / "plain")
    (best,) = (name for name, length in whole.items() if length == max(whole.values()))
    rate = next(rate for rate in RATES if rate in (tmp_path / "plain" / best / "meta.json").read_text())
    ended = sweep(tmp_path, config, "--halving", kind, "--runs", "killed", victims=[rate], times=99)
    assert ended.returncode == 137
    assert f"interrupted  {rate}  killed by signal 9" in ended.stderr
    assert ended.stderr.endswith("interrupted; the same command goes on\n")
    assert max(lengths(tmp_path / "killed").values()) <= min(whole.values())
    assert sweep(tmp_path, config, "--halving", kind, "--runs", "killed").returncode == 0
    assert results(tmp_path / "killed") == results(tmp_path / "plain")


@pytest.mark.parametrize("kind", [SYNC, "async"])
def test_nothing_is_promoted_in_the_place_of_a_run_that_another_process_has(config, tmp_path, kind):
    sweep(tmp_path, config, "--halving", kind, "--runs", "plain")
    whole = lengths(tmp_path / "plain")
    best = max(whole, key=whole.get)
    (tmp_path / "held" / best).mkdir(parents=True)
    with Run(tmp_path / "held" / best).take():
        ended = sweep(tmp_path, config, "--halving", kind, "--runs", "held")
    assert ended.returncode == 6
    assert re.search(r"in use  optimizer.lr=\S+  .*: in use by another", ended.stderr)
    assert ended.stderr.endswith("interrupted; the same command goes on\n")
    others = [run for run in (tmp_path / "held").iterdir() if run.name != best]
    assert max(len((run / "metrics.jsonl").read_text().splitlines()) for run in others) <= min(whole.values())
