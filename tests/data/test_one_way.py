"""There is one way to the data: whoever looks at them sees what the run learns from."""

import ast
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import nntrain
from nntrain import config
from nntrain.builder import build
from nntrain.cli import main
from nntrain.report import dataset as described

ROOT = Path(nntrain.__file__).parent
NOT_SHIPPED = ("mnist", "fashion_mnist", "cifar10")
CONFIGS = [
    path
    for path in sorted((ROOT.parent / "configs").glob("*.yaml"))
    if config.read(path).dataset.type not in NOT_SHIPPED
]


def test_only_load_reads_a_dataset_s_own_data():
    """`load` gives what a run learns from; what a dataset reads lies before `reconstruct`."""
    calls = [
        str(path.relative_to(ROOT))
        for path in ROOT.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "read_data"
    ]
    assert calls == ["data/base.py"] * 2


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_fit_data_and_the_report_speak_of_the_same_data(path):
    few = ("dataset.examples=200",) if hasattr(config.read(path).dataset, "examples") else ()
    facts = build(config.read(path, few)).data.facts
    draft, data = described.load(path, few)
    assert data.facts == facts
    told = described.describe(draft.dataset, data)
    assert told.input_shape == facts.input_shape
    expected = f"{facts.classes} classes" if facts.target == "labels" else f"{facts.outputs} values"
    assert told.target == expected


def test_of_an_autoencoder_the_pixels_are_the_targets(tmp_path):
    path = ROOT.parent / "configs" / "digits_autoencoder.yaml"
    told = json.loads(CliRunner().invoke(main, ["data", str(path), "--json"]).stdout)
    assert told["target"] == "64 values"
    assert told["counts"] == {}
    assert told["targets"].keys() == {"train", "validation", "test"}
    assert told["contradicting"] == 0
