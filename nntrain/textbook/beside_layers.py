"""What an explanation says beside the layers: loop, cost, what is done to the gradient, update, learning rate."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from nntrain.builder.length import total_steps
from nntrain.builder.loop import Built, Model
from nntrain.components import Component, arguments
from nntrain.losses import Loss
from nntrain.model.shapes import Shape
from nntrain.optimizers.gradient import clip_by_norm, clip_by_value, penalty
from nntrain.textbook.docstrings import Equation, Statement, inherited, read, statement
from nntrain.textbook.notation import GREEK, tokens
from nntrain.textbook.symbols import Flow, Line, Naming, sizes


@dataclass(frozen=True)
class Part:
    """Lines under a heading: the cost, an update rule, the learning rate."""

    heading: str
    lines: tuple[Line, ...]
    words: str = ""
    values: dict[str, object] = field(default_factory=dict)
    sources: tuple[str, ...] = ()


def parts(model: Model, ends: dict[str, Flow]) -> Iterator[Part]:
    """All parts of a model.  `ends`: what its networks give, as their last layers call it."""
    config = model.config
    loop, training = config.training.loop, config.training
    if len(model.networks) > 1:
        part = _part("loop", loop)
        yield replace(part, words=" ".join(filter(None, [part.words, *_entries(loop)])))
    yield _cost(model, ends)
    for function, name in ((clip_by_norm, "clip_norm"), (clip_by_value, "clip_value")):
        if (limit := getattr(training, name)) is not None:
            said = read(inspect.getdoc(function) or "", [])
            yield Part(f"gradient: {name}", _lines(said.equations), "", {"limit": limit}, said.sources)
    optimizers = config.optimizer if isinstance(config.optimizer, dict) else {"": config.optimizer}
    for name, optimizer in optimizers.items():
        yield _part(f"update of {name}" if name else "update", optimizer)
    if training.average is not None:
        said = read(inspect.getdoc(type(training.average)) or "", [])
        yield Part("average: what is evaluated and kept", _lines(said.equations), "", {"β": training.average.decay})
    rate = _part("learning rate", config.schedule)
    words = f"factor of α: {rate.words}"
    if isinstance(model, Built) and config.schedule.stretches and config.schedule.steps is None:
        rate = replace(rate, values={**rate.values, "S": total_steps(config, model.data) - _warmup(model)})
    yield replace(rate, words=words)


def _cost(model: Model, ends: dict[str, Flow]) -> Part:
    """The cost, at the output of the last network, with the terms that the training adds."""
    loss, training = model.config.loss, model.config.training
    said = inherited(type(loss))
    known = {e.left for e in said.holding(loss)}
    bases = [base for base in type(loss).__mro__[1:] if issubclass(base, Component) and base not in Loss.__mro__]
    of_bases = [e for base in bases for e in statement(base).equations if e.left not in known]
    name, network = list(model.networks.items())[-1]
    end, output = ends[name], network.output_shape
    naming = Naming(said, end, Flow("A", end.layer), end.layer or 0, sizes(output), sizes(output), {})
    held = [*said.holding(loss), *(of_bases if not loss.adversarial else [e for e in of_bases if e.left == "J_D"])]
    lines = list(naming.lines(_counted(e, output) for e in held))
    values = values_of(loss, said)
    terms = read(inspect.getdoc(penalty) or "", ["l1", "l2"])
    for equation in terms.equations:
        if factor := getattr(training, equation.condition.argument):
            lines.append(tuple(tokens(f"{equation.text} for the weights")))
            values[terms.symbols[equation.condition.argument]] = factor
    return Part(f"cost: {loss.type}", tuple(lines), "", values, said.cited(loss))


def _counted(equation: Equation, output: Shape) -> Equation:
    """The equation with the numbers that a mean goes over: examples, steps, and outputs where it says n."""
    steps = f"{output[0]} " if len(output) == 2 else ""
    outputs = f"{output[-1]} " if output[-1] > 1 else ""
    for written, factors in (("(1/(n m))", f"{steps}{outputs}m"), ("(1/m)", f"{steps}m")):
        mean = f"(1/({factors}))" if " " in factors else "(1/m)"
        equation = replace(equation, text=equation.text.replace(written, mean))
    if steps:
        equation = replace(equation, text=equation.text.replace(") / m", f") / ({steps}m)"))
    return equation


def _warmup(model: Model) -> int:
    warmup = model.config.schedule.warmup
    return warmup if isinstance(warmup, int) else 0


def _part(heading: str, component: Component) -> Part:
    said = inherited(type(component))
    lines = _lines(said.holding(component))
    words = "" if lines else (inspect.getdoc(type(component)) or "").split("   ")[0].split("\n\n")[0].replace("\n", " ")
    return Part(f"{heading}: {component.type}", lines, words, values_of(component, said), said.cited(component))


def _entries(component: Component) -> Iterator[str]:
    """What a docstring says of the arguments that are set: `conditional   the labels of the batch go …`."""
    doc = inspect.getdoc(type(component)) or ""
    for argument in arguments(type(component)):
        said = re.search(rf"^{argument.name} {{2,}}(.*(?:\n {{3,}}.*)*)", doc, re.MULTILINE)
        if said and getattr(component, argument.name) is True:
            yield f"{argument.name}: {' '.join(said[1].split())}"


def _lines(equations: list[Equation] | tuple[Equation, ...]) -> tuple[Line, ...]:
    return tuple(tuple(tokens(equation.text)) for equation in equations)


def values_of(component: Component, said: Statement) -> dict[str, object]:
    """The arguments of a component by their symbol in its docstring, or their name; components and None left out."""
    values = {}
    for argument in arguments(type(component)):
        value = getattr(component, argument.name)
        if argument.name == "name" or value is None or isinstance(value, (Component, tuple, list, dict)):
            continue
        values[symbol_of(argument.name, said)] = value
    return values


def symbol_of(argument: str, said: Statement) -> str:
    """β of `momentum`, β₁ of `beta1`; else the name of the argument."""
    base = argument.rstrip("12")
    low = {"1": "₁", "2": "₂", "": ""}[argument[len(base) :]]
    if argument in said.symbols or base in GREEK:
        return said.symbols.get(argument, GREEK.get(base, base) + low)
    return argument
