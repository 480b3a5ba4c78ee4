"""Which run is best: by what runs monitor, means over seeds first, each task for itself."""

import json

import pytest
from click.testing import CliRunner

from nntrain.cli import main
from nntrain.runs import query
from nntrain.runs.best_runs import best_epoch, rankings
from nntrain.runs.comparison import Compared
from nntrain.runs.run_files import LOCK

CONFIG = """\
name: {name}
seed: {seed}
dataset: {{type: {dataset}}}
architecture: [identity]
loss: {{type: {loss}}}
optimizer: {{type: sgd, lr: {lr}}}
training: {{monitor: {monitor}}}
"""


@pytest.fixture
def make(tmp_path):
    """A run directory as training leaves it, without what ranking does not read."""

    def make(name, value, lr=0.1, seed=0, monitor="validation.loss", status="done", dataset="digits", loss="mse"):
        run = tmp_path / name
        run.mkdir()
        (run / LOCK).touch()
        text = CONFIG.format(name="n", seed=seed, lr=lr, monitor=monitor, dataset=dataset, loss=loss)
        (run / "config.yaml").write_text(text)
        (run / "status.json").write_text(json.dumps({"status": status, "epoch": 3}))
        part, metric = monitor.split(".")
        best = {"epoch": 2, "step": 20, part: {metric: value, "other": 1.0}}
        summary = {"status": status, "name": "n", "monitor": monitor, "best": best, "final": best}
        (run / "summary.json").write_text(json.dumps(summary))
        return run

    return make


def ranked(folder, metric=None):
    compared = Compared(query.collect([folder]))
    return compared, [[compared.names[i] for i in one.order] for one in rankings(compared, metric)]


def test_a_loss_is_best_where_it_is_least_and_an_accuracy_where_it_is_most(make, tmp_path):
    make("a", 0.5, lr=1), make("b", 0.2, lr=2), make("c", 0.3, lr=3)
    assert ranked(tmp_path)[1] == [["b", "c", "a"]]
    for name, value in (("a", 0.5), ("b", 0.2), ("c", 0.9)):
        summary = json.loads((tmp_path / name / "summary.json").read_text())
        summary["monitor"], summary["best"]["validation"] = "validation.accuracy", {"accuracy": value}
        (tmp_path / name / "summary.json").write_text(json.dumps(summary))
    assert ranked(tmp_path)[1] == [["c", "a", "b"]]


def test_the_mean_over_seeds_comes_before_a_lucky_seed(make, tmp_path):
    make("lucky", 0.1, lr=1), make("unlucky", 0.9, lr=1, seed=1)
    make("good", 0.3, lr=2), make("better", 0.2, lr=2, seed=1)
    compared, order = ranked(tmp_path)
    assert order == [["better", "good", "lucky", "unlucky"]]
    (ranking,) = rankings(compared)
    assert ranking.told(compared) == (
        "best by validation.loss: better, 0.2 at epoch 2; mean 0.25 ± 0.071 over its 2 runs"
    )


def test_a_run_that_diverged_or_has_no_value_is_never_best(make, tmp_path):
    make("gone", 0.0, lr=1, status="diverged"), make("there", 0.4, lr=2), make("empty", None, lr=3)
    assert ranked(tmp_path)[1][0][0] == "there"


def test_other_data_or_another_monitored_value_is_another_task(make, tmp_path):
    make("a", 0.5), make("b", 0.4, dataset="moons"), make("c", 0.9, monitor="validation.accuracy"), make("d", 0.1, lr=1)
    assert ranked(tmp_path)[1] == [["d", "a"], ["b"], ["c"]]
    make("e", 0.3, loss="mae")  # its loss says nothing beside another loss
    assert ranked(tmp_path)[1] == [["d", "a"], ["b"], ["c"], ["e"]]
    assert ranked(tmp_path, "validation.other")[1][0] == ["a", "c", "d", "e"]


def test_where_nothing_is_monitored_no_run_is_best(make, tmp_path):
    run = make("gan", 1.0)
    (run / "summary.json").write_text(json.dumps({"final": {"train": {"generator_loss": 1.0}}}))
    (run / "config.yaml").write_text(
        (run / "config.yaml").read_text().replace("monitor: validation.loss", "loop: {type: gan}")
    )
    compared, _ = ranked(tmp_path)
    (ranking,) = rankings(compared)
    assert (ranking.metric, ranking.best, ranking.told(compared)) == (None, None, "")


def test_the_best_epoch_is_that_of_the_best_checkpoint():
    assert best_epoch({"best": {"epoch": 4}}) == 4
    assert best_epoch({"final": {"epoch": 4}}) is None


def test_runs_and_compare_name_it_below_their_tables(make, tmp_path):
    make("a", 0.5, lr=1), make("b", 0.2, lr=2)
    for command in ("runs", "compare"):
        done = CliRunner().invoke(main, [command, str(tmp_path)])
        assert done.stderr == "best by validation.loss: b, 0.2 at epoch 2\n"
