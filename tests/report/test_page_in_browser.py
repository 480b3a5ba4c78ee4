"""The page in a browser: no error, no request, no overflow; what answers to the pointer and to keys."""

import re
from pathlib import Path

import numpy as np
import pytest

from nntrain.runs import Run


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("kind", ["cnn", "regression", "gan", "sweep"])
def test_it_opens_without_an_error_or_a_request_and_fits_the_width(browser, lab, kind, width, scheme):
    page = lab / f"{kind}.html"
    browser.open(page, width, scheme)
    assert browser.log("browser") == []
    assert {url for url in browser.requests() if not url.startswith("data:")} == {page.as_uri()}
    wide, room = browser.run("const e = document.documentElement; return [e.scrollWidth, e.clientWidth]")
    assert wide <= room
    paper = browser.run("return getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", paper))) > 400) == (scheme == "light")
    unreadable = browser.run(
        "return [...document.querySelectorAll('p, td, th, dd, figcaption, output')].filter("
        "e => parseFloat(getComputedStyle(e).fontSize) < 12).length"
    )
    assert unreadable == 0


def test_values_are_read_out_at_the_pointer_and_by_the_keyboard(browser, lab):
    (run,) = (lab / "cnn").iterdir()
    first, last = Run(run).read_metrics()
    browser.open(lab / "cnn.html")

    def said():
        return browser.run("return document.querySelector('figure.chart output').textContent")

    def told(line):
        values = [float(f"{line[part]['loss']:.5g}") for part in ("train", "validation")]
        numbers = [float(n) for n in re.findall(r"(?<=train )[\d.e-]+|(?<=validation )[\d.e-]+", said())]
        return said().startswith(f"epoch {line['epoch']}") and numbers == values

    for _ in range(8):  # past smoothing and scale, and what scrolls: the overview, a command with a long path
        browser.press("Tab")
        if browser.run("return document.activeElement.closest('figure')?.dataset.chart") == "0":
            break
    else:
        pytest.fail("the first chart cannot be reached by the keyboard")
    browser.press("ArrowRight")
    assert told(first)
    browser.press("ArrowRight")
    assert told(last)
    browser.press("Home")
    assert told(first)
    rectangle = "const b = document.querySelector('figure.chart svg').getBoundingClientRect();"
    right = rectangle + "return [b.right - 12, b.top + 20]"
    box = browser.run(right)
    browser.move(*box)
    assert told(last)


def test_png_is_what_a_browser_reads_to_the_pixel(browser, tmp_path):
    from nntrain.pictures import png
    from nntrain.pictures.pixels import as_uri

    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3)).astype(np.uint8)
    (tmp_path / "p.html").write_text(f'<link rel="icon" href="data:,"><img src="{as_uri(png.encode(pixels))}">')
    browser.open(Path(tmp_path / "p.html"))
    read = browser.run(
        "const i = document.querySelector('img'), c = document.createElement('canvas'); c.width = i.naturalWidth;"
        "c.height = i.naturalHeight; const x = c.getContext('2d'); x.drawImage(i, 0, 0);"
        "return [...x.getImageData(0, 0, c.width, c.height).data]"
    )
    assert np.array_equal(np.array(read).reshape(5, 7, 4)[..., :3], pixels)


RUNS = "const runs = document.querySelector('table:has(tr[data-run])');"


def names(browser):
    """The runs of the overview, in the order in which they are seen."""
    return browser.run(
        "return [...document.querySelectorAll('tr[data-run]')].filter(r => !r.classList.contains('off'))"
        ".map(r => r.cells[0].textContent)"
    )


def test_a_column_s_head_sorts_by_it_numbers_as_numbers(browser, lab):
    browser.open(lab / "sweep.html")
    before = names(browser)
    column = RUNS + "const k = [...runs.tHead.rows[0].cells].findIndex(c => c.textContent === %r);"
    click = "runs.tHead.rows[0].cells[k].querySelector('button').click();"
    read = "return [...runs.tBodies[0].rows].map(r => Number(r.cells[k].textContent))"
    assert browser.run(RUNS + "return runs.tHead.rows[0].cells[1].textContent") == "seed"
    rates = browser.run(column % "optimizer.lr" + click + read)
    assert rates == sorted(rates) == [0.001, 0.001, 0.01, 0.01, 0.1, 0.1, 1, 1]
    assert browser.run(column % "optimizer.lr" + click + read) == rates[::-1]
    browser.run(column % "validation.loss" + click)
    assert names(browser) != before
    losses = browser.run(column % "validation.loss" + read)
    assert losses == sorted(losses)


@pytest.mark.parametrize("width", [360, 1280])
def test_a_range_along_an_axis_keeps_the_runs_that_pass_there(browser, lab, width):
    browser.open(lab / "sweep.html", width)
    way = "upright" if width > 700 else "level"
    assert len(names(browser)) == 8
    box = browser.run(
        f"const s = document.querySelector('svg.{way}'); s.scrollIntoView({{block: 'center'}});"
        "const b = s.getBoundingClientRect(), v = s.viewBox.baseVal, w = data[s.closest('figure').dataset.chart]"
        f"['{way}']; return [b.left, b.top, b.width / v.width, w.across[1], w.from, w.to]"
    )
    left, top, scale, across, start, end = box
    middle = (start + end) / 2  # from the highest rate to the middle of them
    ends = [start, middle] if way == "upright" else [middle, end]
    places = [(across, along) if way == "upright" else (along, across) for along in ends]
    browser.drag(*[(left + scale * x, top + scale * y) for x, y in places])
    kept = names(browser)
    assert len(kept) == 4
    rates = browser.run(
        "return [...document.querySelectorAll('tr[data-run]:not(.off)')].map(r => Number(r.cells[2].textContent))"
    )
    assert set(rates) == {1, 0.1}
    assert browser.run(f"return document.querySelectorAll('svg.{way} path.out').length") == 4
    browser.drag(*[(left + scale * places[0][0], top + scale * places[0][1])] * 2)
    assert len(names(browser)) == 8


def test_curves_are_drawn_smooth_and_on_a_log_scale_and_back(browser, lab):
    browser.open(lab / "regression.html")
    path = "return document.querySelector('figure.chart g.curve path.line').getAttribute('d')"
    ticks = "return [...document.querySelector('figure.chart').querySelectorAll('g.rows text')].map(t => t.textContent)"
    change = (
        "const c = document.querySelector('.controls'), i = c.querySelector(arguments[0]); i.value = arguments[1];"
        "i.dispatchEvent(new Event('input'));"
    )
    before, marks = browser.run(path), browser.run(ticks)
    browser.run(change, "input", "0.9")
    smooth = browser.run(path)
    first, *_, last = (float(p.split()[1]) for p in before[1:].split("L"))
    of_smooth = [float(p.split()[1]) for p in smooth[1:].split("L")]
    assert of_smooth[0] == pytest.approx(first, abs=0.2)  # nothing before it to be smoothed with
    assert abs(of_smooth[-1] - last) > 2
    browser.run(change, "select", "log")
    assert browser.run(path) != smooth
    browser.run(change, "select", "auto")
    browser.run(change, "input", "0")
    assert browser.run(ticks) == marks
    again = [float(n) for n in re.findall(r"[\d.]+", browser.run(path))]
    assert again == pytest.approx([float(n) for n in re.findall(r"[\d.]+", before)], abs=0.11)
    assert browser.log("browser") == []
