"""Sweeps as they are run: only what is missing, whatever happened before."""

import json
import os
import pty
import random
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from sweep.conftest import ENV, command, results

from nntrain.runs import scan

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="children die with their parent by prctl")


def statuses(runs):
    return [json.loads((run / "status.json").read_text())["status"] for run in sorted(runs.iterdir())]


def descendants(pid):
    """Live processes started by `pid`, which are its children: a sweep's children start none."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.005)
    raise AssertionError("waited in vain")


def test_a_sweep_runs_everything_once_and_a_second_start_nothing(program, config, tmp_path):
    arguments = ["sweep", config, "-g", "optimizer.lr=0.1,0.01", "--seeds", "0-1", "training.epochs=2"]
    first = program(*arguments)
    before = results(tmp_path / "runs")
    assert statuses(tmp_path / "runs") == ["done"] * 4
    assert sorted(Path(line).name for line in first.stdout.split()) == sorted(before)
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "runs").rglob("*")}
    second = program(*arguments)
    assert second.stdout == first.stdout
    assert times == {path: path.stat().st_mtime_ns for path in (tmp_path / "runs").rglob("*")}


def test_a_widened_sweep_adds_what_is_missing(program, config, tmp_path):
    program("sweep", config, "-g", "optimizer.lr=0.1", "training.epochs=1")
    (only,) = (tmp_path / "runs").iterdir()
    mark = (only / "status.json").stat().st_mtime_ns
    program("sweep", config, "-g", "optimizer.lr=0.1,0.2", "training.epochs=1")
    assert (only / "status.json").stat().st_mtime_ns == mark
    assert len(list((tmp_path / "runs").iterdir())) == 2


def test_failing_and_diverging_runs_are_reported_and_stop_nothing(program, config, tmp_path):
    blocked = program("sweep", config, "-g", "optimizer.lr=0.1,1e300,0.2,0.3", "training.epochs=1", "--print").stdout
    directory = re.search(r"optimizer.lr=0.2 --run-dir (\S+)", blocked.replace("training.epochs=1 ", ""))[1]
    (tmp_path / directory).parent.mkdir()
    (tmp_path / directory).write_text("in the way")
    done = program(
        "sweep", config, "-g", "optimizer.lr=0.1,1e300,0.2,0.3", "training.epochs=1", "--jobs", 2, check=False
    )
    assert done.returncode == 4
    assert len(done.stdout.split()) == 2
    assert re.search(r"diverged  optimizer.lr=1e300  diverged at step \d+", done.stderr)
    assert re.search(r"failed  optimizer.lr=0.2  .*is no directory", done.stderr)
    assert "4 runs: 2 done, 1 diverged, 1 failed" in done.stderr


def test_each_run_is_what_fit_alone_makes_of_it(program, config, tmp_path):
    program("sweep", config, "-g", "optimizer.lr=0.05", "--seeds", "3", "training.epochs=2")
    (swept,) = (tmp_path / "runs").iterdir()
    program("fit", config, "optimizer.lr=0.05", "seed=3", "training.epochs=2", "--run-dir", f"alone/{swept.name}")
    assert results(tmp_path / "runs") == results(tmp_path / "alone")


def test_printed_lines_run_by_a_shell_are_the_sweep(program, config, tmp_path):
    arguments = ["sweep", config, "-g", "architecture.0={dense: 4},{dense: 5}", "training.epochs=1"]
    lines = program(*arguments, "--runs", "printed runs", "--print").stdout
    assert not (tmp_path / "printed runs").exists()
    script = lines.replace("nntrain fit", f"{sys.executable} -m nntrain fit")
    subprocess.run(["bash", "-euo", "pipefail", "-c", script], check=True, env=ENV, cwd=tmp_path, capture_output=True)
    program(*arguments, "--runs", "swept")
    assert results(tmp_path / "printed runs") == results(tmp_path / "swept")


@linux
@pytest.mark.parametrize("kills", [2, pytest.param(8, marks=pytest.mark.slow)])
def test_killed_at_random_moments_and_started_again_it_ends_as_if_undisturbed(program, start, config, tmp_path, kills):
    arguments = [
        "sweep",
        config,
        "--seeds",
        "0-2",
        "--jobs",
        2,
        "training.epochs=60",
        "training.checkpoint={epochs: 5}",
    ]
    program(*arguments, "--runs", "undisturbed")
    draws = random.Random(1)
    for _ in range(kills):
        process = start(*arguments, "--runs", "killed")
        children = wait_for(lambda p=process: descendants(p.pid) or p.poll() is not None)
        time.sleep(draws.uniform(0, 0.5))
        children = descendants(process.pid)
        process.send_signal(signal.SIGKILL)
        process.wait()
        for child in children[:1]:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        wait_for(lambda c=children: not any(map(alive, c)))
    program(*arguments, "--runs", "killed")
    assert results(tmp_path / "killed") == results(tmp_path / "undisturbed")
    assert statuses(tmp_path / "killed") == ["done"] * 3


@linux
def test_no_child_survives_its_sweep(start, config):
    process = start("sweep", config, "--seeds", "0-3", "--jobs", 2, "training.epochs=1000000")
    children = wait_for(lambda: len(found := descendants(process.pid)) == 2 and found)
    process.kill()
    wait_for(lambda: not any(map(alive, children)))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_the_live_runs_and_the_same_command_goes_on(start, program, config, tmp_path, number):
    arguments = ["sweep", config, "--seeds", "0-2", "--jobs", 2, "training.steps=2000", "training.epochs=null"]
    process = start(*arguments)
    wait_for(lambda: len(list((tmp_path / "runs").glob("*/metrics.jsonl"))) == 2)
    process.send_signal(number)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 128 + number
    assert "Traceback" not in said
    assert "not started" in said
    for run in (tmp_path / "runs").iterdir():
        assert (run / "checkpoints/last.npz").exists()
    program(*arguments)
    assert statuses(tmp_path / "runs") == ["done"] * 3


def test_halving_goes_on_with_the_best_third_to_the_bits_of_a_straight_run(program, config, tmp_path):
    arguments = ["sweep", config, "-r", "optimizer.lr=log:1e-4:1", "-n", "9", "--halving", "sync"]
    done = program(*arguments)
    runs = sorted((tmp_path / "runs").iterdir())
    epochs = [len((run / "metrics.jsonl").read_text().splitlines()) for run in runs]
    assert sorted(epochs) == [1] * 6 + [3, 3, 9]
    assert "9 runs up to 1 epoch\n" in done.stderr
    assert "9 runs: " in done.stderr
    assert "6 rung 1 of 3" in done.stderr
    at_epoch = {1: "rung 1 of 3", 3: "rung 2 of 3", 9: "done"}  # what was given up is not done
    assert [row["status"] for row in scan(tmp_path / "runs")] == [at_epoch[n] for n in epochs]
    last = {1: {}, 3: {}}
    for run in runs:
        lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
        for rung, losses in last.items():
            if len(lines) >= rung:
                losses[run] = min(line["validation"]["loss"] for line in lines[:rung])
    promoted = {run for run, count in zip(runs, epochs, strict=True) if count >= 3}
    assert promoted == set(sorted(last[1], key=last[1].get)[:3])
    winner = runs[epochs.index(9)]
    assert winner == min(last[3], key=last[3].get)

    program("fit", winner / "config.yaml", "--run-dir", f"straight/{winner.name}")
    assert results(tmp_path / "straight")[winner.name] == results(tmp_path / "runs")[winner.name]
    again = program(*arguments)
    assert again.stdout == done.stdout
    assert not re.search(r"^\[", again.stderr, re.MULTILINE)  # nothing was run
    given_up = runs[epochs.index(1)]
    assert [row["status"] for row in scan(tmp_path / "runs")] == [at_epoch[n] for n in epochs]
    program("resume", given_up, "training.epochs=2")
    assert {row["run"]: row["status"] for row in scan(tmp_path / "runs")}[str(given_up)] == "done"


def test_halving_cannot_be_printed(program, config):
    done = program("sweep", config, "--seeds", "0-8", "--halving", "--print", check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error: --print")


def test_a_terminal_shows_a_live_table_and_a_file_a_line_a_run(program, config, tmp_path):
    arguments = ["sweep", config, "--seeds", "0-1", "--jobs", 1, "training.epochs=400"]
    main, side = pty.openpty()
    process = subprocess.Popen(
        command(*arguments), env={**ENV, "TERM": "xterm"}, cwd=tmp_path, stdout=subprocess.PIPE, stderr=side
    )
    os.close(side)
    shown = b""
    try:
        while chunk := os.read(main, 65536):
            shown += chunk
    except OSError:  # the other end was closed
        pass
    os.close(main)
    process.communicate()
    assert process.returncode == 0
    text = shown.decode()
    assert "running" in text
    assert "\x1b[J" in text
    assert "seed=0" in text
    assert re.search(r"2 runs: 2 done", text)

    plain = program(*arguments, "training.epochs=1", "--runs", "elsewhere").stderr
    assert "\x1b" not in plain
    assert len(re.findall(r"^\[\d/2\] done  seed=\d  validation: loss", plain, re.MULTILINE)) == 2


def test_quiet_says_nothing_of_what_went_well(program, config):
    assert program("sweep", config, "--seeds", "0", "training.epochs=1", "-q").stderr == ""
