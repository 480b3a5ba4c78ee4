"""The examples of nntrain/README.md work where their first lines say that they belong, and nothing else is needed."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from docs.conftest import ROOT, blocks

PAGE = (ROOT / "nntrain" / "README.md").read_text("utf-8")
PLACED = [
    (*re.match(r"# ([\w/.]+?)(?:, (?:in|below) (.+))?\n", block).groups(), block.partition("\n")[2])
    for block in blocks(PAGE, "python")
]
CONFIG = """
dataset: {type: parabola, examples: 120, batch_size: 20}
architecture: [{dense: 6}, squareplus, {dense: 1}]
loss: {quantile: 0.4}
optimizer: {type: sign_sgd, lr: 1e-2}
schedule: polynomial
metrics: [max_error]
training: {epochs: 3, loop: noisy_inputs}
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A copy of the project with all examples put in."""
    house = tmp_path_factory.mktemp("house")
    for name in ("nntrain", "tests", "configs"):
        shutil.copytree(ROOT / name, house / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", house)
    for path, place, text in PLACED:
        file = house / path
        if place is None:
            assert not file.exists()
            file.write_text(text)
        else:
            before = file.read_text("utf-8")
            opened = re.search(rf"^.*{re.escape(place)}.*[\[{{(]\n", before, re.MULTILINE)
            line = opened or re.search(rf"^{re.escape(place)}.*\n", before, re.MULTILINE)
            file.write_text(before[: line.end()] + text + before[line.end() :])
    return house


def python(house, *arguments):
    environment = {**os.environ, "PYTHONPATH": str(house)}
    done = subprocess.run(
        [sys.executable, *map(str, arguments)], cwd=house, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_there_is_an_example_of_each_kind():
    rooms = {path.split("/")[1] for path, place, _ in PLACED if place is None}
    assert rooms >= {"layers", "losses", "optimizers", "schedules", "metrics", "data", "training", "cli"}


def test_what_the_examples_add_trains_and_is_known(house):
    (house / "parabola.yaml").write_text(CONFIG)
    python(house, "-m", "nntrain", "fit", "-q", "parabola.yaml", "--run-dir", "run")
    assert "ok" in python(house, "-m", "nntrain", "check", "parabola.yaml")
    assert python(house, "-m", "nntrain", "count", "parabola.yaml") == "19\n"
    assert "Barron" in python(house, "-m", "nntrain", "components", "layer", "squareplus")


@pytest.mark.slow
def test_the_suite_is_content_with_their_cases(house):
    chosen = "squareplus or quantile or SignSGD or parabola or every_registered or tested_here or promises"
    chosen += " or has_every_layer or whether_more_is_better or scikit_learn_has or plain_python"
    layers = ("bounds", "columns", "initial_values", "padding", "squareplus")
    files = [f"tests/layers/test_{name}.py" for name in layers]
    files += ["tests/diagnosis/test_gradients.py", "tests/losses/test_losses.py", "tests/optimizers/test_optimizers.py"]
    files += ["tests/schedules/test_schedules.py", "tests/metrics/test_metrics.py", "tests/data/test_every_dataset.py"]
    files += ["tests/metrics/test_scikit_learn.py", "tests/export/test_c.py"]
    python(house, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", chosen, *files)


def test_every_room_of_the_house_is_on_the_map():
    rooms = {path.name for path in (ROOT / "nntrain").iterdir() if (path / "__init__.py").exists()}
    assert rooms == set(re.findall(r"`(\w+)/`", "".join(re.findall(r"^\| `.*? \|", PAGE, re.MULTILINE))))
