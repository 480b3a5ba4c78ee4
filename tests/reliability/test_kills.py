"""A run killed at any moment and resumed ends in the same bytes as one that nothing happened to."""

import random
import signal
import time
from itertools import count

import pytest
from reliability.configs import CONFIGS, MLP, changed
from reliability.program import differing, left_behind, temporary_files

CADENCES = [{"steps": 1}, {"steps": 5}, {"seconds": 0.005}]


def slow(*values):
    return pytest.param(*values, marks=pytest.mark.slow)


def go_on(warm, run, config, **planted):
    """As a script does after a crash: `fit --on-exist resume` starts, takes up or finishes the run."""
    return warm.start("fit", config, "-q", "--run-dir", run, "--on-exist", "resume", **planted)


def finish(warm, run, config, **planted):
    """Without a warning: a kill never leaves a damaged file."""
    ended = go_on(warm, run, config, **planted).wait()
    assert (ended.code, ended.stderr) == (0, ""), ended


def kill_at_random(warm, run, config, chance, seconds):
    """Kill by the clock, or (half of the kills) as soon as a temporary file shows that a save is under way.

    What came of it: "ended" before the kill, killed "in a save" (its temporary file is left), or "between".
    """
    process = go_on(warm, run, config)
    time.sleep(chance.uniform(0, seconds))
    if chance.random() < 0.5:
        end = time.monotonic() + seconds
        while not temporary_files(run) and time.monotonic() < end:
            pass
    process.kill(signal.SIGKILL)
    if process.wait().code != -signal.SIGKILL:
        return "ended"
    return "in a save" if temporary_files(run) else "between"


def kill_at_call(warm, run, config, k, **planted):
    """Kill before the k-th system call that changes a file; False if the run ends before."""
    return go_on(warm, run, config, kill_at=[k], **planted).wait().code == -signal.SIGKILL


def duration(warm, config, folder):
    begin = time.monotonic()
    finish(warm, folder / "timed", config)
    return time.monotonic() - begin


def random_kills(warm, undisturbed, folder, config, kills, chance):
    """Kills at random moments, each in a run of its own: where they struck, and the runs that came out different."""
    path, expected = undisturbed(config)
    seconds = duration(warm, path, folder)
    struck, wrong = {"ended": 0, "in a save": 0, "between": 0}, []
    for number in count():
        run = folder / f"run{number}"
        struck[kill_at_random(warm, run, path, chance, seconds)] += 1
        finish(warm, run, path)
        if names := differing(left_behind(run), expected):
            wrong.append((number, names))
        if struck["in a save"] + struck["between"] >= kills:
            break
    return struck, wrong


@pytest.mark.parametrize(("name", "cadence"), list(zip(CONFIGS, CADENCES * 3, strict=False)), ids=str)
def test_a_killed_run_resumes_to_the_same_bytes(warm, undisturbed, tmp_path, name, cadence):
    config = changed(CONFIGS[name], training={"checkpoint": cadence})
    _, wrong = random_kills(warm, undisturbed, tmp_path, config, 2, random.Random(1))
    assert not wrong


@pytest.mark.slow
@pytest.mark.parametrize("cadence", CADENCES, ids=str)
@pytest.mark.parametrize("name", CONFIGS)
def test_seventy_kills_a_cadence_leave_no_trace(warm, undisturbed, tmp_path, name, cadence):
    config = changed(CONFIGS[name], training={"checkpoint": cadence})
    struck, wrong = random_kills(warm, undisturbed, tmp_path, config, 70, random.Random(2))
    print(name, cadence, struck)
    assert not wrong


@pytest.mark.parametrize("name", [name if name == "mlp" else slow(name) for name in CONFIGS])
def test_twenty_kills_in_one_run_leave_no_trace(warm, undisturbed, tmp_path, name):
    path, expected = undisturbed(CONFIGS[name])
    chance = random.Random(3)
    seconds = duration(warm, path, tmp_path) / 4
    for _ in range(20):
        kill_at_random(warm, tmp_path / "run", path, chance, seconds)
    finish(warm, tmp_path / "run", path)
    assert not differing(left_behind(tmp_path / "run"), expected)


def kills_at_calls(warm, undisturbed, folder, config, first, step):
    """A kill before every `step`-th system call of a whole run: how many, and those that left a trace."""
    path, expected = undisturbed(config)
    wrong = []
    for k in count(first, step):
        run = folder / f"call{k}"
        if not kill_at_call(warm, run, path, k):
            break
        finish(warm, run, path)
        if names := differing(left_behind(run), expected):
            wrong.append((k, names))
    return (k - first) // step, wrong


def test_a_kill_before_any_system_call_leaves_no_trace(warm, undisturbed, tmp_path):
    config = changed(MLP, training={"steps": 6, "checkpoint": {"steps": 2}})
    kills, wrong = kills_at_calls(warm, undisturbed, tmp_path, config, 3, 8)
    assert not wrong
    assert kills > 5


@pytest.mark.slow
@pytest.mark.parametrize("cadence", CADENCES[:2], ids=str)
@pytest.mark.parametrize("name", CONFIGS)
def test_a_kill_before_every_single_system_call_leaves_no_trace(warm, undisturbed, tmp_path, name, cadence):
    config = changed(CONFIGS[name], training={"checkpoint": cadence})
    kills, wrong = kills_at_calls(warm, undisturbed, tmp_path, config, 1, 1)
    print(name, cadence, kills)
    assert not wrong


MISTAKES = [
    "forgets_optimizer",
    "forgets_schedule",
    "forgets_sums",
    "forgets_patience",
    "forgets_buffers",
    "carries_random_state",
    "keeps_all_lines",
    "writes_over_the_file",
    "saves_the_clock",
]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_proof_catches(warm, undisturbed, tmp_path, mistake):
    """Kills at calls spread over the run, until one shows the mistake."""
    path, expected = undisturbed(MLP)
    for k in (200, 150, 250, 100, *range(201, 208)):
        run = tmp_path / f"call{k}"
        kill_at_call(warm, run, path, k, **{mistake: []})
        ended = go_on(warm, run, path, **{mistake: []}).wait()
        if ended.code != 0 or ended.stderr or differing(left_behind(run), expected):
            return
    pytest.fail("nothing was noticed")
