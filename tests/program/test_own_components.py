"""A layer in a file of one's own does all that a built-in one does, and is told where it is missing."""

import json
import sys

import pytest

from nntrain import plugins
from nntrain.files.checkpoint import read_manifest

LAYER = '''
import numpy as np

from nntrain.components import arg, component
from nntrain.layers import Layer


@component("rational")
class Rational(Layer):
    """A = s Z / (1 + |Z|)."""

    scale: float = arg("s, the largest value", default=1.0, gt=0)

    def forward(self, p, X, context):
        return self.scale * X / (1 + np.abs(X)), X

    def backward(self, p, g, dY, cache):
        return dY * self.scale / np.square(1 + np.abs(cache))
'''
CONFIG = """
dataset: {type: moons, examples: 60, test: 0.2}
architecture: [{dense: 3}, {rational: 2}, {dense: $dataset.classes}]
loss: cross_entropy
optimizer: sgd
metrics: [accuracy]
training: {epochs: 2}
"""
FLAG = ("--import", "rational.py")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    (tmp_path / "rational.py").write_text(LAYER)
    (tmp_path / "c.yaml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    plugins.forget("rational.py")


@pytest.fixture
def run(nntrain, folder):
    """A run that used the file, in a process that does not know it any more."""
    nntrain("fit", "c.yaml", *FLAG, "-q", "--run-dir", "run")
    plugins.forget("rational.py")
    return folder / "run"


def test_it_trains_resumes_evaluates_checks_and_shows(nntrain, run):
    assert json.loads((run / "meta.json").read_text())["imports"] == {"rational.py": ["layer.rational"]}
    nntrain("resume", "run", "training.epochs=3", "-q", *FLAG)
    assert "accuracy" in nntrain("eval", "run", *FLAG).stdout
    assert "rational_1" in nntrain("show", "run", *FLAG).stdout
    assert "rational" in nntrain("check", "c.yaml", *FLAG).stdout
    nntrain("report", "run", "-o", "r.html", *FLAG)
    (run.parent / "x.csv").write_text("0,1\n")
    assert nntrain("predict", "run", "x.csv", *FLAG).stdout.startswith("prediction\n")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("resume", "run", "training.epochs=3"), 2),
        (("eval", "run"), 5),
        (("show", "run/checkpoints/last.npz"), 5),
        (("predict", "run", "c.yaml"), 5),
    ],
)
def test_where_the_flag_is_missing_it_is_told_in_one_line(nntrain, run, command, code):
    told = nntrain(*command, code=code).stderr
    assert told.endswith("needs the layer 'rational', which came with --import rational.py; give it again\n")
    assert told.count("\n") == 1


def test_of_a_module_the_package_may_be_what_is_missing():
    told = plugins.missing({"softpack": ["layer.rational"]})
    assert (
        told == "needs the layer 'rational', which came with --import softpack; give it again, or install its package"
    )


def test_a_config_alone_says_that_there_is_no_such_layer(nntrain, folder):
    for command in ("fit", "check", "sweep"):
        more = ("-g", "seed=1") if command == "sweep" else ()
        told = nntrain(command, "c.yaml", *more, code=2).stderr
        assert told.startswith("c.yaml:3:29: error: architecture.1: no layer 'rational'")
        assert told.count("\n") == 1
    (folder / "c.yaml").write_text(CONFIG.replace("rational", "qqqq"))
    told = nntrain("fit", "c.yaml", code=2).stderr
    assert told.endswith("no layer 'qqqq'; a layer of your own comes with --import FILE.py\n")


def test_a_sweep_hands_it_on(nntrain, folder):
    grid = ("-g", "optimizer.lr=0.1")
    assert " --import rational.py " in nntrain("sweep", "c.yaml", *FLAG, *grid, "--print").stdout
    assert nntrain("sweep", "c.yaml", *FLAG, *grid, "-q").stdout.startswith("runs/c-h")


def test_lists_and_schema_have_it_as_a_built_in_one(nntrain):
    assert "s, the largest value" in nntrain("components", "rational", *FLAG).stdout
    assert "layer.rational" in json.loads(nntrain("schema", *FLAG).stdout)["$defs"]


def test_a_module_is_found_in_the_current_directory(nntrain, folder):
    (folder / "layers_of_mine.py").write_text(LAYER.replace('"rational"', '"rational_of_mine"'))
    assert "rational_of_mine" in nntrain("components", "layer", "--import", "layers_of_mine").stdout
    plugins.forget("layers_of_mine")


@pytest.mark.parametrize(
    ("given", "text", "told"),
    [
        ("ratoinal.py", None, "no such file; did you mean 'rational.py'?"),
        ("bad.py", "1 / 0", "bad.py:1: ZeroDivisionError: division by zero"),
        ("bad.py", "a = 1\ndef :", "line 2: SyntaxError: invalid syntax"),
        ("bad.py", LAYER.replace("rational", "relu"), "two components of kind layer are called relu"),
        ("bad.py", "import not_there", "No module named 'not_there'"),
        ("bad.py", "raise SystemExit(3)", "bad.py:1: SystemExit: 3"),
        ("rational_", None, "no module 'rational_' is installed, or stands in this directory"),
        ("soft sign", None, "expected FILE.py or the name of a module"),
    ],
)
def test_what_cannot_be_imported_is_told_in_one_line(nntrain, folder, given, text, told):
    if text is not None:
        (folder / given).write_text(text)
    error = nntrain("components", "--import", given, code=2).stderr
    assert error.startswith(f"--import {given}: error: ")
    assert told in error
    assert error.count("\n") == 1


def test_a_file_that_fails_leaves_nothing_behind(nntrain, folder):
    (folder / "half.py").write_text(LAYER.replace('"rational"', '"half"') + "\n1 / 0\n")
    nntrain("components", "--import", "half.py", code=2)
    nntrain("components", "layer", "half", code=2)


def test_a_run_without_one_names_none(nntrain, folder):
    nntrain("fit", "c.yaml", "architecture=[dense: $dataset.classes]", "-q", "--run-dir", "plain")
    assert "imports" not in json.loads((folder / "plain" / "meta.json").read_text())
    assert "imports" not in read_manifest(folder / "plain" / "checkpoints" / "last.npz")


def test_an_export_that_has_no_words_for_it_names_it(nntrain, run):
    for file, *more in (("net.c",), ("net.py",), ("net.safetensors", "--names", "torch")):
        told = nntrain("export", "run", "-o", file, *more, *FLAG, code=2).stderr
        assert "rational_1 (rational) cannot be written as" in told
        assert told.count("\n") == 1
        assert not (run.parent / file).exists()
    nntrain("export", "run", "-o", "net.safetensors", *FLAG)
