"""`nntrain runs` for people: the best epoch, what differs, experiments over seeds, as many as asked for."""

import json

import pytest

from nntrain import runs
from nntrain.runs.comparison import mean_and_deviation


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
    assert first.split() == ["a-001", "done", "5", "3", "0", "0.1", "0.9000"]


def test_limit_takes_the_first_or_the_best(nntrain, listed):
    assert len(nntrain("runs", listed, "--limit", 2).stdout.splitlines()) == 3
    (best,) = json.loads(nntrain("runs", listed, "--sort", "validation.accuracy", "--limit", 1, "--json").stdout)
    assert best["run"].endswith("a-002")


def test_of_some_runs_that_are_shown_it_is_told_how_many_there_are_and_which_is_best_of_all(nntrain, listed):
    for run in listed.iterdir():
        summary = json.loads((run / "summary.json").read_text())
        summary.pop("sha256", None)
        (run / "summary.json").write_text(json.dumps({**summary, "monitor": "validation.accuracy"}))
    told = nntrain("runs", listed, "--limit", 1).stderr
    assert told.startswith("1 of 4 runs\nbest by validation.accuracy: a-002, ")
    assert nntrain("runs", listed, "--group", "--limit", 1).stderr.startswith("1 of 2 experiments\n")
    assert " of 4 runs" not in nntrain("runs", listed, "--limit", 4).stderr


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


@pytest.fixture
def mixed(tmp_path):
    """Runs of three tasks whose networks and metrics have little in common."""
    for name, data, loss, layers, metric in [
        ("numbers", "digits", "cross_entropy", "[{conv2d: {filters: 3, kernel: 3}}, flatten, {dense: 10}]", "accuracy"),
        ("prices", "csv", "mse", "[{dense: 8}, tanh, {dense: 1}]", "mae"),
        ("letters", "text", "cross_entropy", "[{embedding: 4}, {lstm: {units: 5}}, {dense: 20}]", "perplexity"),
    ]:
        for seed in (0, 1):
            with runs.create(tmp_path / "mixed", name) as run:
                text = f"name: {name}\nseed: {seed}\ndataset: {{type: {data}, batch_size: {len(name)}}}\nloss: {loss}\n"
                run.write_config(f"{text}architecture: {layers}\noptimizer: {{type: sgd, lr: 0.1}}\n")
                run.write_status("done", epoch=5, step=50)
                found = {"loss": 0.5 - 0.1 * seed, metric: 0.9}
                best = {"epoch": 3, "validation": found, "test": found}
                run.write_summary({"name": name, "monitor": "validation.loss", "best": best})
    return tmp_path / "mixed"


def test_of_a_mixed_folder_each_run_has_what_it_monitors_and_the_keys_that_all_have(nntrain, mixed):
    listed = nntrain("runs", mixed)
    head, first, *_ = (line.split() for line in listed.stdout.splitlines())
    columns = "run status epochs best epoch seed dataset.type dataset.batch_size loss monitored best test"
    assert head == columns.split()
    assert " ".join(first) == "letters-001 done 5 3 0 text 7 cross_entropy validation.loss 0.5 0.5"
    assert "keys that not all of these runs have, 8 metrics of single tasks" in listed.stderr
    assert "prices, 2 runs: best by validation.loss: prices-002, 0.4 at epoch 3; mean 0.45 ± 0.071" in listed.stderr
    groups = nntrain("runs", mixed, "--group").stdout.splitlines()
    assert groups[0].split()[-3:] == ["monitored", "best", "test"]
    assert groups[1].split()[-3:] == ["0.45", "±", "0.071"]
    of_one = nntrain("runs", mixed, "--where", "dataset.type=csv").stdout.splitlines()[0].split()
    assert of_one[-4:] == ["validation.loss", "test.loss", "test.mae", "validation.mae"]
    assert "test.perplexity" in nntrain("runs", mixed, "--csv").stdout


def test_many_runs_of_a_mixed_folder_are_compared_in_the_same_columns(nntrain, mixed):
    told = nntrain("compare", mixed)
    head, *lines = told.stdout.splitlines()
    assert head.split() == ["seed", "dataset.type", "dataset.batch_size", "loss.type", "monitored", "best", "test"]
    assert lines[0].split()[0] == "letters-001"
    assert "left out: " in told.stderr


def test_two_runs_are_compared_in_every_key(nntrain, mixed):
    told = nntrain("compare", mixed / "letters-001", mixed / "prices-001").stdout
    assert "architecture.1.units" in told
    assert "validation.perplexity" in told


def test_values_that_are_the_same_deviate_by_nothing():
    assert mean_and_deviation([0.94444444444444442] * 3) == (0.94444444444444442, 0.0)
