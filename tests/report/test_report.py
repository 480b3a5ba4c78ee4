"""The report: one page that says what the runs' files say, opens without a network, and reads well anywhere."""

import json
import re
import shutil
from html.parser import HTMLParser

import numpy as np
import pytest
import yaml
from click.testing import CliRunner
from report.conftest import DENSE, digits, table

from nntrain.cli import main
from nntrain.report.axes import word
from nntrain.runs import Run
from nntrain.training.session import fit


class Reader(HTMLParser):
    """Everything that a page refers to, its texts, and whether each tag is closed."""

    def __init__(self, text):
        super().__init__()
        self.links, self.texts, self.open = [], [], []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.links += [value for key, value in attributes if key in ("src", "href", "action", "srcset")]
        if tag not in ("meta", "link", "img", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def data_of(page):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)[1])


@pytest.mark.parametrize("kind", ["cnn", "mlp", "regression", "gan", "sweep"])
def test_a_page_is_whole_and_small_and_needs_nothing_beside_itself(lab, kind):
    page = (lab / f"{kind}.html").read_text()
    assert len(page) < 2_000_000
    assert all(link.startswith("data:") for link in Reader(page).links)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", page)


@pytest.mark.parametrize("kind", ["cnn", "regression", "gan"])
def test_the_curves_are_the_log_to_the_last_digit(lab, kind):
    (run,) = (lab / kind).iterdir()
    log = Run(run).read_metrics()
    charts = {c["title"]: c for c in data_of((lab / f"{kind}.html").read_text()) if c["kind"] == "lines"}
    told = {
        (title, s["name"]): dict(zip(s["x"], s["y"], strict=True)) for title, c in charts.items() for s in c["series"]
    }
    for line in log:
        for part in ("train", "validation"):
            for metric, value in line.get(part, {}).items():
                assert told[metric, part].pop(line["epoch"]) == value
        rates = line["lr"] if isinstance(line["lr"], dict) else {"lr": line["lr"]}
        for name, value in rates.items():
            assert told["lr", name].pop(line["epoch"]) == value
    assert not any(told.values())


def test_confusion_counts_every_example_and_agrees_with_the_accuracy(lab):
    (run,) = (lab / "cnn").iterdir()
    page = (lab / "cnn.html").read_text()
    counts = [
        [int(c) for c in re.findall(r"<td[^>]*>(\d+)</td>", row)]
        for row in re.findall(r'<tr><th scope="row">\d</th>(.*?)</tr>', page.partition('class="confusion"')[2])[:10]
    ]
    counts = np.array(counts)
    best = Run(run).read_summary()["best"]["test"]
    assert counts.shape == (10, 10)
    assert np.trace(counts) / counts.sum() == pytest.approx(best["accuracy"])


def test_most_wrong_are_pictures_of_images_and_rows_of_tables(lab):
    images = (lab / "cnn.html").read_text()
    assert len(re.findall(r'<img[^>]* src="data:image/png[^"]*" alt="example \d+: is \d, said \d', images)) == 12
    rows = (lab / "regression.html").read_text()
    assert '<th scope="col">town</th>' in rows
    towns = re.findall(r"<td>([abc])</td></tr>", rows)
    assert len(towns) == 12
    errors = [
        float(e) for e in re.findall(r'<tr><th scope="row">\d+</th><td>[^<]*</td><td>[^<]*</td><td>([^<]*)</td>', rows)
    ]
    assert errors == sorted(errors, reverse=True)


def test_a_window_of_as_many_steps_as_columns_is_shown_in_the_units_of_its_columns(tmp_path):
    draws = np.random.default_rng(0)
    rows = [f"{1000 + a:.3f},{b / 100:.5f}" for a, b in draws.uniform(size=(60, 2))]
    (tmp_path / "wells.csv").write_text("depth,salt\n" + "\n".join(rows) + "\n")
    wells = {
        "name": "wells",
        "dataset": {"type": "series", "path": str(tmp_path / "wells.csv"), "window": 2, "test": 0.2},
        "architecture": [{"rnn": {"units": 3, "output": "last"}}, {"dense": "$dataset.outputs"}],
        "loss": "mse",
        "optimizer": "adam",
        "training": {"epochs": 1},
    }
    run = fit(wells, runs_dir=tmp_path / "runs").run_dir
    assert CliRunner().invoke(main, ["report", str(run), "-o", str(tmp_path / "r.html")]).exit_code == 0
    cell = "<td>([^<]*)</td>"
    shown = re.findall(rf'<tr><th scope="row">\d+</th>{cell * 7}</tr>', (tmp_path / "r.html").read_text())
    assert len(shown) > 5
    assert re.findall(r'<th scope="col">((?:depth|salt)[^<]*)</th>', (tmp_path / "r.html").read_text()) == [
        *("depth-1", "salt-1", "depth", "salt")
    ]
    for *_, depth, salt, later_depth, later_salt in shown:
        assert 1000 <= float(depth) <= 1001
        assert 1000 <= float(later_depth) <= 1001
        assert 0 <= float(salt) <= 0.01
        assert 0 <= float(later_salt) <= 0.01


def test_a_gan_shows_its_samples_and_text_is_text(lab):
    page = (lab / "gan.html").read_text()
    assert "To be, or &lt;not&gt;" in page
    assert "discriminator.dense_1.W" not in page  # a dense layer's weights are in no order that says anything


def test_a_sweep_shows_each_hyperparameter_and_the_best_run_first(lab):
    page = (lab / "sweep.html").read_text()
    titles = [chart["title"] for chart in data_of(page)]
    assert "All runs" in titles
    assert "validation.loss against optimizer.lr" in titles
    loss, of_lr = {}, {}
    for run in (lab / "sweep").iterdir():
        loss[run.name] = Run(run).read_summary()["best"]["validation"]["loss"]
        of_lr.setdefault(yaml.safe_load(Run(run).read_config())["optimizer"]["lr"], []).append(run.name)
    groups = sorted(of_lr.values(), key=lambda names: np.mean([loss[name] for name in names]))
    expected = [name for names in groups for name in sorted(names, key=loss.get)]
    assert re.findall(r'<tr[^>]* data-run="\d"><th scope="row">([\w-]+)</th>', page) == expected
    assert re.search(rf'<tr class="best" data-run="\d"><th scope="row">{expected[0]}<', page)


def test_a_seed_of_0_or_1_is_a_number(lab):
    texts = Reader((lab / "sweep.html").read_text()).texts
    assert {"0", "1"} <= set(texts)
    assert not {"true", "false"} & set(texts)


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "0"), (1, "1"), (0.1, "0.1"), (True, "true"), (None, "none"), ({"type": "sgd"}, "sgd"), ({}, "…"), ([], "…")],
)
def test_a_value_is_said_in_a_word(value, said):
    assert word(value) == said


def test_it_says_how_to_do_it_again(lab):
    (run,) = (lab / "cnn").iterdir()
    texts = Reader((lab / "cnn.html").read_text()).texts
    assert f"nntrain fit {run / 'config.yaml'}" in texts
    assert Run(run).read_config() in texts
    assert Run(run).read_meta()["platform"] in texts


def test_what_is_missing_is_said_and_the_rest_is_there(lab, tmp_path):
    config = table(tmp_path)
    run = fit(config, runs_dir=tmp_path / "runs").run_dir
    (tmp_path / "houses.csv").unlink()
    with Run(run) as broken:
        broken.meta_path.unlink()
    fit(digits("unfinished", DENSE), runs_dir=tmp_path / "runs").run_dir.joinpath("metrics.jsonl").write_text("{")
    done = CliRunner().invoke(main, ["report", str(tmp_path / "runs"), "-o", str(tmp_path / "r.html")])
    assert done.exit_code == 0, done.output
    assert "houses.csv: error" in (tmp_path / "r.html").read_text()


def test_runs_of_different_tasks_share_a_page(lab, tmp_path):
    mixed = [str(lab / kind) for kind in ("gan", "regression", "mlp")]
    done = CliRunner().invoke(main, ["report", *mixed, "-o", str(tmp_path / "mixed.html")])
    assert done.exit_code == 0, done.output
    assert {"drawer-001", "houses-001", "mlp-001"} <= set(Reader((tmp_path / "mixed.html").read_text()).texts)


def test_a_page_is_written_under_a_page_s_name_only(lab, tmp_path):
    for name, told in (("r.pdf", ".html, not .pdf"), ("r", ".html, not a name without a suffix")):
        done = CliRunner().invoke(main, ["report", str(lab / "mlp"), "-o", str(tmp_path / name)])
        assert (done.exit_code, list(tmp_path.iterdir())) == (2, [])
        assert told in done.stderr


@pytest.mark.parametrize("arguments", [["nowhere"], ["."], ["nowhere", "--metric", "x"]])
def test_a_path_without_runs_is_one_clear_line(tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["report", *arguments])
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1


def test_a_game_that_has_left_no_pictures_yet_draws_for_its_page(lab, tmp_path):
    (run,) = (lab / "gan").iterdir()
    shutil.copytree(run, tmp_path / "g", ignore=shutil.ignore_patterns("samples"))
    assert CliRunner().invoke(main, ["report", str(tmp_path / "g"), "-o", str(tmp_path / "g.html")]).exit_code == 0
    page = (tmp_path / "g.html").read_text()
    assert "<h3>It draws</h3>" in page
    assert 'alt="drawn examples"' in page
