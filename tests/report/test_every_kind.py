"""The pages of fifteen kinds of run: every number is that of the files, and browsers and axe find nothing wrong.

axe-core is looked for below ./node_modules and where NNTRAIN_AXE says: `npm install axe-core`.
"""

import json
import os
import re
import time
from pathlib import Path

import pytest
from report import browser as chromium
from report import firefox
from report.fifteen_kinds import CONFIGS, KINDS, SINGLE, build, run_command
from report.small_runs import measured

from nntrain.runs import Run

SAMPLE = ("two_classes", "several_outputs", "gan")


@pytest.fixture(scope="session")
def kinds(tmp_path_factory):
    """Builds what is asked for, once: kind -> the folder of its run or runs."""
    folder, there = tmp_path_factory.mktemp("kinds"), set()

    def made(kind):
        if kind not in there:
            (folder / kind).mkdir()
            build(folder / kind, [kind])
            there.add(kind)
        return folder / kind / kind, folder / kind / f"{kind}.html"

    return made


def each(kinds):
    return [kind if kind in SAMPLE else pytest.param(kind, marks=pytest.mark.slow) for kind in kinds]


def runs_of(folder):
    """By the names that the page has for them."""
    if (folder / "config.yaml").exists():
        return {folder.name: Run(folder)}
    return {path.name: Run(path) for path in sorted(folder.iterdir()) if (path / "config.yaml").exists()}


def tables(page):
    """Each table as a list of rows of texts."""
    rows = [
        re.findall(r"<tr[^>]*>(.*?)</tr>", part, re.DOTALL) for part in re.findall(r"<table.*?</table>", page, re.S)
    ]
    return [[re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in one] for one in rows]


def data_of(page):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)[1])


def logged(run, chart, part):
    """A chart's curve as metrics.jsonl has it: places and values."""
    found = []
    for line in run.read_metrics():
        values = line.get(part, {})
        if chart == "lr":
            lr = line["lr"]
            value = lr.get(part) if isinstance(lr, dict) else lr
        else:
            value = values.get(chart)
            for beginning in ("naive_season", "naive"):
                if part == beginning:
                    value = line.get("validation", {}).get(f"{beginning}_{chart}")
        if value is not None:
            found.append((line, value))
    return found


@pytest.mark.parametrize("kind", each(KINDS))
def test_every_curve_is_that_of_the_log(kinds, kind):
    folder, file = kinds(kind)
    runs, compared = runs_of(folder), 0
    for chart in data_of(file.read_text()):
        if chart["kind"] != "lines" or chart["x"] not in ("epoch", "step"):
            continue
        for series in chart["series"]:
            *name, part = series["name"].rsplit(" ", 1)
            run = runs[name[0]] if name else next(iter(runs.values()))
            expected = logged(run, chart["title"], part)
            assert series["x"] == [line[chart["x"]] for line, _ in expected], (chart["title"], series["name"])
            assert series["y"] == [value for _, value in expected]
            compared += len(expected)
    assert compared > 2


@pytest.mark.parametrize("kind", each(KINDS))
def test_every_number_of_the_overview_is_that_of_the_summary(kinds, kind):
    folder, file = kinds(kind)
    runs, compared = runs_of(folder), 0
    for head, *rows in tables(file.read_text()):
        names = [re.sub(r"<.*?>", "", cell) for cell in head]
        if names[0] != "run":
            continue
        for row in rows:
            summary = runs[row[0]].read_summary()
            best = summary.get("best") or summary["final"]
            told = dict(zip(names, row, strict=True))
            assert told["status"] == summary["status"] == runs[row[0]].read_status()["status"]
            assert told["epochs"] == str(summary["epochs"])
            assert told["best epoch"] == (str(best["epoch"]) if "best" in summary else "")
            for name, cell in told.items():
                part, _, metric = name.partition(".")
                if part in ("train", "validation", "test") and cell:
                    assert cell == f"{best[part][metric]:.5g}", name
                    compared += 1
    assert compared


@pytest.mark.parametrize("kind", each([kind for kind in SINGLE if kind != "gan"]))
def test_the_values_of_the_best_checkpoint_are_those_that_eval_computes(kinds, kind):
    folder, file = kinds(kind)
    page, values = file.read_text(), measured(folder)
    head, row = tables(page)[0]
    part = "test" if "test.loss" in head else "validation"
    told = {name.partition(".")[2]: cell for name, cell in zip(head, row, strict=True) if name.startswith(f"{part}.")}
    assert told
    for name, cell in told.items():
        assert float(cell) == pytest.approx(values[name], rel=1e-4, abs=1e-6), name
    summary = Run(folder).read_summary()
    for key in ("parameters", "epochs", "steps"):
        assert f"{summary[key]:,} {key[:-1]}" in page


PARTED = (
    "two_classes",
    "many_classes",
    "multi_label",
    "regression",
    "several_outputs",
    "series",
    "attention",
    "images",
)


@pytest.mark.parametrize("kind", each(PARTED))
def test_the_numbers_of_each_section_are_those_of_eval(kinds, kind):
    folder, file = kinds(kind)
    page = file.read_text()
    values = json.loads(run_command("eval", folder, "--json").stdout)
    by_head = {tuple(head[:2]): rows for head, *rows in tables(page)}
    compared = 0
    for name, *cells in by_head.get(("class", "precision"), []) + by_head.get(("yes to", "precision"), []):
        if "per_class" in values:
            asked = values["per_class"][name]
            assert cells == [*(f"{asked[key]:.3f}" for key in ("precision", "recall", "f1")), f"{asked['support']:.0f}"]
            compared += 1
    if confusion := by_head.get(("", "0")):
        counts = [[int(cell or 0) for cell in row[1:]] for row in confusion]
        assert sum(map(sum, counts)) == values["examples"]
        assert sum(row[i] for i, row in enumerate(counts)) / values["examples"] == pytest.approx(values["accuracy"])
        compared += 1
    if outputs := by_head.get(("output", "mae")):
        mean = sum(float(row[1]) for row in outputs) / len(outputs)
        assert mean == pytest.approx(values["mae"], rel=1e-3)
        compared += 1
    if area := re.search(r">1: area ([\d.]+)<", page):
        assert float(area[1]) == pytest.approx(values["roc_auc"], rel=1e-3)
        compared += 1
    if loss := re.search(r"How much the loss over the test part, ([\d.]+),", page):
        assert float(loss[1]) == pytest.approx(values["loss"], rel=1e-3)
        compared += 1
    assert compared


@pytest.mark.slow
def test_what_a_forecast_is_compared_with_are_the_last_rows_of_the_file(kinds):
    _, file = kinds("series")
    rows = (CONFIGS / "data" / "daily-min-temperatures.csv").read_text().split("\n")[1:]
    written = [float(row.rpartition(",")[2]) for row in rows if row]
    (chart,) = (chart for chart in data_of(file.read_text()) if chart["title"] == "Temp")
    truth, *forecasts = chart["series"]
    assert truth["name"] == "as it was"
    horizon = 3  # the window that ends the file has its first forecast so many rows before the end
    assert truth["y"] == pytest.approx(written[-len(truth["y"]) - horizon + 1 : -horizon + 1], abs=1e-4)
    assert [one["name"] for one in forecasts] == ["forecast 1 step ahead", "forecast 3 steps ahead"]


@pytest.mark.slow
def test_what_made_the_difference_stands_below_which_run_is_best(kinds):
    page = kinds("sweep")[1].read_text()
    assert page.index("best by validation.loss") < page.index("optimizer.lr 69 %") < page.index("<table")


AXE = [Path(path) for path in (os.environ.get("NNTRAIN_AXE", ""), "node_modules/axe-core/axe.min.js") if path]
_ASK = (
    ";const done = arguments[arguments.length - 1]; axe.run(document).then("
    "found => done(found.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 120)).join(' '))),"
    "error => done([String(error)]))"
)


@pytest.fixture(scope="module", params=["chromium", "firefox"])
def window(request, tmp_path_factory):
    module, kind = (chromium, "Browser") if request.param == "chromium" else (firefox, "Firefox")
    if why := module.missing():
        pytest.skip(why)
    window = getattr(module, kind)(tmp_path_factory.mktemp(request.param))
    yield window
    window.close()


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_browsers_and_axe_find_nothing_wrong_on_narrow_and_wide_windows_light_and_dark(kinds, window, kind):
    axe = next((path.read_text() for path in AXE if path.is_file()), None)
    for width in (360, 1280):
        for scheme in ("light", "dark"):
            window.open(kinds(kind)[1], width, scheme)
            wide, room = window.run("return [document.documentElement.scrollWidth, innerWidth]")
            assert wide <= room, (width, scheme)
            assert window.errors() == [], (width, scheme)
            if axe is not None:
                assert window.run_async(axe + _ASK) == [], (width, scheme)
    if axe is None:
        pytest.skip("all but axe was looked at: npm install axe-core, or NNTRAIN_AXE=…/axe.min.js")


@pytest.mark.slow
def test_the_decision_boundary_goes_from_before_the_first_step_to_the_last_epoch_when_asked(kinds, window):
    window.open(kinds("two_classes")[1])
    shown = (
        "return [...document.querySelectorAll('image.moment')].filter(i => i.getAttribute('visibility') !== 'hidden')"
    )
    shown += ".map(i => Number(i.dataset.epoch))"
    said = "return document.querySelector('figure.moments output').textContent"
    assert (window.run(shown), window.run(said)) == ([2], "epoch 2 of 2, the best")
    window.run(
        "const s = document.querySelector('figure.moments input'); s.value = 0; s.dispatchEvent(new Event('input'))"
    )
    assert (window.run(shown), window.run(said)) == ([0], "epoch 0 of 2, before the first step")
    window.run("document.querySelector('figure.moments button').click()")
    end = time.monotonic() + 20
    while window.run(shown) != [2] and time.monotonic() < end:
        time.sleep(0.1)
    assert window.run(shown) == [2]
    assert window.run("return document.querySelector('figure.moments button').textContent") == "play"
