"""The registry: its table is complete, names cost no import, and a program may register components of its own."""

import importlib
import inspect
import pkgutil
import re
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

import nntrain
from nntrain.components import KINDS, Component, component, find
from nntrain.model.initializers import Initializer


def test_every_component_stands_in_the_table():
    for module in pkgutil.walk_packages([str(Path(nntrain.__file__).parent)], "nntrain.", onerror=lambda name: None):
        if module.name != "nntrain.__main__":
            with suppress(ImportError):  # of an extra that is not installed
                importlib.import_module(module.name)
    defined = {
        (cls.kind, cls.__dict__["type"], cls.__module__)
        for base in Component.__subclasses__()
        for cls in descendants(base)
        if cls.__module__.startswith("nntrain.") and "type" in cls.__dict__ and not cls.__name__.startswith("_")
    }
    tables = {(kind, name, find(kind).module(name)) for kind in KINDS for name in find(kind)}
    assert defined == {(kind, name, module) for kind, name, module in tables if module is not None}


def descendants(cls):
    yield cls
    for below in cls.__subclasses__():
        yield from descendants(below)


NEW = {
    "layers/rational.py": """
from nntrain.components import component
from nntrain.layers import Layer

@component("rational")
class Rational(Layer):
    'A = Z / (1 + |Z|).'
""",
    "optimizers/lion.py": """
from nntrain.components import arg, component
from nntrain.optimizers import Optimizer

@component("lion")
class Lion(Optimizer):
    'Chen et al. (2023).'

    beta: float = arg("decay", default=0.9)
""",
    "data/checkers.py": """
from nntrain.components import component
from nntrain.data import Dataset

@component("checkers")
class Checkers(Dataset):
    'Squares of two classes.'
""",
}
LINES = {
    "layers": '"rational": "nntrain.layers.rational:Rational",',
    "optimizers": '"lion": "nntrain.optimizers.lion:Lion",',
    "data": '"checkers": "nntrain.data.checkers:Checkers",',
}


def test_a_new_component_needs_its_file_and_one_line_of_its_packages_table(tmp_path):
    copy = tmp_path / "nntrain"
    shutil.copytree(Path(nntrain.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in NEW.items():
        (copy / name).write_text(text)
    for package, line in LINES.items():
        path = copy / package / "__init__.py"
        path.write_text(re.sub(r'(COMPONENTS = {\n +".*": {\n)', rf"\1{line}\n", path.read_text(), count=1))
    program = (
        "import nntrain.config\n"
        "for kind, name in (('layer', 'rational'), ('optimizer', 'lion'), ('dataset', 'checkers')):\n"
        "    print(nntrain.config.describe(kind, name))\n"
        "from nntrain.layers import Rational; from nntrain.optimizers import Lion; from nntrain.data import Checkers"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": "."},
    )
    assert [line for line in done.stdout.splitlines() if line and line[0] != " "] == [
        *("layer rational", "optimizer lion", "dataset checkers"),
    ]


def test_every_name_of_the_table_is_found():
    for kind in KINDS:
        assert {name: cls.type for name, cls in find(kind).items()} == {name: name for name in find(kind)}


def test_the_first_line_of_a_docstring_is_whole_as_lists_show_it_alone():
    for kind in KINDS:
        for name, cls in find(kind).items():
            first, *rest = inspect.cleandoc(cls.__doc__).splitlines()
            assert first, name
            assert not rest or not rest[0], f"{kind} {name}: {first}"


def test_a_program_registers_components_of_its_own(monkeypatch):
    monkeypatch.setattr(find("initializer"), "registered", dict(find("initializer").registered))

    @component("ones")
    class Ones(Initializer):
        """W = 1."""

    assert find("initializer")["ones"] is Ones
    assert [*find("initializer")][-1] == "ones"
    assert "twos" not in find("initializer")


@pytest.mark.parametrize("name", ["zeros", "uniform"])
def test_a_name_of_the_table_cannot_be_taken(name, monkeypatch):
    monkeypatch.setattr(find("initializer"), "registered", {})  # as before the module of the name is imported

    class Mine(Initializer):
        """Not the one that nntrain knows by this name."""

    with pytest.raises(TypeError, match=f"two components of kind initializer are called {name}"):
        component(name)(Mine)


@pytest.mark.parametrize(
    "package", ["layers", "losses", "metrics", "optimizers", "schedules", "data", "model", "training"]
)
def test_a_package_offers_what_it_lists(package):
    module = importlib.import_module(f"nntrain.{package}")
    assert {*module.__all__} <= {*dir(module)}
    for name in module.__all__:
        assert getattr(module, name).__name__ == name
    with pytest.raises(AttributeError, match=f"module 'nntrain.{package}' has no attribute 'Dnse'"):
        module.Dnse  # noqa: B018
