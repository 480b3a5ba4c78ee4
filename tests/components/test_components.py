"""The registry: its table is complete, names cost no import, and a program may register components of its own."""

import importlib
import inspect
import pkgutil
from pathlib import Path

import pytest

import nntrain
from nntrain.components import _MODULES, KINDS, Component, _registry, component, find
from nntrain.model.initializers import Initializer


def test_every_component_stands_in_the_table():
    for module in pkgutil.walk_packages([str(Path(nntrain.__file__).parent)], "nntrain."):
        if module.name != "nntrain.__main__":
            importlib.import_module(module.name)
    defined = {
        (cls.kind, cls.__dict__["type"], cls.__module__)
        for base in Component.__subclasses__()
        for cls in descendants(base)
        if cls.__module__.startswith("nntrain.") and "type" in cls.__dict__
    }
    assert defined == {(kind, name, module) for kind in KINDS for name, module in _MODULES[kind].items()}


def descendants(cls):
    yield cls
    for below in cls.__subclasses__():
        yield from descendants(below)


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
    monkeypatch.setitem(_registry, "initializer", dict(_registry["initializer"]))

    @component("ones")
    class Ones(Initializer):
        """W = 1."""

    assert find("initializer")["ones"] is Ones
    assert [*find("initializer")][-1] == "ones"
    assert "twos" not in find("initializer")


@pytest.mark.parametrize("name", ["zeros", "uniform"])
def test_a_name_of_the_table_cannot_be_taken(name, monkeypatch):
    monkeypatch.setitem(_registry, "initializer", {})  # as before the module of the name is imported

    class Mine(Initializer):
        """Not the one that nntrain knows by this name."""

    with pytest.raises(TypeError, match=f"two components of kind initializer are called {name}"):
        component(name)(Mine)


@pytest.mark.parametrize("package", ["layers", "losses", "metrics", "optimizers", "data", "training"])
def test_a_package_offers_what_it_lists(package):
    module = importlib.import_module(f"nntrain.{package}")
    for name in module.__all__:
        assert getattr(module, name).__name__ == name
    with pytest.raises(AttributeError, match=f"module 'nntrain.{package}' has no attribute 'Dnse'"):
        module.Dnse  # noqa: B018
