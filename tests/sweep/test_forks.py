"""Runs as copies of the sweep's process: what they promise as processes, and that they begin with everything there."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from sweep.conftest import ENV, results

from nntrain.config import read
from nntrain.data import held
from nntrain.runtime import signals
from nntrain.sweep import Planner, Settings, forks

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="copies are made on Linux alone"),
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),  # tests before may have left threads
]
HERE = ["python", "-m", "nntrain", "fit", "c.yaml"]


def ended(program):
    """Exit code and stderr of a copy that runs this."""
    copy = forks.start(HERE, program)
    said = copy.stderr.read().decode()
    copy.stderr.close()
    return copy.wait(), said


def test_a_copy_gives_the_exit_code_and_stderr_of_its_program():
    def program(words):
        print("to nobody")
        print(*words, "é", file=sys.stderr)
        os.write(2, b"and more\n")
        return 5

    assert ended(program) == (5, "fit c.yaml é\nand more\n")


def test_a_bug_in_a_copy_is_its_traceback_and_exit_code_1():
    code, said = ended(lambda words: 1 // 0)
    assert code == 1
    assert said.startswith("Traceback")
    assert said.endswith("ZeroDivisionError: integer division or modulo by zero\n")


def test_a_copy_that_crashes_ends_alone():
    assert ended(lambda words: os.kill(os.getpid(), signal.SIGKILL)) == (-signal.SIGKILL, "")


def test_a_copy_reads_nothing_and_has_a_process_group_of_its_own():
    assert ended(lambda words: int(sys.stdin.read() != "" or os.getpgid(0) != os.getpid())) == (0, "")


def test_a_copy_sees_the_command_line_that_a_process_from_nothing_would_see():
    code, said = ended(lambda words: print(sys.argv, file=sys.stderr) or 0)
    assert code == 0
    assert said.endswith("nntrain/__main__.py', 'fit', 'c.yaml']\n")


def test_a_signal_of_the_sweep_is_none_of_a_copy_that_is_made_then(monkeypatch):
    monkeypatch.setattr(signals, "_asked", signal.SIGTERM)
    monkeypatch.setattr(signals, "_training", True)

    def program(words):
        with signals.saved_first():
            before = signals.asked()
            os.kill(os.getpid(), signal.SIGTERM)
            return 7 if (before, signals.asked()) == (None, signal.SIGTERM) else 1

    assert ended(program) == (7, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_a_copy_that_does_not_train_yet_ends_it(number):
    copy = forks.start(HERE, lambda words: time.sleep(60) or 0)
    copy.send_signal(number)
    assert copy.wait() == 128 + number
    copy.stderr.close()
    copy.send_signal(number)  # its number may be another's by now


def test_a_process_with_threads_is_not_copied():
    assert forks.possible() == (len(os.listdir("/proc/self/task")) == 1)
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    assert not forks.possible()
    stop.set()
    thread.join()


OBSERVED = """
import os, sys
from nntrain.sweep import Planner, Settings, forks

run = forks._be_child

def observed(words, program, *more):
    def observing(words):
        before = set(sys.modules)
        code = program(words)
        imported = " ".join(sorted(set(sys.modules) - before))
        with open("told", "a") as told:
            told.write(f"copy: {imported}\\n")
        return code
    run(words, observing, *more)

forks._be_child = observed
from nntrain.__main__ import run as start
start()
"""


def test_a_copy_imports_nothing(config, tmp_path):  # else it belongs into _import_all of cli/sweep.py
    words = ["sweep", str(config), "--seeds", "0-1", "training.epochs=1", "-q"]
    done = subprocess.run(
        [sys.executable, "-c", OBSERVED, *words], env=ENV, cwd=tmp_path, capture_output=True, text=True
    )
    assert (tmp_path / "told").read_text() == "copy: \ncopy: \n"
    assert (done.returncode, done.stderr) == (0, "")


def test_copies_and_processes_from_nothing_leave_the_same(program, config, tmp_path):
    arguments = ["sweep", config, "--seeds", "0-1", "training.epochs=2"]
    program(*arguments, "--runs", "copied")
    program(*arguments, "--runs", "spawned", "--spawn")
    assert results(tmp_path / "copied") == results(tmp_path / "spawned")


def test_a_copy_finds_its_data_read(config):
    overrides = ["seed=3", "dataset.batch_size=7"]
    with held.for_all_runs():
        planner = Planner(Settings(config, tuple(overrides)), config.parent)
        (planned,) = planner.planned(planner.points())
        data = planned.config.dataset.load(3, "float32")
        draft = read(config, overrides)
        assert draft.dataset.load(draft.seed, draft.dtype) is data
