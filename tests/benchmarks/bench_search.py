"""`nntrain sweep --search tpe --halving` against Optuna's own TPE with its Hyperband, on the same objective.

PYTHONPATH=. python tests/benchmarks/bench_search.py [--task digits] [--seeds 10] [--budget 40]

Both get the epochs of 40 whole trainings and stop then.  What counts is the lowest value of validation.loss that any of
the runs has had.  The seed is that of the search and of the trainings, so that both go through the same objective;
printed are the medians over the seeds and how often ours is at least as good.  Trainings are in runs of their own, cut
and gone on with at rungs, by both.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import optuna

sys.path.insert(0, str(Path(__file__).parents[1]))

from nntrain import sweep
from nntrain.cli.sweep import _fit as program
from nntrain.cli.sweep import _import_all
from nntrain.data import held
from nntrain.runs import Run
from nntrain.sweep import forks
from nntrain.sweep.halving import score
from nntrain.sweep.ranges import parse_range
from nntrain.sweep.search import _suggested

CONFIGS = Path(__file__).parents[2] / "configs"
EPOCHS = 27
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
            "architecture.0.lstm.units": "int:4:48",
            "dataset.batch_size": "int:16:128",
            "training.clip_norm": "log:1e-2:10",
        },
    ),
}


def settings_of(task, seed):
    config, overrides, ranges = TASKS[task]
    return sweep.Settings(
        CONFIGS / config,
        (*overrides, f"training.epochs={EPOCHS}", f"seed={seed}"),
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


def ours(task, seed, budget, folder):
    """(epochs, best) after every rung that brought something better, and the number of trials."""
    settings, spent = settings_of(task, seed), _Spent()
    planner = sweep.Planner(settings, folder)
    trials = sweep.trials_of(settings, planner)
    stop = lambda: 15 if spent.total >= budget * EPOCHS else None  # noqa: E731
    execution = sweep.Execution(settings, sweep.here(1, program), spent, stop)
    execution.trials(trials)
    return min(score(outcome.planned) for outcome in execution.outcomes.values()), len(trials.trials)


def optunas(task, seed, budget, folder):
    settings, spent = settings_of(task, seed), _Spent()
    planner = sweep.Planner(settings, folder)
    best = [float("inf")]

    def objective(trial):
        point = tuple(f"{key}={_suggested(trial, key, drawn)}" for key, drawn in settings.random.items())
        (one,) = planner.planned([point])
        told = 0
        for length in (1, 3, 9, None):  # its Hyperband prunes at these
            words = sweep.command(one, settings.config, length)[1:]
            nntrain_fit(words)
            outcome = sweep.finished(one, length)
            if outcome is None or not outcome.good:
                return float("inf")
            spent.ended(outcome)
            values = [line["validation"]["loss"] for line in Run(one.run_dir).read_metrics()]
            best[0] = min(best[0], *values)
            for epoch, value in list(enumerate(values, 1))[told:]:
                trial.report(value, epoch)
            told = len(values)
            if spent.total >= budget * EPOCHS:
                trial.study.stop()
            if length and trial.should_prune():
                raise optuna.TrialPruned
        return min(values)

    def nntrain_fit(words):
        child = forks.start(["nntrain", *words], program)
        child.stderr.read()
        child.wait()

    sampler = optuna.samplers.TPESampler(seed=seed)
    pruner = optuna.pruners.HyperbandPruner(min_resource=1, max_resource=EPOCHS, reduction_factor=3)
    study = optuna.create_study(study_name=f"{task}-{seed}", sampler=sampler, pruner=pruner)
    study.optimize(objective, n_trials=5000)
    return best[0], len(study.trials)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--task", choices=TASKS, action="append")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--budget", type=float, default=40)
    given = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    _import_all()
    for task in given.task or TASKS:
        found = []
        for seed in range(given.seeds):
            start = time.perf_counter()
            with tempfile.TemporaryDirectory() as lab, held.for_all_runs():
                pair = [search(task, seed, given.budget, Path(lab) / search.__name__) for search in (ours, optunas)]
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
