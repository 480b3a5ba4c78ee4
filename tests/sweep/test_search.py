"""What comes next is a function of the sweep's seed and of what was found: not of jobs, order or kills."""

import json
import random
import re
from math import inf

import pytest
from sweep.conftest import results

from nntrain.errors import ConfigError
from nntrain.sweep import Planner, Settings, space, trials_of
from nntrain.sweep.asynchronous import Trials
from nntrain.sweep.halving import next_bracket
from nntrain.sweep.search import Trial, by_optuna, listed

RANGES = {
    "optimizer.lr": space.parse_range("log:1e-3:1", ""),
    "optimizer": space.parse_range("choice:sgd,adam", ""),
    "optimizer=sgd:optimizer.momentum": space.parse_range("uniform:0:0.99", ""),
    "architecture.0.units": space.parse_range("int:4:16", ""),
}


class Run:
    """Stands for a planned run."""

    def __init__(self, point):
        self.point, self.run_dir = point, str(point)


def found(trials, value, choose):
    """Let a machine run what is asked for, ending runs in any order."""
    ended, running, order = {}, [], []
    while new := trials.more(ended) or running:
        if new is not running:
            running += new
        run, length = running.pop(choose(len(running)))
        order.append((run.run_dir, length))
        ended[run.run_dir, length] = True
    return trials, order


@pytest.fixture
def scored(monkeypatch):
    """The value of a run is that of its point, a little less after a longer rung."""
    values = {}
    monkeypatch.setattr(
        "nntrain.sweep.asynchronous.score", lambda run, length: values[run.point] - 0.001 * (length or 9)
    )
    return values


def asha(suggest, count=18, batch=4, lengths=(1, 3, None), hedged=False):
    return Trials(suggest, lambda point: [Run(point)], lengths, 9, count, batch, hedged)


@pytest.mark.parametrize("hedged", [False, True])
@pytest.mark.parametrize("batch", [1, 4, 7])
def test_halving_goes_on_with_the_same_trials_in_whatever_order_runs_end(batch, hedged, scored):
    points = [(f"x={i}",) for i in range(18)]
    scored.update({point: random.Random(str(point)).random() for point in points})
    first, _ = found(asha(listed(points), batch=batch, hedged=hedged), scored, lambda n: 0)
    reached = [len(trial.values) for trial in first.trials]
    for seed in range(5):
        draws = random.Random(seed)
        again, _ = found(asha(listed(points), batch=batch, hedged=hedged), scored, lambda n, d=draws: d.randrange(n))
        assert [trial.values for trial in again.trials] == [trial.values for trial in first.trials]
    assert len(reached) == 18
    if hedged:
        return
    assert sum(rungs >= 2 for rungs in reached) >= 6
    assert 2 <= sum(rungs == 3 for rungs in reached) <= 6
    best = min(points, key=scored.get)
    assert reached[points.index(best)] == 3


def test_the_brackets_of_hyperband_come_mixed_and_by_their_shares():
    firsts = []
    for _ in range(49):
        firsts.append(next_bracket(firsts, 4))
    assert [firsts.count(first) for first in range(4)] == [27, 12, 6, 4]  # Li et al. 2018, with R = 27 and eta = 3
    assert firsts.index(3) < 12
    assert next_bracket([0, 0], 1) == 0


def test_a_trial_of_a_later_bracket_has_the_values_of_all_rungs_and_is_compared_in_its_bracket(scored):
    points = [(f"x={i}",) for i in range(30)]
    scored.update({point: float(i) for i, point in enumerate(points)})
    trials, order = found(asha(listed(points), count=30, batch=1, hedged=True), scored, lambda n: 0)
    for trial in trials.trials:
        assert len(trial.values) > trial.first
        assert trial.values == [scored[trial.point] - 0.001 * length for length in (1, 3, 9)[: len(trial.values)]]
    for first in (0, 1):
        bracket = [trial for trial in trials.trials if trial.first == first]
        promoted = [trial for trial in bracket if len(trial.values) > first + 1]
        assert len(bracket) // 3 <= len(promoted) <= len(bracket) // 2
    # what is begun at the longest rung is one run of that length, and not cut before
    whole = [trial.point for trial in trials.trials if trial.first == 2]
    assert [length for run, length in order if run in map(str, whole)] == [None] * len(whole)


def test_a_run_that_fails_is_not_gone_on_with(scored):
    points = [(f"x={i}",) for i in range(9)]
    scored.update({point: float(i) for i, point in enumerate(points)})
    trials, ended = asha(listed(points), count=9), {}
    while new := trials.more(ended):
        ended.update({(run.run_dir, length): run.point != ("x=0",) for run, length in new})
    assert len(trials.trials[0].values) == 1
    assert len(trials.trials[1].values) == 3


@pytest.mark.parametrize("kind", ["tpe"])
def test_suggestions_do_not_depend_on_the_order_in_which_runs_end(kind, monkeypatch):
    pytest.importorskip("optuna")

    def value(point):
        known = space.as_mapping(point)
        return abs(float(known["optimizer.lr"]) - 0.1) + (0.2 if known["optimizer"] == "adam" else 0)

    monkeypatch.setattr("nntrain.sweep.asynchronous.score", lambda run, length: value(run.point))
    runs = []
    for choose in (lambda n: 0, lambda n: n - 1):
        suggest = by_optuna(kind, RANGES, 3, {})
        trials = Trials(suggest, lambda point: [Run(point)], [None], 1, 16, 4)
        runs.append([trial.point for trial in found(trials, None, choose)[0].trials])
    assert runs[0] == runs[1]
    assert len(set(runs[0])) > 12
    assert all(("optimizer.momentum" in space.as_mapping(p)) == ("optimizer=sgd" in p) for p in runs[0])


def test_a_range_relative_to_a_suggestion_moves_with_it(config, tmp_path):
    pytest.importorskip("optuna")
    ranges = {"b.units": space.parse_range("int:1:a.units", ""), "a.units": space.parse_range("int:2:64", "")}
    ranges = space.sorted_ranges(ranges)
    suggest, trials = by_optuna("tpe", ranges, 0, {}), []
    for number in range(14):
        point, params = suggest(number, trials)
        known = space.as_mapping(point)
        assert 1 <= int(known["b.units"]) <= int(known["a.units"])
        trials.append(Trial(number, point, params, values=[float(number)]))
    too_small = {"architecture.0.units": "int:2:8", "dataset.batch_size": "int:4:architecture.0.units"}
    settings = Settings(config, random={k: space.parse_range(v, "") for k, v in too_small.items()}, search="tpe")
    with pytest.raises(ConfigError, match=r"nothing lies between 4 and 2, as architecture\.0\.units is 2"):
        trials_of(settings, Planner(settings, tmp_path))


def test_a_suggestion_is_told_what_was_cut_and_what_failed():
    pytest.importorskip("optuna")
    suggest = by_optuna("tpe", RANGES, 0, {})
    trials = []
    for number, values in enumerate([[0.5, 0.4], [float("inf")], [0.3], []]):
        point, params = suggest(number, trials)
        trials.append(Trial(number, point, params, values=values))
    assert len(suggest(4, trials)[0]) >= 3


def test_trials_are_compared_after_the_highest_rung_that_enough_have_reached(monkeypatch):
    optuna = pytest.importorskip("optuna")
    told = []
    monkeypatch.setattr(optuna.study.Study, "add_trial", lambda self, trial: told.append(trial))
    suggest = by_optuna("tpe", RANGES, 0, {})
    values = [*[[float(i), i / 2, i / 4] for i in range(4)], *[[9.0, i / 2] for i in range(6)], [7.0], [inf], []]
    point, params = suggest(0, [])
    suggest(len(values), [Trial(i, point, params, values=found) for i, found in enumerate(values)])
    *compared, cut, failed, running = told
    assert [trial.value for trial in compared] == [found[1] for found in values[:10]]  # three rungs: four trials alone
    assert (cut.state.name, cut.intermediate_values) == ("PRUNED", {0: 7.0})
    assert failed.value == 9.0  # as bad as the worst: were it not told at all, it would be suggested again
    assert running.state.name == "RUNNING"


def test_without_optuna_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "optuna", None)
    with pytest.raises(ConfigError, match=r"pip install 'nntrain\[optuna\]'"):
        by_optuna("tpe", RANGES, 0, {})


def test_what_a_search_may_come_to_is_checked_before_it_starts(config, tmp_path):
    pytest.importorskip("optuna")
    settings = Settings(config, random={"optimizer.lr": space.parse_range("uniform:-1:1", "")}, search="tpe")
    with pytest.raises(ConfigError, match=r"override optimizer\.lr: error: "):
        trials_of(settings, Planner(settings, tmp_path))
    nothing = Settings(config, grid={"optimizer.lr": ["0.1"]}, search="tpe")
    with pytest.raises(ConfigError, match="--search tpe: searches the ranges of -r"):
        trials_of(nothing, Planner(nothing, tmp_path))


@pytest.mark.slow
def test_a_search_finds_the_same_runs_for_any_number_of_jobs_and_after_kills(program, start, config, tmp_path):
    pytest.importorskip("optuna")
    arguments = ["sweep", config, "-r", "optimizer.lr=log:1e-3:1", "-r", "architecture.0.units=int:4:16"]
    arguments += ["-n", 12, "--search", "tpe", "--halving", "--seeds", "0-1"]
    program(*arguments, "--runs", "one", "--jobs", 1)
    for jobs in (2, 4):
        program(*arguments, "--runs", f"jobs{jobs}", "--jobs", jobs)
        assert results(tmp_path / f"jobs{jobs}") == results(tmp_path / "one")
    for moment in (2.0, 3.5, 3.0):
        process = start(*arguments, "--runs", "killed", "--jobs", 2)
        try:
            process.wait(moment)
        except Exception:
            process.kill()
            process.communicate()
    program(*arguments, "--runs", "killed", "--jobs", 2)
    assert results(tmp_path / "killed") == results(tmp_path / "one")


def test_asynchronous_halving_promotes_to_the_bits_of_a_straight_run(program, config, tmp_path):
    done = program("sweep", config, "-r", "optimizer.lr=log:1e-4:1", "-n", "6", "--halving", "training.epochs=3")
    epochs = {run.name: len((run / "metrics.jsonl").read_text().splitlines()) for run in (tmp_path / "runs").iterdir()}
    assert set(epochs.values()) == {1, 3}
    winner = max(epochs, key=epochs.get)
    program("fit", tmp_path / "runs" / winner / "config.yaml", "--run-dir", f"straight/{winner}")
    assert results(tmp_path / "straight")[winner] == results(tmp_path / "runs")[winner]
    assert len(done.stdout.split()) == 6


def test_failures_are_told_with_quiet_too(program, config):
    done = program("sweep", config, "-g", "optimizer.lr=0.1,1e300", "training.epochs=1", "-q", check=False)
    assert done.returncode == 4
    (line,) = done.stderr.splitlines()
    assert "diverged  optimizer.lr=1e300  diverged at step" in line


def test_data_that_changed_since_are_noticed(program, config, tmp_path):
    path = tmp_path / "data.csv"
    rows = [f"{i % 7},{i % 5},{i % 2}" for i in range(60)]
    path.write_text("\n".join(["a,b,k", *rows]))
    arguments = ["sweep", config, "dataset={type: csv, path: data.csv}", "training.epochs=1", "-g"]
    program(*arguments, "optimizer.lr=0.1")
    path.write_text("\n".join(["a,b,k", *rows[1:], "3,3,1"]))
    done = program(*arguments, "optimizer.lr=0.1,0.2", check=False)
    assert done.returncode == 2
    assert "failed  optimizer.lr=0.1  the data have changed since: SHA-256 was " in done.stderr
    assert len(done.stdout.split()) == 1


def test_the_best_is_that_of_the_mean_over_seeds(program, config):
    said = program("sweep", config, "-g", "optimizer.lr=0.3,0.001", "--seeds", "0-1", "training.epochs=3").stderr
    (line,) = [line for line in said.splitlines() if line.startswith("best: ")]
    assert line.startswith("best: optimizer.lr=0.3  validation.loss ")
    assert " over 2 seeds; its best run: " in line


def test_a_budget_ends_the_whole_sweep_and_the_same_command_goes_on(program, config, tmp_path):
    arguments = ["sweep", config, "--seeds", "0-3", "--jobs", 1, "training.epochs=10000000"]
    done = program(*arguments, "--budget", "5", check=False)
    assert done.returncode == 143
    states = [json.loads((run / "status.json").read_text())["status"] for run in (tmp_path / "runs").iterdir()]
    assert states.count("interrupted") == 1
    assert len(states) < 4


def test_importance_is_told_where_there_are_enough_runs(nntrain, config):
    said = nntrain("sweep", config, "-r", "optimizer.lr=log:1e-4:1", "-n", 8, "training.epochs=2").stderr
    assert re.search(r"^importance: optimizer\.lr \d+ % \(", said, re.MULTILINE)
