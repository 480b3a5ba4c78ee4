"""A run in a notebook: a bar that is drawn again in its place, and a run that shows itself."""

import base64
import re
import sys
import types
import xml.etree.ElementTree as ElementTree

import pytest

import nntrain

CONFIG = {
    "name": "moons",
    "dataset": {"type": "moons", "examples": 80, "validation": 0.25, "batch_size": 10},
    "architecture": [{"dense": 4}, "tanh", {"dense": "$dataset.classes"}],
    "loss": "cross_entropy",
    "optimizer": {"type": "sgd", "lr": 0.1},
    "metrics": ["accuracy"],
    "training": {"epochs": 3},
}


@pytest.fixture
def notebook(monkeypatch):
    """What a notebook's `display` was asked to show: a list of outputs, each the list of its versions."""
    outputs = []

    class Handle:
        def __init__(self, shown):
            self.versions = [shown._repr_html_()]
            outputs.append(self.versions)

        def update(self, shown):
            self.versions.append(shown._repr_html_())

    display = types.ModuleType("IPython.display")
    display.display = lambda shown, display_id: Handle(shown)
    monkeypatch.setitem(sys.modules, "ipykernel", types.ModuleType("ipykernel"))
    monkeypatch.setitem(sys.modules, "IPython", types.ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    return outputs


def test_the_bar_is_one_output_that_is_drawn_again(notebook, tmp_path, capsys):
    nntrain.fit(CONFIG, run_dir=tmp_path / "run")
    [versions] = notebook
    assert len(versions) >= 2
    assert '<progress value="0" max="18"' in versions[0]
    assert '<progress value="18" max="18"' in versions[-1]
    assert "epoch 3/3" in versions[-1]
    assert "validation accuracy" in versions[-1]
    assert ">best " in versions[-1]
    assert capsys.readouterr() == ("", "")


def test_quiet_shows_nothing(notebook, tmp_path):
    nntrain.fit(CONFIG, run_dir=tmp_path / "run", quiet=True)
    assert notebook == []


def test_without_ipython_the_lines_of_the_shell_are_printed(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, "ipykernel", types.ModuleType("ipykernel"))
    monkeypatch.setitem(sys.modules, "IPython", None)
    nntrain.fit(CONFIG, run_dir=tmp_path / "run")
    assert len(re.findall("^epoch ", capsys.readouterr().err, re.MULTILINE)) == 3


def test_a_run_shows_its_curves_its_best_values_and_how_to_go_on(tmp_path):
    trained = nntrain.fit(CONFIG, run_dir=tmp_path / "run", quiet=True)
    for run in (trained, nntrain.load(tmp_path / "run")):
        html = run._repr_html_()
        assert "<b>moons</b> done, 3 epochs, 18 steps" in html
        assert f"best epoch {run.summary['best']['epoch']} by validation.loss" in html
        assert f"{run.summary['best']['validation']['accuracy']:.5g}" in html
        assert "training.epochs&#x27;: 6" in html
        picture = base64.b64decode(re.search(r"base64,([^\"]+)", html)[1])
        assert ElementTree.fromstring(picture).tag.endswith("svg")
        ElementTree.fromstring(html)


def test_a_checkpoint_alone_shows_itself_too(tmp_path):
    nntrain.fit(CONFIG, run_dir=tmp_path / "run", quiet=True)
    (tmp_path / "alone.npz").write_bytes((tmp_path / "run" / "checkpoints" / "last.npz").read_bytes())
    assert "run.predict(X)" in nntrain.load(tmp_path / "alone.npz")._repr_html_()
