"""Components of installed packages are found without a flag, and looked for only when a name is not known."""

import json
import subprocess
import sys

import pytest

PROGRAM = """
import sys
from nntrain.cli import main
main(sys.argv[1:], standalone_mode=False)
print("importlib.metadata" in sys.modules, file=sys.stderr)
"""
CONFIG = """
dataset: {type: moons, examples: 60}
architecture: [{dense: 3}, %s, {dense: $dataset.classes}]
loss: cross_entropy
optimizer: sgd
training: {epochs: 1}
"""
MODULE = """
from nntrain.components import component
from nntrain.layers import Layer

@component("nothing_much")
class NothingMuch(Layer):
    'A = Z.'

    def forward(self, p, X, context):
        return X.copy(), None

    def backward(self, p, g, dY, cache):
        return dY.copy()
"""


@pytest.fixture
def installed(tmp_path):
    """A directory that is a package's installation."""
    info = tmp_path / "site" / "much-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: much\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[nntrain.components]\nall = much_layers\n")
    (tmp_path / "site" / "much_layers.py").write_text(MODULE)
    return tmp_path


def nntrain(folder, *arguments):
    program = f"import sys; sys.path.append({str(folder / 'site')!r})" + PROGRAM
    command = [sys.executable, "-W", "error", "-c", program, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_a_layer_of_an_installed_package_trains_without_a_flag(installed):
    (installed / "c.yaml").write_text(CONFIG % "nothing_much")
    ended = nntrain(installed, "fit", "c.yaml", "-q", "--run-dir", "run")
    assert ended.stderr.endswith("True\n"), ended.stderr
    meta = json.loads((installed / "run" / "meta.json").read_text())
    assert meta["imports"] == {"much_layers": ["layer.nothing_much"]}


def test_a_run_of_built_in_components_does_not_look(installed):
    (installed / "c.yaml").write_text(CONFIG % "relu")
    assert nntrain(installed, "fit", "c.yaml", "optimizer.lr=0.1", "-q").stderr.endswith("False\n")


def test_a_broken_package_is_named(installed):
    (installed / "site" / "much_layers.py").write_text("1 / 0")
    told = nntrain(installed, "components").stderr
    assert "package much: error: its components cannot be imported: much_layers: ZeroDivisionError" in told
