"""A component is the value of its declared fields: what it works out while it is used changes nothing of it."""

import copy
import dataclasses
import inspect
import pickle
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from layers.cases import CASES
from layers.run import Run

from nntrain.components import KINDS, Component, arg, component_base, find
from nntrain.config.field_types import Choice, Either, Fixed, Kind, Many, Table, fields
from nntrain.layers import Dense
from nntrain.model.initializers import HeNormal, Zeros

EVERY = [(kind, name) for kind in KINDS for name in find(kind)]


def sample(type_):
    """A value of a field's type."""
    match type_:
        case Kind("layer"):
            return find("layer")["dense"](3)
        case Many(item):
            return (sample(item),)
        case Fixed(items):
            return tuple(map(sample, items))
        case Choice(values):
            return values[0]
        case Either(options):
            return sample(options[0])
        case Table(_, item):
            return {"a": sample(item)}
    return {int: 2, float: 0.5, str: "text", bool: True, Path: Path("file"), type(None): None}[type_]


def make(kind, name):
    """A component with its required arguments."""
    cls = find(kind)[name]
    return cls(**{key: sample(field.type) for key, field in fields(cls).items() if field.default is None})


def use(used):
    """Read all that the component works out for itself and keeps."""
    for cls in type(used).__mro__:
        for name, attribute in vars(cls).items():
            if isinstance(attribute, cached_property):
                getattr(used, name)
    vars(used)["kept"] = object()  # as a cached_property keeps its value


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_use_changes_neither_equality_nor_hash_nor_repr_nor_copies(kind, name):
    fresh, used = make(kind, name), make(kind, name)
    use(used)
    assert used == fresh
    assert hash(used) == hash(fresh)
    assert repr(used) == repr(fresh)
    assert pickle.dumps(used) == pickle.dumps(fresh)
    for other in (pickle.loads(pickle.dumps(used)), copy.copy(used), copy.deepcopy(used), dataclasses.replace(used)):
        assert other == fresh
        assert vars(other) == vars(fresh)


@pytest.mark.parametrize("case", [case for cases in CASES.values() for case in cases], ids=lambda case: case.layer.type)
def test_a_layer_that_has_run_equals_its_copy_from_before(case):
    before = copy.copy(case.layer)
    run = Run(case.layer, case.shape)
    run.context = case.context(2)
    Y = run.forward(case.X(2) if case.X else np.ones((*case.shape, 2)))
    run.backward(np.ones_like(Y))
    assert case.layer == before
    assert hash(case.layer) == hash(before)
    assert repr(case.layer) == repr(before)


def test_tables_and_lists_are_hashed_by_what_they_hold():
    @component_base()
    class Weighted(Component):
        kind: ClassVar[str] = "loss"
        weights: dict = arg("a table")

    a, b, other = (
        Weighted({"x": [1, 2], "y": 0.5}),
        Weighted({"y": 0.5, "x": [1, 2]}),
        Weighted({"x": [2, 1], "y": 0.5}),
    )
    assert a == b
    assert hash(a) == hash(b)
    assert {a, b, other} == {a, other}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Dense(), "needs the argument 'units'"),
        (lambda: Dense(1, units=2), "two values for the argument 'units'"),
        (lambda: Dense(1, unit=2), "no argument 'unit'"),
        (lambda: Dense(1, True, Zeros(), None), "takes 3 arguments by position, but 4 were given"),
    ],
)
def test_arguments_are_bound_as_python_binds_them(call, message):
    assert Dense(3, bias=False) == Dense(units=3, bias=False, init=HeNormal())
    with pytest.raises(TypeError, match=message):
        call()


def test_help_shows_the_arguments_of_a_component():
    assert str(inspect.signature(Dense)).startswith("(units: 'int', bias: 'bool' = True, init: 'Initializer' = ")


def test_a_component_is_frozen():
    layer = Dense(3)
    with pytest.raises(dataclasses.FrozenInstanceError):
        layer.units = 4
    with pytest.raises(dataclasses.FrozenInstanceError):
        del layer.units
