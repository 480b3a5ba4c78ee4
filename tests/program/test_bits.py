"""The same bits for any number of threads, for every run of one config, and after every resume."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from reliability.configs import GPT

import nntrain
import nntrain.errors
from nntrain.runtime import threads
from nntrain.training.engine import Observer

WIDE = [{"dense": 512}, "relu", {"dropout": 0.2}, {"dense": 256}, "batch_norm", "relu", {"dense": 10}]


WIDE_GPT = [
    {"type": "embedding", "units": 64, "name": "letters"},
    {"position": "learned"},
    {"residual": ["layer_norm", {"attention": {"heads": 4, "causal": True, "dropout": 0.1}}]},
    {"residual": ["rms_norm", {"dense": 256}, {"gelu": "none"}, {"dense": 64}]},
    {"tied": "letters"},
]


@pytest.fixture
def mnist_sized(tmp_path):
    random = np.random.default_rng(0)
    np.savez(tmp_path / "data.npz", x=random.standard_normal((1000, 784)), y=np.arange(1000) % 10)
    return {
        "dataset": {"type": "npz", "path": str(tmp_path / "data.npz"), "batch_size": 128},
        "architecture": WIDE,
        "loss": "cross_entropy",
        "optimizer": {"type": "adam", "lr": 1e-3},
        "training": {"epochs": 2, "clip_norm": 1.0},
    }


def digest(run_dir, name="checkpoints/last.npz"):
    return hashlib.sha256((Path(run_dir) / name).read_bytes()).hexdigest()


@pytest.mark.parametrize("size", ["digits", "mnist-sized", "gpt"])
def test_bits_do_not_depend_on_the_number_of_threads(size, configs, mnist_sized, tmp_path, monkeypatch):
    source = {
        "digits": configs / "digits_mlp.yaml",
        "mnist-sized": mnist_sized,
        "gpt": {**GPT, "dataset": {**GPT["dataset"], "length": 64, "batch_size": 24}, "architecture": [*WIDE_GPT]},
    }[size]
    limit = ["training.steps=4"] if size == "gpt" else ["training.epochs=2"]
    shared_out = []
    run = threads.run

    def counted(task, tiles, **how):
        shared_out.append(len(tiles))
        return run(task, tiles, **how)

    monkeypatch.setattr(threads, "run", counted)
    found = set()
    for count in (1, 2, 3):
        threads.set_threads(count)
        found.add(digest(nntrain.fit(source, limit, run_dir=tmp_path / f"run-{count}").run_dir))
    assert len(found) == 1
    if size != "digits":
        assert max(shared_out) > 1  # the threaded paths really ran


def test_two_runs_of_one_config_leave_the_same_bytes_and_another_seed_does_not(configs, tmp_path):
    def run(name, seed):
        return nntrain.fit(configs / "digits_mlp.yaml", ["training.epochs=2", f"seed={seed}"], run_dir=tmp_path / name)

    a, b, c = run("a", 0), run("b", 0), run("c", 1)
    for name in ("checkpoints/last.npz", "checkpoints/best.npz", "metrics.jsonl", "config.yaml"):
        assert digest(a.run_dir, name) == digest(b.run_dir, name)
    assert digest(a.run_dir) != digest(c.run_dir)


def test_fit_on_the_config_of_a_run_repeats_it(configs, tmp_path):
    first = nntrain.fit(configs / "iris.yaml", ["training.epochs=3"], run_dir=tmp_path / "first")
    second = nntrain.fit(first.run_dir / "config.yaml", run_dir=tmp_path / "second")
    for name in ("checkpoints/last.npz", "metrics.jsonl", "config.yaml"):
        assert digest(first.run_dir, name) == digest(second.run_dir, name)


class Steps(Observer):
    """Knows how many steps are done."""

    done = 0

    def step(self, engine):
        self.done = engine.step

    def signal(self, number, step):
        return lambda: number if self.done == step else None


@pytest.mark.parametrize("step", [1, 8, 9, 15, *(pytest.param(k, marks=pytest.mark.slow) for k in (2, 7, 13, 14))])
def test_a_run_stopped_after_any_step_resumes_to_the_same_bits(mnist_sized, tmp_path, step):
    whole = nntrain.fit(mnist_sized, run_dir=tmp_path / "whole")
    steps = Steps()
    with pytest.raises(nntrain.errors.Interrupted) as caught:
        nntrain.fit(mnist_sized, run_dir=tmp_path / "cut", observer=steps, stop=steps.signal(15, step))
    assert caught.value.exit_code == 143
    status = json.loads((tmp_path / "cut" / "status.json").read_text())
    assert (status["status"], status["step"]) == ("interrupted", step)
    resumed = nntrain.resume(tmp_path / "cut")
    assert resumed.status == "done"
    for name in ("checkpoints/last.npz", "checkpoints/best.npz", "metrics.jsonl"):
        assert digest(resumed.run_dir, name) == digest(whole.run_dir, name)


def test_python_lists_what_it_can_be_asked_for():
    assert {"TrainedRun", "__version__", "errors", "fit", "load", "resume"} <= set(dir(nntrain))


def test_python_gets_the_run_directory_the_history_and_the_summary(configs, tmp_path):
    result = nntrain.fit(configs / "digits_mlp.yaml", ["training.epochs=3"], runs_dir=tmp_path / "runs")
    assert result.run_dir == tmp_path / "runs" / "digits-mlp-001"
    assert [line["epoch"] for line in result.history] == [1, 2, 3]
    assert result.summary["best"]["validation"]["loss"] == min(line["validation"]["loss"] for line in result.history)


def test_a_run_whose_validation_diverged_diverges_again_when_resumed(mnist_sized, tmp_path, monkeypatch):
    from nntrain.training.supervised import SupervisedTrainer

    evaluate = SupervisedTrainer.evaluate
    monkeypatch.setattr(
        SupervisedTrainer, "evaluate", lambda self, part: {**evaluate(self, part), "loss": float("nan")}
    )
    with pytest.raises(nntrain.errors.DivergedError, match="step 8: validation"):
        nntrain.fit(mnist_sized, run_dir=tmp_path / "run")
    assert not (tmp_path / "run" / "metrics.jsonl").exists() or not (tmp_path / "run" / "metrics.jsonl").read_text()
    with pytest.raises(nntrain.errors.DivergedError, match="step 8: validation"):
        nntrain.resume(tmp_path / "run")
    monkeypatch.undo()
    assert [line["epoch"] for line in nntrain.resume(tmp_path / "run").history] == [1, 2]
