"""Metrics in whole runs: in the middle of an epoch, of two classes, of questions, and where there is none."""

import json
from pathlib import Path

import numpy as np
import pytest
import yaml

import nntrain as package
from nntrain.errors import DataError, Interrupted
from nntrain.files import checkpoint

TWO = {
    "dataset": {"type": "moons", "examples": 300, "validation": 0.2, "batch_size": 16},
    "architecture": [{"dense": 6}, "tanh", {"dense": 1}],
    "loss": "binary_cross_entropy",
    "optimizer": {"type": "adam", "lr": 0.02},
    "training": {"epochs": 3},
}


def interrupted_after(steps):
    """Says "stop" before the step behind these."""
    calls = iter(range(10**9))
    return lambda: 15 if next(calls) >= steps else None


def bytes_of(run):
    names = ("metrics.jsonl", "checkpoints/last.npz", "checkpoints/best.npz")
    return {name: (run / name).read_bytes() for name in names}


def wide(tmp_path):
    """So many classes that their confusion is too large for a manifest."""
    random = np.random.default_rng(0)
    np.savez(tmp_path / "wide.npz", x=random.standard_normal((120, 3)), y=random.integers(0, 120, 120))
    return {
        "dataset": {"type": "npz", "path": str(tmp_path / "wide.npz"), "classes": 120, "validation": 0.2},
        "architecture": [{"dense": 120}],
        "loss": "cross_entropy",
        "optimizer": "adam",
        "metrics": ["confusion", "f1"],
        "training": {"epochs": 1},
    }


def ranked(tmp_path):
    """As many examples an epoch as scores do not fit into a manifest any more."""
    dataset = {"type": "moons", "examples": 9000, "validation": 0.1, "batch_size": 256}
    return {**TWO, "dataset": dataset, "metrics": ["roc_auc", "average_precision", "f1"], "training": {"epochs": 1}}


@pytest.mark.parametrize(("config", "steps"), [(ranked, 25), (ranked, 3), (wide, 2)])
def test_a_run_goes_on_in_the_middle_of_an_epoch_to_the_same_bytes(config, steps, tmp_path):
    given = config(tmp_path)
    whole = package.fit(given, run_dir=tmp_path / "whole").run_dir
    cut = tmp_path / "cut"
    with pytest.raises(Interrupted):
        package.fit(given, run_dir=cut, stop=interrupted_after(steps))
    kept = checkpoint.read(cut / "checkpoints" / "last.npz")
    large = {name for name in kept.arrays if name.startswith("metric/")}
    assert large == {(ranked, 25): {"metric/roc_auc", "metric/average_precision"}, (ranked, 3): set()}.get(
        (config, steps), {"metric/confusion"}
    )
    assert len(json.dumps(kept.manifest)) < 200_000
    package.resume(cut)
    assert bytes_of(cut) == bytes_of(whole)


def test_sums_that_belong_to_no_metric_are_no_good_checkpoint(tmp_path, nntrain):
    cut = tmp_path / "cut"
    with pytest.raises(Interrupted):
        package.fit(TWO, run_dir=cut, stop=interrupted_after(3))
    kept = checkpoint.read(cut / "checkpoints" / "last.npz")
    checkpoint.write(cut / "checkpoints" / "last.npz", {**kept.arrays, "metric/f1": np.zeros((4, 2))}, kept.manifest)
    assert "metric/f1 belongs to no metric" in nntrain("resume", cut, code=5).stderr


def test_what_is_reported_of_two_classes_says_of_which(tmp_path, nntrain, monkeypatch):
    rows = [f"{x},{'spam' if x > 40 else 'ham'}" for x in np.random.default_rng(0).permutation(100)]
    Path("mail.csv").write_text("\n".join(["links,kind", *rows]) + "\n")
    config = {**TWO, "dataset": {"type": "csv", "path": "mail.csv", "standardize": True}, "metrics": ["f1", "roc_auc"]}
    Path("mail.yaml").write_text(json.dumps(config))
    done = nntrain("fit", "mail.yaml")
    assert "f1, roc_auc: of the class spam\n" in done.stderr
    run = done.stdout.strip()
    assert nntrain("eval", run).stdout.splitlines()[-1] == "positive_class spam"
    assert json.loads(nntrain("eval", run, "--json").stdout)["positive_class"] == "spam"
    nntrain("predict", run, "mail.csv", "-o", "said.csv")
    said = [line for line in Path("said.csv").read_text().splitlines() if line]
    truth = [row.split(",")[1] for row in rows]
    both = sum(a == b == "spam" for a, b in zip(said[1:], truth, strict=True))
    f1 = 2 * both / (said[1:].count("spam") + truth.count("spam"))
    whole = nntrain("eval", run, "dataset.validation=0", "--split", "train", "--json").stdout
    assert json.loads(whole)["f1"] == pytest.approx(f1)


def test_averages_of_questions_are_macro_over_them_and_micro_over_their_yes(tmp_path, nntrain):
    X = np.random.default_rng(0).normal(size=(400, 4)).astype("f4")
    Y = np.stack([X[:, 0] > 0, X[:, 1] > 1.3, X[:, 2] > 1.8], 1)
    np.savez("data.npz", x=X, y=Y.astype("f4"))
    config = {
        "dataset": {"type": "npz", "path": "data.npz", "validation": 0},
        "architecture": [{"dense": 2}, "relu", {"dense": "$dataset.outputs"}],
        "loss": "binary_cross_entropy",
        "optimizer": {"type": "adam", "lr": 0.01},
        "metrics": ["f1", "per_class"],
        "training": {"epochs": 6},
    }
    Path("q.yaml").write_text(json.dumps(config))
    run = nntrain("fit", "-q", "q.yaml").stdout.strip()
    found = json.loads(nntrain("eval", run, "--json").stdout)
    nntrain("predict", run, "data.npz", "-o", "p.npy")
    P = np.load("p.npy") > 0.5
    of_each = 2 * (P & Y).sum(0) / (P.sum(0) + Y.sum(0))
    assert found["f1"] == pytest.approx(of_each.mean())
    assert [row["f1"] for row in found["per_class"].values()] == pytest.approx(of_each)
    micro = nntrain("fit", "-q", "q.yaml", "metrics=[{f1: micro}]").stdout.strip()
    pooled = 2 * (P & Y).sum() / (P.sum() + Y.sum())
    assert json.loads(nntrain("eval", micro, "--json").stdout)["f1"] == pytest.approx(pooled)


def test_eval_shows_a_line_of_every_class(configs, nntrain):
    run = nntrain("fit", "-q", configs / "iris.yaml", "metrics=[accuracy, per_class]").stdout.strip()
    lines = [line for line in nntrain("eval", run).stdout.splitlines() if line.startswith("per_class.")]
    assert [line.split()[0] for line in lines] == [f"per_class.Iris-{n}" for n in ("setosa", "versicolor", "virginica")]
    assert len({line.index("recall") for line in lines}) == 1  # below each other
    assert lines[0].split()[1:] == ["precision", "1.0000", "recall", "1.0000", "f1", "1.0000", "support", "10"]
    found = json.loads(nntrain("eval", run, "--json").stdout)
    assert found["per_class"]["Iris-setosa"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0, "support": 10.0}
    progress = nntrain("resume", run, "training.epochs=31").stderr
    assert "per_class" not in progress


def test_a_monitored_metric_that_the_part_does_not_have_is_told_as_such(tmp_path):
    random = np.random.default_rng(0)
    np.savez(tmp_path / "train.npz", x=random.normal(size=(40, 2)), y=np.arange(40) % 2)
    np.savez(tmp_path / "validation.npz", x=random.normal(size=(5, 2)), y=np.zeros(5, int))
    dataset = {"type": "npz", "path": str(tmp_path / "train.npz"), "validation": str(tmp_path / "validation.npz")}
    config = {**TWO, "dataset": dataset, "metrics": ["roc_auc"]}
    config["training"] = {"epochs": 2, "monitor": "validation.roc_auc"}
    with pytest.raises(DataError, match=r"monitor: validation\.roc_auc is not a number at step 2: the validation part"):
        package.fit(config, run_dir=tmp_path / "run")
    del config["training"]["monitor"]
    history = package.fit(config, run_dir=tmp_path / "unwatched").history
    assert [line["validation"]["roc_auc"] for line in history] == [None, None]


def test_balanced_weights_are_numbers_of_the_run_for_eval_and_resume(tmp_path, nntrain):
    random = np.random.default_rng(0)
    np.savez("rare.npz", x=random.normal(size=(200, 2)), y=(np.arange(200) % 10 == 0).astype(int))
    config = {**TWO, "dataset": {"type": "npz", "path": "rare.npz"}, "architecture": [{"dense": 2}]}
    config["loss"] = {"cross_entropy": {"class_weights": "balanced"}}
    Path("rare.yaml").write_text(json.dumps(config))
    run = Path(nntrain("fit", "-q", "rare.yaml", "--run-dir", "run").stdout.strip())
    kept = yaml.safe_load((run / "config.yaml").read_text())["loss"]["class_weights"]
    assert kept == pytest.approx([180 / 162 / 2, 180 / 18 / 2])
    first = json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])["validation"]["loss"]
    assert json.loads(nntrain("eval", run, "--which", "last", "--json").stdout)["loss"] == pytest.approx(first)
    nntrain("fit", "-q", "rare.yaml", "training.epochs=4", "--run-dir", "run", "--on-exist", "resume")
    assert len((run / "metrics.jsonl").read_text().splitlines()) == 4
