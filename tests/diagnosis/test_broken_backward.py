"""The gradient check catches wrong backward passes: each of these mistakes is put into the real source, and found."""

import dataclasses
import functools
import importlib
import inspect
from functools import partial

import numpy as np
import pytest
from layers.cases import CASES, Case, plain
from layers.faults import LAYER_FAULTS, LAYERS, LOSS_FAULTS
from losses.cases import CASES as LOSS_CASES
from losses.cases import weighted

from nntrain.components import KINDS, find
from nntrain.diagnosis.gradient_check import check_layer, check_loss
from nntrain.layers import Sequential, Tanh
from nntrain.runtime.streams import stream


def run(module, fault, monkeypatch):
    """The namespace of the module with the fault in it."""
    old, new = fault
    source = inspect.getsource(module)
    assert old in source, "the source has changed: write the fault anew"
    for kind in KINDS:
        monkeypatch.setattr(find(kind), "registered", {})
    namespace = {"__name__": module.__name__}
    exec(compile(source.replace(old, new), f"{module.__name__} with a fault", "exec"), namespace)
    monkeypatch.undo()
    return namespace


def rebuilt(component, cls):
    """The component with the same arguments, of another class."""
    return cls(**{field.name: getattr(component, field.name) for field in dataclasses.fields(component)})


def passes(case):
    return all(
        check_layer(case.layer, case.shape, m, X=case.X(m) if case.X else None, context=partial(case.context, m)).ok
        for m in (6, 1)
    )


@functools.cache
def right(layer):
    """The check passes what stands there now, so it is the fault that fails."""
    return all(map(passes, CASES[layer]))


def with_fault(case, namespace):
    return dataclasses.replace(case, layer=rebuilt(case.layer, namespace[type(case.layer).__name__]))


@pytest.mark.parametrize("name", LAYER_FAULTS)
def test_a_fault_in_a_layer_is_caught(name, monkeypatch):
    module_name, layer, *fault = LAYER_FAULTS[name]
    module, cases = importlib.import_module(module_name), CASES[layer]
    assert right(layer)
    namespace = run(module, fault, monkeypatch)
    if module_name.startswith(LAYERS):
        cases = [with_fault(case, namespace) for case in cases]
    else:
        for function, broken in namespace.items():
            if inspect.isfunction(broken) and broken.__module__ == module_name:
                monkeypatch.setattr(module, function, broken)
    assert not all(passes(case) for case in cases)


@pytest.mark.parametrize("name", LOSS_FAULTS)
def test_a_fault_in_a_loss_is_caught(name, monkeypatch):
    module_name, loss, *fault = LOSS_FAULTS[name]
    in_kernel = module_name.startswith("nntrain.")
    module = importlib.import_module(module_name if in_kernel else f"nntrain.losses.{module_name}")
    cases = [form(stream(0, 0)) for case in LOSS_CASES[loss] for form in (case, weighted(case))]
    assert all(check_loss(*case).ok for case in cases)
    namespace = run(module, fault, monkeypatch)
    if in_kernel:
        monkeypatch.setattr(module, "mean_and_derivative", namespace["mean_and_derivative"])
    elif module_name == "base":
        monkeypatch.setattr(module.ElementwiseLoss, "__call__", namespace["ElementwiseLoss"].__call__)
    else:
        cases = [(rebuilt(case[0], namespace[type(case[0]).__name__]), *case[1:]) for case in cases]
    assert not all(check_loss(*case).ok for case in cases)


class Remembering(Tanh):
    """Keeps its output with the layer, not in the cache: the second of two passes overwrites that of the first."""

    kept: dict = {}  # noqa: RUF012

    def forward(self, p, Z, context):
        self.kept["A"] = super().forward(p, Z, context)[0]
        return self.kept["A"], None

    def backward(self, p, g, dA, cache):
        return super().backward(p, g, dA, self.kept["A"])


class Drawing(Tanh):
    """Draws noise that does not follow from the place in the run: no two passes agree."""

    def forward(self, p, Z, context):
        return super().forward(p, Z + np.random.default_rng().normal(size=Z.shape), context)


class Transposing(Tanh):
    def backward(self, p, g, dA, cache):
        return super().backward(p, g, dA, cache).T


class Misdeclaring(Tanh):
    def declare(self, shape):
        return (shape[0] + 1, *shape[1:]), {}


@pytest.mark.parametrize(
    "layer", [Remembering(), Drawing(), Transposing(), Misdeclaring()], ids=lambda x: type(x).__name__
)
def test_a_broken_contract_is_caught(layer):
    assert passes(Case(Sequential((Tanh(),)), (5,), plain))
    assert not passes(Case(layer, (5,), plain))
