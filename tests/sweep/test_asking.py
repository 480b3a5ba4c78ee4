"""A search as a loop of one's own asks for it: each run once, and what came of it is in its directory."""

import json
import shutil
import sys

import pytest

from nntrain.runs import Run
from nntrain.sweep import Planner, Settings, asking, file, space
from nntrain.sweep.halving import score


@pytest.fixture
def ask(nntrain, config):
    """`nntrain ask d …`: the run directory, or None where the exit code says that there is none."""

    def call(*arguments, code=0):
        done = nntrain("ask", "d", *arguments, code=code)
        return done.stdout.strip() or done.stderr.strip()

    return call


def searched(config):
    return [config, "training.epochs=1", "-r", "optimizer.lr=log:1e-3:1", "-n", 3]


def test_each_run_is_given_once_and_the_end_has_an_exit_code(ask, nntrain, config):
    first = ask(*searched(config))
    others = [ask() for _ in range(2)]
    assert len({first, *others}) == 3
    assert Run(first).read_status()["status"] == "asked"
    assert "0 of 3 trials have ended, and what comes next depends on runs that are out: " in ask(code=9)
    nntrain("resume", first, "-q")
    nntrain("tell", others[0], 0.25)
    nntrain("tell", others[1], "--failed")
    assert ask(code=9) == "all 3 trials have ended"
    assert [Run(run).read_status()["status"] for run in (first, *others)] == ["done", "told", "failed"]


def test_processes_that_srun_started_each_train_the_run_that_they_asked_for(ask, nntrain, config, monkeypatch):
    monkeypatch.setitem(sys.modules, "mpi4py", None)  # who would wait for the others fails
    given = []
    for rank in ("0", "1"):
        monkeypatch.setenv("SLURM_PROCID", rank)
        monkeypatch.setenv("SLURM_STEP_NUM_TASKS", "2")
        given.append(ask(*(searched(config) if rank == "0" else ())))
        nntrain("resume", given[-1], "-q")
    assert len({*given}) == 2
    monkeypatch.setenv("SLURM_PROCID", "0")
    assert "mpi4py" in nntrain("resume", given[-1], "training.epochs=2", "-q", code=2).stderr  # from then on one of all


def test_what_is_given_says_what_is_special_about_it(ask, config):
    told = json.loads(ask(*searched(config), "--json"))
    assert told["trial"] == 0
    assert 1e-3 <= told["config"]["optimizer.lr"] <= 1


def test_a_run_that_is_lost_is_given_again(ask, config, tmp_path):
    first = ask(*searched(config))
    shutil.rmtree(first)
    assert ask() == first
    Run(first).write_status("running", epoch=0, step=0)  # of a process that was killed
    assert ask() == first


def test_a_sweep_goes_on_with_what_was_asked_and_told(ask, nntrain, config):
    first = ask(*searched(config))
    nntrain("tell", first, 0.0)
    swept = nntrain("sweep", "d/sweep.yaml", "--runs", "d", "-q").stdout.split()
    assert len(swept) == 3
    assert first in swept
    assert not Run(first).last.exists()


def test_what_is_told_counts_in_its_direction(config, tmp_path, nntrain, ask):
    run = ask(*searched(config))
    (planned,) = [one for one in plan(config, tmp_path) if str(one.run_dir.name) == run.split("/")[-1]]
    nntrain("tell", tmp_path / run, 0.9, "--better", "more")
    assert score(planned) == -0.9
    nntrain("tell", tmp_path / run, "-2.5")  # of a loss, as config monitors one
    assert score(planned) == -2.5
    nntrain("tell", tmp_path / run, "nan")
    assert score(planned) == float("inf")


def plan(config, folder):
    settings = Settings(config, ("training.epochs=1",), random={"optimizer.lr": space.parse_range("log:1e-3:1", "")})
    planner = Planner(settings, folder / "d")
    return planner.planned(planner.points())


def test_suggestions_go_by_what_was_told(ask, nntrain, config):
    pytest.importorskip("optuna")
    definition = [config, "-r", "optimizer.lr=log:1e-4:1", "--search", "tpe", "--batch", 1, "-n", 14]
    rates = []
    run = json.loads(ask(*definition, "--json"))
    for _ in range(13):
        rates.append(run["config"]["optimizer.lr"])
        nntrain("tell", run["run"], abs(rates[-1] - 0.01))
        run = json.loads(ask("--json"))
    late = sorted(abs(rate - 0.01) for rate in rates[-3:])
    assert late[0] < 0.01


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "first time say what is searched"),
        (["-n", 3], "CONFIG is missing before its flags"),
    ],
)
def test_what_lacks_is_told(arguments, said, ask):
    assert said in ask(*arguments, code=2)


def test_another_search_does_not_go_into_the_same_directory_but_more_of_it_does(ask, config):
    ask(*searched(config))
    assert "defines another search" in ask(config, "-r", "optimizer.lr=log:1e-2:1", code=2)
    ask(*searched(config)[:2], "-r", "optimizer.lr=log:1e-3:1", "-n", 5)
    assert asking.define(config.parent / "d", None).count == 5


def test_a_definition_reads_as_it_was_written(config, tmp_path):
    settings = Settings(
        config,
        ("optimizer.lr=0.1", "architecture.0={dense: 4}"),
        grid={"a.b,c.d": ["1,2", "3,[4, 5]"], "optimizer": ["adam", "{type: sgd, lr: 0.1}"]},
        random={"optimizer=sgd:optimizer.momentum": space.parse_range("uniform:0:0.99", "")},
        count=7,
        seeds=[0, 3],
        folds=3,
        search="random",
    )
    (tmp_path / "sweep.yaml").write_text(file.as_text(settings))
    read = file.read(tmp_path / "sweep.yaml")
    assert file.as_text(read) == file.as_text(file.normalized(settings))
    assert (read.count, read.seeds, read.folds, read.random) == (7, [0, 3], 3, settings.random)


def test_nothing_is_told_of_what_is_no_run(nntrain, tmp_path):
    assert "no run directory" in nntrain("tell", tmp_path, 1, code=5).stderr
    assert "no such run directory" in nntrain("tell", tmp_path / "none", 1, code=5).stderr
    assert "one of VALUE and --failed" in nntrain("tell", tmp_path, code=2).stderr
