"""The house: imports point strictly downward, no circles, each module stands alone, nothing is imported unasked."""

import ast
import functools
import importlib
import inspect
import subprocess
import sys
from collections import defaultdict
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import nntrain
from nntrain.components import KINDS, find

ROOT = Path(nntrain.__file__).parent

# From the roof to the ground: a room imports from those below it, for type checkers too.
FLOORS = [
    *(
        "__main__",
        "sklearn",
        "api",
        "cli",
        "sweep",
        "report",
        "textbook",
        "diagnosis",
        "training",
        "export",
        "inference",
        "runs",
        "builder",
        "config",
    ),
    *("schedules", "optimizers", "metrics", "losses", "data", "layers", "kernels", "pictures", "parallel", "model"),
    *("files", "runtime", "plugins", "components", "messages", "errors", "lazy"),
]
FLOOR = {room: len(FLOORS) - i for i, room in enumerate(FLOORS)}
# names in the syntax trees: arguments of a config, arrays of any dtype, what another library hands over
MOST_ANY = 100
AT_THE_TOP = 4  # plain modules that may stand there beside __init__ and __main__
NAMES_GIVEN_TWICE = {"__init__", "base"}


def module_name(path):
    return ".".join(["nntrain", *path.relative_to(ROOT).with_suffix("").parts]).removesuffix(".__init__")


MODULES = {module_name(path): path for path in sorted(ROOT.rglob("*.py"))}
ROOMS = {name for name, path in MODULES.items() if path.stem == "__init__" or path.parent == ROOT}


@functools.cache
def imports(path):
    """(line, module of nntrain) of every import in a file, wherever it stands."""
    return list(_imports(path))


def _imports(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "nntrain":
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            yield from ((node.lineno, name) for name in sorted(inner & MODULES.keys()) or [node.module])


def room(module):
    return module.split(".")[1] if "." in module else "__init__"


def test_imports_point_downward():
    upward = [
        f"{path.relative_to(ROOT)}:{line} imports {imported}"
        for module, path in MODULES.items()
        for line, imported in imports(path)
        if room(module) in FLOOR and room(imported) in FLOOR and FLOOR[room(imported)] > FLOOR[room(module)]
    ]
    assert not upward


def test_every_room_has_a_floor():
    assert {room(module) for module in MODULES} - {"__init__"} == set(FLOOR)


def test_no_modules_import_each_other_in_a_circle():
    graph = defaultdict(set)
    for module, path in MODULES.items():
        # what the package offers to Python programs is loaded when it is asked for; everything may ask for its version
        if module != "nntrain":
            graph[module] |= {imported for _, imported in imports(path)} - {"nntrain"}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" <- ".join(error.args[1]))


@pytest.mark.parametrize("chosen", [ROOMS, pytest.param(set(MODULES), marks=pytest.mark.slow)], ids=["rooms", "all"])
def test_every_module_can_be_imported_first_and_alone(chosen):
    # Each in a fork of an interpreter that knows none of them, but all that they import from elsewhere: a thirtieth of
    # the time of starting as many.  A module fails where there is a circle, and no circle passes the test above.
    program = """
import gc, importlib, os, sys
from importlib.util import find_spec

EXTRAS = ["onnx", "sklearn", "optuna", "distributed", "mpi4py"]
names, lacking = [], [extra for extra in EXTRAS if find_spec(extra) is None]
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
        names.append(name)
    except ImportError as error:
        if not any(extra in str(error) or extra in name for extra in lacking):
            raise
gc.disable()  # it would walk, and so copy, what every fork shares
for name in [name for name in sys.modules if name.split(".")[0] == "nntrain"]:
    del sys.modules[name]
for name in names:
    child = os.fork()
    if not child:
        importlib.import_module(name)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        print(name)
"""
    names = [name for name in MODULES if name in chosen and not name.endswith("__main__")]
    done = subprocess.run([sys.executable, "-c", program, *names], check=True, capture_output=True, text=True)
    assert not done.stdout.split(), done.stderr


def test_few_modules_stand_at_the_top():
    plain = [path.stem for path in ROOT.glob("*.py") if path.stem not in ("__init__", "__main__")]
    assert len(plain) <= AT_THE_TOP


def test_no_two_modules_have_one_name():
    by_name = defaultdict(list)
    for module, path in MODULES.items():
        by_name[path.stem].append(module)
    assert not [same for name, same in by_name.items() if len(same) > 1 and name not in NAMES_GIVEN_TWICE]


def test_help_imports_click_and_no_command():
    program = "import sys; from nntrain.cli import main; main(['--help'], standalone_mode=False); print(*sys.modules)"
    printed = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    imported = {name for name in printed.splitlines()[-1].split() if name.startswith("nntrain")}
    assert imported == {"nntrain", "nntrain.cli", "nntrain.cli.terminal", "nntrain.errors", "nntrain.messages"}
    assert not {"numpy", "yaml"} & set(printed.split())


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
    named |= {"metrics.label_metrics", "optimizers.sgd", "model.initializers", "schedules.by_step", "data.digits"}
    named |= {"training.supervised"}
    homes = {cls.__module__ for kind in KINDS for cls in find(kind).values() if cls.__module__.startswith("nntrain.")}
    assert imported & homes == {f"nntrain.{module}" for module in named}
    assert not imported & {"csv", "subprocess", "socket", "ssl", "urllib.request", "http", "multiprocessing", "tarfile"}
    assert not any(name.startswith("nntrain.kernels.reference") for name in imported)
    assert not imported & {
        "nntrain.sweep",
        "nntrain.report",
        "nntrain.config.editor_schema",
        "nntrain.kernels.correlation",
    }
    unasked = {"config.other_words", "inference.transfer", "files.safetensors", "runs.onlooker"}
    assert not imported & {f"nntrain.{module}" for module in unasked}


def undocumented():
    """Public definitions without a docstring of their own or of what they override."""
    for name in MODULES:
        if name.endswith("__main__"):
            continue
        try:
            module = importlib.import_module(name)
        except ImportError:  # of an extra that is not installed
            continue
        if not module.__doc__:
            yield name
        for thing in [t for n, t in vars(module).items() if not n.startswith("_")]:
            if getattr(thing, "__module__", None) != name or not (inspect.isclass(thing) or inspect.isfunction(thing)):
                continue
            if not thing.__doc__:
                yield f"{name}.{thing.__name__}"
            for attribute, value in vars(thing).items() if inspect.isclass(thing) else ():
                value = getattr(value, "fget", getattr(value, "func", getattr(value, "__func__", value)))
                if attribute.startswith("_") or not inspect.isfunction(value):
                    continue
                if not value.__doc__ and not any(attribute in vars(base) for base in thing.__mro__[1:]):
                    yield f"{name}.{thing.__name__}.{attribute}"


def test_every_public_definition_says_what_it_is():
    assert not list(undocumented())


def test_any_stands_where_a_value_can_be_anything_and_nowhere_else():
    names = [node for path in MODULES.values() for node in ast.walk(ast.parse(path.read_text("utf-8")))]
    assert sum(isinstance(node, ast.Name) and node.id == "Any" for node in names) <= MOST_ANY


def test_no_file_is_too_long_to_live_in():
    lengths = {str(p.relative_to(ROOT)): len(p.read_text("utf-8").splitlines()) for p in ROOT.rglob("*.py")}
    assert not [name for name, length in lengths.items() if length > 300]
