"""Every command fits the window: no line wraps at 40, 80, 120 and 200 columns."""

import importlib
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from cli.screen import show
from click.testing import CliRunner

import nntrain
from nntrain.cli import COMMANDS, main, plain_marks, shipped, yaml_lines
from nntrain.cli.help import fitted
from nntrain.cli.terminal import broken, width_of
from nntrain.training.session import fit

CONFIGS = Path(__file__).parents[2] / "configs"
ASKED = ("-r", "optimizer.lr=log:0.01:1", "-n", "9")
WIDTHS = pytest.mark.parametrize("columns", [40, 80, *(pytest.param(n, marks=pytest.mark.slow) for n in (120, 200))])


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
    np.save(desk / "pixels.npy", np.zeros((5, 1, 8, 8), np.float32))
    fit(desk / "configs/moons_gan.yaml", ["training.epochs=1"], run_dir=desk / "games/g")
    asked = CliRunner().invoke(main, ["ask", str(desk / "told"), str(desk / "configs/iris.yaml"), *ASKED])
    (desk / "told/run-1").symlink_to(asked.output.split()[-1])
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
    **{f"help {page}": ["help", page] for page in ("conventions", "metrics", "reliability")},  # metrics: empty cells
    "explain": ["explain", "configs/digits_cnn.yaml"],
    "graph": ["graph", "configs/digits_mlp.yaml", "-o", "g.svg"],
    "exercise": ["exercise"],
    "export": ["export", "runs/digits-mlp-001", "-o", "e.py"],
    "init": ["init", "mlp"],
    "init list": ["init", "--list"],
    "show resolved": ["show", "configs/digits_mlp.yaml", "--resolved"],
    "resume": ["resume", "runs/digits-mlp-001"],
    "runs group": ["runs", "--group"],
    "ask": ["ask", "asked", "configs/iris.yaml", *ASKED],
    "tell": ["tell", "told/run-1", "0.5"],
    "predict": ["predict", "runs/digits-mlp-001", "pixels.npy"],
    "sample": ["sample", "games/g", "-n", "4", "-o", "drawn.npy"],
    "--help": ["--help"],
    **{f"{name} --help": [name, "--help"] for name in COMMANDS},
}


def test_every_command_is_tried_in_every_window():
    tried = {words[0] for words in COMMAND_LINES.values() if "--help" not in words}
    assert tried == set(COMMANDS) - {"schema"}  # a file for editors: lines of JSON


LONG = ("an_experiment_whose_name_tells_all_that_was_tried_in_it", "数字的神经网络训练实验名" + 5 * "很长")


@pytest.fixture(scope="module")
def named(desk):
    """Runs whose names are longer than a window, one of them in characters that take two columns."""
    for name in (
        "an_experiment_whose_name_tells_all_that_was_tried_in_it",
        "数字的神经网络训练实验名称很长很长很长很长很长",
    ):
        for number in (1, 3):
            shutil.copytree(desk / f"runs/digits-mlp-00{number}", desk / f"named/{name}-{number}")
    return desk


@pytest.mark.parametrize("command", ["runs", "compare", "plot"])
def test_long_and_wide_names_of_runs_fit_any_window(named, command):
    for columns in (40, 80):
        screen, _ = show(columns, command, "named", folder=named)
        wrapped = [line.replace("\0", "").strip() for line in screen.wrapped]
        assert all(line.startswith(LONG) or any(name.startswith(line) for name in LONG) for line in wrapped), (
            screen.text
        )
        assert "很长-1" in screen.text


def test_a_message_in_wide_characters_is_broken_by_columns():
    told = broken("错误 " * 12 + "wide: 没有 这样 的 文件", 40).split("\n")
    assert len(told) > 1
    assert max(map(width_of, told)) <= 40
    assert " ".join(line.strip() for line in told) == "错误 " * 12 + "wide: 没有 这样 的 文件"


WRONG = {
    "no such command": ["fitt"],
    "no such option": ["fit", "configs/iris.yaml", "--learning-rate", "3"],
    "no such file": ["fit", "nothing_of_this_very_long_name.yaml"],
    "no such key": ["fit", "configs/iris.yaml", "optimizer.momentun=0.9", "training.epochz=3"],
    "no such exercise": ["exercise", "perceptron"],
}


@WIDTHS
@pytest.mark.parametrize("arguments", WRONG.values(), ids=WRONG.keys())
def test_no_line_of_an_error_wraps(desk, columns, arguments):
    screen, _ = show(columns, *arguments, folder=desk, code=2)
    assert not screen.wrapped, screen.text
    assert "rror:" in screen.text


@pytest.mark.parametrize("topic", [page.stem for page in Path(nntrain.__file__).parent.glob("docs/*.md")])
def test_every_page_fits_any_window(topic):
    text = (Path(nntrain.__file__).parent / "docs" / f"{topic}.md").read_text("utf-8")
    for width in (40, 80):
        assert max(map(len, fitted(text, width))) <= width


@pytest.mark.parametrize("name", shipped.names())
def test_a_config_in_a_narrow_window_is_the_same_config(name):
    text = shipped.text(name)
    for width in (40, 80):
        short = yaml_lines.fitted(text, width)
        assert yaml.safe_load(short) == yaml.safe_load(text)
        assert max(map(len, short.splitlines())) <= width
    assert yaml_lines.fitted(text, None) == text


def test_differing_keys_are_shown_in_any_window(desk):
    for columns in (40, 80):
        screen, _ = show(columns, "runs", folder=desk)
        assert "left out" not in screen.text
        assert " seed" in screen.text
        assert " lr" in screen.text or "optimizer" in screen.text


@WIDTHS
@pytest.mark.parametrize("arguments", COMMAND_LINES.values(), ids=COMMAND_LINES.keys())
def test_no_line_wraps(desk, columns, arguments):
    screen, _ = show(columns, *arguments, folder=desk)
    assert not screen.wrapped, screen.text
    assert screen.text.strip() or arguments[0] in ("tell", "sample")  # which say nothing where all is well


def test_a_terminal_without_our_marks_gets_plain_ones_of_the_same_width():
    said = "loss  ▁▂▃▄▅▆▇█  ─── train ───  █░░ 0:03 left … 4 → 5"
    for encoding in ("ascii", "latin-1"):
        plain = said.encode(encoding, plain_marks.NAME).decode(encoding)
        assert plain == "loss  _.-:=+*#  --- train ---  #.. 0:03 left . 4 > 5"
        assert len(plain) == len(said)
    assert "数".encode("ascii", plain_marks.NAME) == rb"\u6570"


def test_a_run_fits_a_terminal_that_cannot_be_drawn_on(desk):
    screen, _ = show(60, "fit", "configs/iris.yaml", "training.epochs=2", "--runs", "a", folder=desk, TERM="dumb")
    assert not screen.wrapped, screen.text
    assert screen.text.startswith("epoch 1  train: loss")


def test_a_run_fits_a_terminal_that_knows_ascii_alone(desk):
    screen, _ = show(60, "fit", "configs/iris.yaml", "training.epochs=2", "--runs", "a", folder=desk, encoding="ascii")
    assert not screen.wrapped, screen.text
    assert "----- train -----" in screen.text
    assert "\\u" not in screen.text
