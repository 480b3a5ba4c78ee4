"""`report`, `plot` and `sweep` name the same run as best, and mark its best epoch."""

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from click.testing import CliRunner
from report.small_runs import MOONS

from nntrain.cli import main
from nntrain.report import charts
from nntrain.report.history import Series
from nntrain.runs import Run


def call(*arguments):
    done = CliRunner().invoke(main, [str(a) for a in arguments])
    assert done.exit_code == 0, done.output
    return done


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A sweep over two rates and two seeds, and what it said."""
    folder = tmp_path_factory.mktemp("swept")
    (folder / "c.yaml").write_text(str(MOONS))
    arguments = ["-g", "optimizer.lr=0.01,0.3", "--seeds", "0-1", "--jobs", "1", "--runs", folder / "runs"]
    return folder, call("sweep", folder / "c.yaml", *arguments).stderr


def test_all_commands_name_the_same_run(swept):
    folder, said = swept
    best = Path(re.search(r"^best: .* its best run: .*  (\S+)$", said, re.MULTILINE)[1]).name
    assert f": {best}, " in call("plot", folder / "runs").stderr
    assert f": {best}, " in call("compare", folder / "runs").stderr
    page = folder / "r.html"
    call("report", folder / "runs", "-o", page)
    assert re.search(rf'<p class="best-run">best by validation.loss: {best}, ', page.read_text())
    call("plot", folder / "runs", "-o", folder / "c.svg")
    words = [e.text for e in ElementTree.parse(folder / "c.svg").iter("{http://www.w3.org/2000/svg}text")]
    assert f"{best}, the best" in words


def test_a_ring_stands_at_the_best_epoch(swept, tmp_path):
    folder, _ = swept
    run = next((folder / "runs").iterdir())
    call("report", run, "-o", tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text()
    epoch = Run(run).read_summary()["best"]["epoch"]
    assert f"best epoch {epoch}, by validation.loss" in page
    assert page.count('<circle class="mark ') == 2  # loss and accuracy, of the validation part


def test_without_a_validation_part_the_monitored_value_is_that_of_training(tmp_path):
    for lr in (0.01, 0.3):
        config = {**MOONS, "dataset": {**MOONS["dataset"], "validation": 0, "test": 0.3}}
        (tmp_path / "c.yaml").write_text(str({**config, "optimizer": {"sgd": {"lr": lr}}}))
        call("fit", tmp_path / "c.yaml", "--run-dir", tmp_path / "runs" / str(lr), "-q")
    losses = {}
    for run in (tmp_path / "runs").iterdir():
        best = Run(run).read_summary()["best"]
        losses[run.name] = min(line["train"]["loss"] for line in Run(run).read_metrics())
        assert best["train"] == {"loss": losses[run.name]}
    assert f"best by train.loss: {min(losses, key=losses.get)}, " in call("compare", tmp_path / "runs").stderr


def test_a_run_of_one_epoch_is_a_dot():
    drawn, _ = charts.lines([Series(0, "train", [1], [0.5]), Series(0, "validation", [1], [0.4])], ["a"], "epoch")
    assert drawn.count('<circle class="dot ') == 2


def test_an_axis_is_marked_at_the_values_that_were_tried():
    from nntrain.report.parallel_axes import parallel

    drawn, data = parallel({"lr": [0.3, 0.1, 0.03], "loss": [1.0, 2.0, 3.0]}, ["a", "b", "c"], [4, 2, 3])
    upright = drawn.partition("</svg>")[0]
    ticks = re.findall(r'<text class="tick halo"[^>]*>([^<]*)<', upright)
    assert set(ticks) == {"0.3", "0.1", "0.03", "1", "2", "3"}
    assert [line["run"] for line in data["lines"]] == [4, 2, 3]
