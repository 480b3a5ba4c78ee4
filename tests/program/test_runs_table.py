"""`nntrain runs` for people: the best epoch, what differs, experiments over seeds, as many as asked for."""

import json

import pytest

from nntrain import runs


@pytest.fixture
def listed(tmp_path):
    """Four runs: two learning rates, two seeds each."""
    for lr in (0.1, 0.01):
        for seed in (0, 1):
            with runs.create(tmp_path / "runs", "a") as run:
                run.write_config(f"name: a\nseed: {seed}\noptimizer: {{type: sgd, lr: {lr}}}\n")
                run.write_status("done", epoch=5, step=50)
                accuracy = 0.9 + 0.02 * seed - 4 * (0.1 - lr) / 10
                run.write_summary({"best": {"epoch": 3 + seed, "validation": {"accuracy": accuracy}}})
    return tmp_path / "runs"


def test_the_table_has_the_best_epoch_and_what_differs(nntrain, listed):
    head, first, *_ = nntrain("runs", listed).stdout.splitlines()
    assert head.split("  ")[0] == "run"
    assert [word for word in head.split() if word] == [
        "run",
        "status",
        "epochs",
        "best",
        "epoch",
        "seed",
        "optimizer.lr",
        "validation.accuracy",
    ]
    assert first.split() == ["a-001", "done", "5", "3", "0", "0.1", "0.9"]


def test_limit_takes_the_first_or_the_best(nntrain, listed):
    assert len(nntrain("runs", listed, "--limit", 2).stdout.splitlines()) == 3
    (best,) = json.loads(nntrain("runs", listed, "--sort", "validation.accuracy", "--limit", 1, "--json").stdout)
    assert best["run"].endswith("a-002")


def test_groups_are_experiments_over_seeds_with_mean_and_deviation(nntrain, listed):
    head, first, second = nntrain("runs", listed, "--group", "--sort", "validation.accuracy").stdout.splitlines()
    assert head.split() == ["run", "runs", "optimizer.lr", "validation.accuracy"]
    assert first.split() == ["a-001", "2", "0.1", "0.91", "±", "0.014"]
    assert second.split()[2] == "0.01"
    groups = json.loads(nntrain("runs", listed, "--group", "--json").stdout)
    assert [len(group["runs"]) for group in groups] == [2, 2]
    assert groups[0]["metrics"]["validation.accuracy"]["mean"] == pytest.approx(0.91)
    csv = nntrain("runs", listed, "--group", "--csv").stdout.splitlines()
    assert csv[0] == "run,runs,optimizer.lr,validation.accuracy,validation.accuracy deviation"


def test_no_runs_are_no_error(nntrain, tmp_path):
    (tmp_path / "none").mkdir()
    assert "no runs" in nntrain("runs", tmp_path / "none").stderr
    assert nntrain("runs", tmp_path / "none", "--group", "--json").stdout == "[]\n"
