"""`nntrain sweep --search tpe --halving` against Optuna's own TPE with its Hyperband, on the same objective.

PYTHONPATH=. python tests/benchmarks/bench_search.py [--task digits] [--seeds 0-9] [--budget 40] [--epochs 27]

Both get the epochs of 40 whole trainings and stop then.  What counts is the lowest value of validation.loss that any of
the runs has had.  The seed is that of the search and of the trainings, so that both go through the same objective;
printed are the medians over the seeds and how often ours is at least as good.  Trainings are in runs of their own, cut
and gone on with at rungs, by both.
"""

import argparse
import collections
import math
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

import optuna

sys.path.insert(0, str(Path(__file__).parents[1]))

from nntrain import sweep
from nntrain.cli.fit import fit
from nntrain.data import held
from nntrain.errors import NNTrainError
from nntrain.runs import Run
from nntrain.sweep.halving import score
from nntrain.sweep.ranges import parse_range
from nntrain.sweep.search import _suggested
from nntrain.sweep.space import parse_seeds
from nntrain.training import session

CONFIGS = Path(__file__).parents[2] / "configs"
RUNGS = (1, 3, 9)  # at which Optuna's Hyperband cuts a training of 27 epochs, and so does ours
TASKS = {
    "digits": (
        "digits_mlp.yaml",
        ["loss=cross_entropy"],
        {
            "optimizer.lr": "log:1e-4:1",
            "optimizer.momentum": "uniform:0:0.99",
            "optimizer.weight_decay": "log:1e-6:1e-1",
            "architecture.1.units": "int:8:128",
            "dataset.batch_size": "int:16:256",
        },
    ),
    "winequality": (
        "wine_quality.yaml",
        ["training.early_stopping=null"],
        {
            "optimizer.lr": "log:1e-5:1e-1",
            "optimizer.weight_decay": "log:1e-4:1",
            "optimizer.beta1": "uniform:0:0.99",
            "architecture.0.units": "int:4:128",
            "architecture.2.units": "int:4:64",
            "dataset.batch_size": "int:16:256",
        },
    ),
    "lstm": (
        "adding_lstm.yaml",
        ["dataset.examples=600", "dataset.length=12", "dataset.validation=0.2"],
        {
            "optimizer.lr": "log:1e-4:1",
            "optimizer.beta1": "uniform:0:0.99",
            "architecture.0.units": "int:4:48",
            "dataset.batch_size": "int:16:128",
            "training.clip_norm": "log:1e-2:10",
        },
    ),
}


def settings_of(task, seed, epochs):
    config, overrides, ranges = TASKS[task]
    return sweep.Settings(
        CONFIGS / config,
        (*overrides, f"training.epochs={epochs}", f"seed={seed}"),
        random={key: parse_range(text, key) for key, text in ranges.items()},
        count=1000,
        halving="async",
        search="tpe",
    )


class _Spent(sweep.Watcher):
    """Counts the epochs that the runs of a sweep have trained."""

    def __init__(self):
        self.epochs = {}

    def ended(self, outcome):
        self.epochs[outcome.planned.run_dir] = Run(outcome.planned.run_dir).read_status().get("epoch", 0)

    @property
    def total(self):
        return sum(self.epochs.values())


def trained(command):
    """The exit code of a `nntrain fit`, in this process: nothing is measured but what comes of it."""
    given = fit.make_context("fit", list(command[command.index("fit") + 1 :])).params
    try:
        session.fit(given["config"], given["overrides"], run_dir=given["run_dir"], on_exist="resume")
    except NNTrainError as error:
        return error.exit_code
    return 0


def one_by_one(more, command, *, started, placed, ended, tick, stop):
    """Runs the tasks of a sweep as `--jobs 1` does."""
    waiting = collections.deque()
    while stop() is None:
        waiting.extend(more())
        if not waiting:
            return
        task = waiting.popleft()
        ended(task, trained(command(task)), "")


def ours(task, seed, budget, epochs, folder):
    """The best value, and how many trials there were."""
    settings, spent = settings_of(task, seed, epochs), _Spent()
    trials = sweep.trials_of(settings, sweep.Planner(settings, folder))
    stop = lambda: signal.SIGTERM if spent.total >= budget * epochs else None  # noqa: E731
    execution = sweep.Execution(settings, one_by_one, spent, stop)
    execution.trials(trials)
    return min(score(outcome.planned) for outcome in execution.outcomes.values()), len(trials.trials)


def optunas(task, seed, budget, epochs, folder):
    """The same of Optuna's search, which decides by itself where a training is cut."""
    settings, spent = settings_of(task, seed, epochs), _Spent()
    planner = sweep.Planner(settings, folder)
    lengths = [*(rung for rung in RUNGS if rung < epochs), None]
    best = [math.inf]

    def objective(trial):
        (one,) = planner.planned([tuple(f"{k}={_suggested(trial, k, drawn)}" for k, drawn in settings.random.items())])
        values = []
        for length in lengths:
            trained(sweep.command(one, settings.config, length))
            outcome = sweep.finished(one, length)
            if outcome is None or not outcome.good:
                return math.inf
            spent.ended(outcome)
            before, values = len(values), [line["validation"]["loss"] for line in Run(one.run_dir).read_metrics()]
            best[0] = min(best[0], *values)
            for epoch in range(before, len(values)):
                trial.report(values[epoch], epoch + 1)
            if spent.total >= budget * epochs:
                trial.study.stop()
            elif length and trial.should_prune():
                raise optuna.TrialPruned
        return min(values)

    sampler = optuna.samplers.TPESampler(seed=seed)
    pruner = optuna.pruners.HyperbandPruner(min_resource=1, max_resource=epochs, reduction_factor=3)
    study = optuna.create_study(study_name=f"{task}-{seed}", sampler=sampler, pruner=pruner)
    study.optimize(objective)
    return best[0], len(study.trials)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--task", choices=TASKS, action="append")
    parser.add_argument("--seeds", default="0-9")
    parser.add_argument("--budget", type=float, default=40)
    parser.add_argument("--epochs", type=int, choices=(9, 27), default=27)
    given = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    for task in given.task or TASKS:
        found = []
        for seed in parse_seeds(given.seeds, "--seeds"):
            start = time.perf_counter()
            with tempfile.TemporaryDirectory() as lab, held.for_all_runs():
                pair = [
                    search(task, seed, given.budget, given.epochs, Path(lab) / search.__name__)
                    for search in (ours, optunas)
                ]
            found.append([best for best, _ in pair])
            told = "   ".join(f"{best:.5f} of {count} trials" for best, count in pair)
            print(f"{task} {seed}: {told}   ({time.perf_counter() - start:.0f} s)", flush=True)
        medians = [statistics.median(values) for values in zip(*found, strict=True)]
        better = sum(a <= b for a, b in found)
        print(
            f"{task}: nntrain {medians[0]:.5f}, Optuna {medians[1]:.5f}; at least as good in {better} of {len(found)}"
        )


if __name__ == "__main__":
    main()
