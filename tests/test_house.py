"""The house: imports point strictly downward, and the command line starts without NumPy."""

import ast
import subprocess
import sys
from pathlib import Path

import nntrain
from nntrain.components import _MODULES

ROOT = Path(nntrain.__file__).parent

# from the roof to the ground; a room may import from its own floor and from those below it
FLOORS = [
    {"__main__"},
    {"cli"},
    {"sweep", "report"},
    {"training"},
    {"runs"},
    {"checkpoint"},
    {"npz", "png", "storage"},
    {"builder"},
    {"config", "settings"},
    {"network"},
    {"gradcheck"},
    {"losses", "metrics", "optimizers", "schedules"},
    {"data"},
    {"layers"},
    {"kernels"},
    {"initializers"},
    {"params"},
    {"components"},
    {"streams", "threads", "signals"},
    {"errors"},
]
FLOOR = {room: len(FLOORS) - i for i, rooms in enumerate(FLOORS) for room in rooms}


def rooms_imported(path):
    """(line, room) of every import of nntrain at the top of a module; those for type checkers only do not count."""
    tree = ast.parse(path.read_text("utf-8"))
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "nntrain":
            parts = node.module.split(".")[1:]
            for room in parts[:1] or [alias.name for alias in node.names]:
                yield node.lineno, room
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith("nntrain."):
                    yield node.lineno, alias.name.split(".")[1]


def test_imports_point_downward():
    upward = []
    for path in sorted(ROOT.rglob("*.py")):
        room = path.relative_to(ROOT).parts[0].removesuffix(".py")
        if room == "__init__":
            continue
        for line, imported in rooms_imported(path):
            if imported in FLOOR and FLOOR[imported] > FLOOR[room]:
                upward.append(f"{path.relative_to(ROOT)}:{line} ({room}) imports {imported}")
    assert not upward


def test_every_room_has_a_floor():
    rooms = {p.name.removesuffix(".py") for p in ROOT.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()}
    assert rooms - {"__init__"} <= set(FLOOR)


def test_help_does_not_import_numpy():
    program = (
        "import sys; from nntrain.cli import main; main(['--help'], standalone_mode=False);"
        "assert 'numpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)


def test_a_run_imports_what_its_config_names_and_no_more(tmp_path):
    program = (
        "import sys; from nntrain.cli import main;"
        "main(['fit', sys.argv[1], 'training.steps=2', '--run-dir', sys.argv[2], '-q'], standalone_mode=False);"
        "print(*sys.modules)"
    )
    config = ROOT.parent / "configs" / "digits_mlp.yaml"
    arguments = [sys.executable, "-c", program, str(config), str(tmp_path / "run")]
    imported = set(subprocess.run(arguments, check=True, capture_output=True, text=True).stdout.split())
    named = {"layers.activations", "layers.containers", "layers.dense", "layers.shaping", "losses.classification"}
    named |= {"metrics.classification", "optimizers.sgd", "initializers", "schedules", "data.digits"}
    named |= {"training.supervised"}
    homes = {module for modules in _MODULES.values() for module in modules.values()}
    assert imported & homes == {f"nntrain.{module}" for module in named}
    assert not imported & {"csv", "subprocess", "socket", "ssl", "urllib.request", "http", "multiprocessing", "tarfile"}
    assert not imported & {"nntrain.sweep", "nntrain.report", "nntrain.config.schema", "nntrain.kernels.convolution"}


def test_no_file_is_too_long_to_live_in():
    lengths = {str(p.relative_to(ROOT)): len(p.read_text("utf-8").splitlines()) for p in ROOT.rglob("*.py")}
    assert not [name for name, length in lengths.items() if length > 400]
