"""Stopped after any step and resumed: the same bytes.  SIGINT, SIGTERM, SIGHUP and --max-seconds end a run so."""

import json
import os
import signal
import subprocess
import time
from contextlib import suppress

import numpy as np
import pytest
from reliability.configs import CONFIGS, MLP, OPTIMIZERS, SCHEDULES, changed
from reliability.program import (
    ENVIRONMENT,
    command,
    differing,
    left_behind,
    shell,
    temporary_files,
    wait_for,
    write_config,
)

import nntrain
from nntrain.errors import Interrupted
from nntrain.files import checkpoint


class Stop:
    """Asks for an end at the k-th look: before every step and before every batch of an evaluation."""

    def __init__(self, k):
        self.left = k

    def __call__(self):
        self.left -= 1
        return signal.SIGTERM if self.left < 0 else None


def stops(config, folder):
    """Stop at the first look, the second, …, each run resumed to its end: how many, and those that left a trace."""
    nntrain.fit(config, run_dir=folder / "whole")
    expected, wrong, k = left_behind(folder / "whole"), [], 0
    while True:
        run = folder / f"stop{k}"
        with suppress(Interrupted):
            nntrain.fit(config, run_dir=run, stop=Stop(k))
            return k, wrong
        assert json.loads((run / "status.json").read_text())["status"] == "interrupted"
        nntrain.resume(run)
        if names := differing(left_behind(run), expected):
            wrong.append((k, names))
        k += 1


QUICK = changed(
    MLP,
    dataset={"examples": 80},
    training={"steps": 7, "evaluate": {"steps": 2}, "checkpoint": {"seconds": 10}},
)
PAIRS = [(o, SCHEDULES[i]) for i, o in enumerate(OPTIMIZERS)][1::2]  # momentum, rmsprop, adam; all of them: slow
ALL_PAIRS = [(o, s) for o in OPTIMIZERS for s in SCHEDULES]


@pytest.mark.parametrize(("optimizer", "schedule"), PAIRS, ids=str)
def test_a_run_stopped_anywhere_resumes_to_the_same_bytes(tmp_path, optimizer, schedule):
    k, wrong = stops(changed(QUICK, optimizer=optimizer, schedule=schedule), tmp_path)
    assert not wrong
    assert k > 7


@pytest.mark.slow
@pytest.mark.parametrize(("optimizer", "schedule"), ALL_PAIRS, ids=str)
def test_each_optimizer_with_each_schedule_stopped_anywhere(tmp_path, optimizer, schedule):
    config = changed(QUICK, optimizer=optimizer, schedule=schedule, training={"steps": 13})
    k, wrong = stops(config, tmp_path)
    print(k, "of", k)
    assert not wrong


@pytest.mark.slow
@pytest.mark.parametrize("name", CONFIGS)
def test_each_kind_of_network_stopped_anywhere(tmp_path, name):
    k, wrong = stops(changed(CONFIGS[name], training={"checkpoint": {"seconds": 10}}), tmp_path)
    print(name, k, "of", k)
    assert not wrong


def test_max_seconds_ends_a_run_as_sigterm_does(tmp_path, undisturbed):
    path, expected = undisturbed(MLP)
    ended = shell("fit", path, "--run-dir", tmp_path / "run", "--max-seconds", "0", cwd=tmp_path)
    assert ended.code == 143
    assert ended.stderr == f"interrupted: step 0 is saved; nntrain resume {tmp_path / 'run'} goes on\n"
    assert json.loads((tmp_path / "run" / "status.json").read_text())["status"] == "interrupted"
    assert shell("resume", tmp_path / "run", "--max-seconds", "600", cwd=tmp_path).code == 0
    assert not differing(left_behind(tmp_path / "run"), expected)


LONG = changed(MLP, training={"epochs": 100_000, "early_stopping": None, "checkpoint": {"steps": 1}})
SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]


def hears_interrupts():
    """Tests that run in the background of a script have inherited that SIGINT is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup


@pytest.fixture
def begin(tmp_path):
    """begin("fit", …): the program from a cold start; killed if it outlives the test."""
    processes = []

    def begin(*arguments):
        pipe = subprocess.PIPE
        options = {"cwd": tmp_path, "env": ENVIRONMENT, "stdout": pipe, "stderr": pipe}
        process = subprocess.Popen(command(*arguments), preexec_fn=hears_interrupts, **options)
        processes.append(process)
        return process

    yield begin
    for process in processes:
        process.kill()
        process.communicate()


def as_shell(code):
    """A process that dies of a signal (before Python has run a line of nntrain) has this code in a shell."""
    return 128 - code if code < 0 else code


def test_seconds_that_are_no_number_are_refused(nntrain, tmp_path):
    config = write_config(tmp_path / "c.yaml", LONG)
    assert "nan is no number" in nntrain("fit", config, "--max-seconds", "nan", code=2).stderr


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_signal_while_it_trains_saves_the_last_finished_step(tmp_path, begin, number, code):
    run = tmp_path / "run"
    process = begin("fit", write_config(tmp_path / "c.yaml", LONG), "-q", "--run-dir", run)
    wait_for((run / "checkpoints" / "last.npz").exists)
    process.send_signal(number)
    out, err = process.communicate()
    status = json.loads((run / "status.json").read_text())
    assert (process.returncode, out, status["status"]) == (code, b"", "interrupted")
    assert err.decode() == f"interrupted: step {status['step']} is saved; nntrain resume {run} goes on\n"
    assert checkpoint.read(run / "checkpoints" / "last.npz").manifest["step"] == status["step"]
    assert not temporary_files(run)


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_signal_cuts_an_evaluation_short(warm, tmp_path, number, code):
    run, evaluating = tmp_path / "run", tmp_path / "evaluating"
    batches = {"examples": 1500, "validation": 0.5}  # two and more in the evaluation
    config = changed(LONG, dataset=batches, training={"evaluate": {"steps": 1}})
    config = write_config(tmp_path / "c.yaml", config)
    process = warm.start("fit", config, "-q", "--run-dir", run, slow_evaluation=[0.3, str(evaluating)])
    wait_for(evaluating.exists)
    process.kill(number)
    assert process.wait().code == code
    assert checkpoint.read(run / "checkpoints" / "last.npz").manifest["step"] == 1
    assert (run / "metrics.jsonl").read_bytes() == b""


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_second_signal_ends_at_once(warm, tmp_path, number, code):
    run, evaluating = tmp_path / "run", tmp_path / "evaluating"
    config = write_config(tmp_path / "c.yaml", LONG)
    process = warm.start("fit", config, "-q", "--run-dir", run, slow_evaluation=[600, str(evaluating)])
    wait_for(evaluating.exists)
    for _ in range(5):
        process.kill(number)
        time.sleep(0.02)
    ended = process.wait()
    assert (ended.code, ended.stderr) == (code, "")
    assert warm.run("runs", tmp_path, "--csv").stdout.splitlines()[1].startswith("run,interrupted,")


@pytest.mark.parametrize(("number", "code"), [pytest.param(*SIGNALS[0], marks=pytest.mark.slow), SIGNALS[1]])
def test_a_signal_before_training_ends_at_once_without_a_trace(tmp_path, begin, number, code):
    """At moments spread over import and the loading of data, which takes seconds here."""
    numbers = np.random.default_rng(0).standard_normal((60_000, 20)).round(3)
    (tmp_path / "data.csv").write_text("\n".join(",".join(map(str, row)) for row in numbers))
    config = write_config(tmp_path / "c.yaml", changed(MLP, dataset={"type": "csv", "path": "data.csv"}))
    for seconds in (0.15, 0.4):
        process = begin("fit", config, "-q", "--runs", tmp_path / "runs")
        time.sleep(seconds)
        process.send_signal(number)
        out, err = process.communicate()
        assert as_shell(process.returncode) == code
        assert out == b""
        if process.returncode == code:
            assert err == b""
        assert not (tmp_path / "runs").exists()


def test_a_signal_during_eval_ends_at_once(warm, undisturbed, tmp_path):
    path, _ = undisturbed(MLP)
    process = warm.start("eval", path.parent / "run", slow_evaluation=[600, str(tmp_path / "evaluating")])
    wait_for((tmp_path / "evaluating").exists)
    process.kill(signal.SIGTERM)
    ended = process.wait()
    assert (ended.code, ended.stdout, ended.stderr) == (143, "", "")


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_signals_at_a_hundred_random_moments(tmp_path, begin, number, code):
    chance = np.random.default_rng(number)
    config = write_config(tmp_path / "c.yaml", LONG)
    twice = 0
    for case in range(100):
        run = tmp_path / f"run{case}"
        process = begin("fit", config, "-q", "--run-dir", run)
        time.sleep(chance.uniform(0, 0.8))
        process.send_signal(number)
        if case % 3 == 0:
            time.sleep(chance.uniform(0, 0.005))
            process.send_signal(number)
            twice += 1
        out, err = process.communicate()
        if b"init_import_site" in err:  # Python itself was still starting
            continue
        assert (as_shell(process.returncode), out) == (code, b""), (case, err)
        for name in ("last.npz", "best.npz"):
            if (run / "checkpoints" / name).exists():
                checkpoint.read(run / "checkpoints" / name)
        if case % 3 and os.path.exists(run / "config.yaml"):
            assert not temporary_files(run)
    print(f"{100 - twice} once, {twice} twice")
