"""`nntrain plot` and `fit --tensorboard`: the same curves elsewhere."""

import re
import sys
import xml.etree.ElementTree as ElementTree

import pytest
from click.testing import CliRunner
from report.small_runs import MOONS

from nntrain.cli import main
from nntrain.cli.value_texts import sparkline
from nntrain.runs import Run
from nntrain.training.session import fit

CONFIG = {**MOONS, "training": {"epochs": 5}}


@pytest.fixture
def runs(tmp_path):
    for seed in (0, 1):
        fit({**CONFIG, "seed": seed}, runs_dir=tmp_path / "runs")
    return tmp_path / "runs"


def call(*arguments, code=0):
    done = CliRunner().invoke(main, [str(a) for a in arguments])
    assert done.exit_code == code, done.output
    return done


def test_sparklines_rise_with_their_values_and_leave_gaps_where_there_are_none():
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7]) == "▁▂▃▄▅▆▇█"
    assert sparkline([1, None, 0]) == "█ ▁"
    assert sparkline([3.0, 3.0]) == "▁▁"
    assert sparkline([0.1] * 20, 8) == "▁▁▁▁▁▁▁▁"  # whose means are not all the same number
    assert sparkline([None]) == " "
    assert sparkline(list(range(400)), 8) == "▁▂▃▄▅▆▇█"


def test_without_an_output_the_curves_are_a_table_of_sparklines(runs):
    log = Run(runs / "moons-001").read_metrics()
    row = next(line for line in call("plot", runs).stdout.splitlines() if "moons-001  validation loss" in line)
    assert re.search(r"[▁▂▃▄▅▆▇█]{5}", row)
    losses = [line["validation"]["loss"] for line in log]
    ends = [losses[0], losses[-1], min(losses), max(losses)]
    assert [float(n) for n in row.split()[-4:]] == pytest.approx(ends, rel=1e-4)


@pytest.mark.parametrize("damaged", ['{"epoch": 1, "step": 1, "train": 3}', '{"step": 1}', '{"epoch": "x", "step": 1}'])
def test_curves_end_before_a_damaged_line(runs, damaged):
    log = runs / "moons-001" / "metrics.jsonl"
    first = log.read_text().splitlines()[0]
    log.write_text(f"{first}\n{damaged}\n{first}\n")
    row = next(line for line in call("plot", runs).stdout.splitlines() if "moons-001  validation loss" in line)
    assert re.search(r"loss +▁ +[0-9]", row)


def test_an_svg_has_every_metric_and_every_run_and_stands_alone(runs, tmp_path):
    assert call("plot", runs, "-o", tmp_path / "c.svg").stdout == f"{tmp_path / 'c.svg'}\n"
    text = (tmp_path / "c.svg").read_text()
    root = ElementTree.fromstring(text)
    words = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"loss", "accuracy", "lr", "epoch", "validation", "train", "best epoch"} <= set(words)
    assert len([e for e in root.iter() if (e.get("class") or "").startswith("line c")]) == 4 + 4 + 2 + 2
    assert "href" not in text


def test_metrics_can_be_chosen_and_a_wrong_one_is_told(runs):
    lines = call("plot", runs / "moons-001", "--metric", "accuracy").stdout.splitlines()
    assert len(lines) == 1 + 2
    assert "no run has it; there are loss, accuracy, lr" in call("plot", runs, "--metric", "acc", code=2).stderr
    assert ".svg or .png" in call("plot", runs, "-o", "x.pdf", code=2).stderr


def test_a_png_is_matplotlibs_and_without_it_the_extra_is_named(runs, tmp_path, monkeypatch):
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "matplotlib", None)
        assert "pip install 'nntrain[plot]'" in call("plot", runs, "-o", tmp_path / "c.png", code=2).stderr
        assert not (tmp_path / "c.png").exists()
    pytest.importorskip("matplotlib")
    call("plot", runs, "-o", tmp_path / "c.png")
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.filterwarnings("default")
def test_tensorboards_own_reader_finds_the_log_and_after_a_resume_no_line_twice(tmp_path):
    reader = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    (tmp_path / "c.yaml").write_text(str(CONFIG))
    call("fit", tmp_path / "c.yaml", "--run-dir", tmp_path / "run", "--tensorboard", "-q")
    call("resume", tmp_path / "run", "training.epochs=7", "--tensorboard", "-q")
    events = reader.EventAccumulator(str(tmp_path / "run" / "tensorboard"))
    events.Reload()
    log = Run(tmp_path / "run").read_metrics()
    assert len(log) == 7
    for tag, value in (
        ("loss/train", lambda line: line["train"]["loss"]),
        ("accuracy/validation", lambda line: line["validation"]["accuracy"]),
        ("lr", lambda line: line["lr"]),
    ):
        found = [(event.step, event.value) for event in events.Scalars(tag)]
        assert found == [(line["step"], pytest.approx(value(line), rel=1e-6)) for line in log]
