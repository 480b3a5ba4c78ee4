"""Every command fits the window: no line wraps at 40, 80 and 120 columns."""

import importlib
import shutil
from pathlib import Path

import pytest
from cli.screen import show

from nntrain.cli import COMMANDS
from nntrain.training.session import fit

CONFIGS = Path(__file__).parents[2] / "configs"
WIDTHS = pytest.mark.parametrize("columns", [40, 80, pytest.param(120, marks=pytest.mark.slow)])


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A folder with configs and runs of several kinds."""
    for module in ("diagnosis.learning_rate", "diagnosis.overfit", "inference.evaluation", "report.page"):
        importlib.import_module(f"nntrain.{module}")  # once, not in every copy of this process
    desk = tmp_path_factory.mktemp("d")
    shutil.copytree(CONFIGS, desk / "configs")
    for lr in (0.3, 0.1):
        for seed in (0, 1):
            overrides = [f"optimizer.lr={lr}", f"seed={seed}", "training.epochs=12", "dataset.batch_size=256"]
            fit(desk / "configs/digits_mlp.yaml", overrides, runs_dir=desk / "runs")
    return desk


COMMAND_LINES = {
    "components": ["components"],
    "components adam": ["components", "adam"],
    "components training": ["components", "training"],
    "data": ["data", "configs/iris.yaml"],
    "data digits": ["data", "configs/digits_mlp.yaml"],
    "show": ["show", "configs/digits_cnn.yaml"],
    "show gan": ["show", "configs/digits_gan.yaml"],
    "check": ["check", "configs/iris.yaml", "--overfit"],
    "find-lr": ["find-lr", "configs/digits_mlp.yaml", "--steps", "40"],
    "fit": ["fit", "configs/digits_mlp.yaml", "training.epochs=2", "--runs", "f"],
    "fit by steps": ["fit", "configs/iris.yaml", "training.epochs=2", "training.evaluate.steps=2", "--runs", "f"],
    "fit gan": ["fit", "configs/moons_gan.yaml", "training.epochs=2", "--runs", "f"],
    "fit dry": ["fit", "configs/digits_mlp.yaml", "--dry-run"],
    "sweep": ["sweep", "configs/iris.yaml", "training.epochs=2", "-g", "optimizer.lr=0.1,0.2", "--runs", "s"],
    "eval": ["eval", "runs/digits-mlp-001"],
    "runs": ["runs"],
    "runs sorted": ["runs", "--sort", "validation.accuracy"],
    "compare two": ["compare", "runs/digits-mlp-001", "runs/digits-mlp-003"],
    "compare": ["compare", "runs"],
    "plot": ["plot", "runs"],
    "plot one": ["plot", "runs/digits-mlp-001"],
    "report": ["report", "runs", "-o", "r.html"],
    "help": ["help"],
    "help conventions": ["help", "conventions"],
    "--help": ["--help"],
    **{f"{name} --help": [name, "--help"] for name in COMMANDS},
}


@WIDTHS
@pytest.mark.parametrize("arguments", COMMAND_LINES.values(), ids=COMMAND_LINES.keys())
def test_no_line_wraps(desk, columns, arguments):
    screen, _ = show(columns, *arguments, folder=desk)
    assert not screen.wrapped, screen.text
    assert screen.text.strip()
