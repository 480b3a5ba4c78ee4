"""Grades a filled-in exercise: forward, then each derivative, by the solution; the first that is wrong is named."""

from __future__ import annotations

import ast
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

import numpy as np

from nntrain.components import KINDS, find
from nntrain.errors import ConfigError
from nntrain.losses.base import Loss
from nntrain.model.layer import Context, Layer
from nntrain.model.parameters import Layout
from nntrain.model.shapes import Array
from nntrain.optimizers.base import Optimizer
from nntrain.textbook.exercise_texts import Exercise, exercises
from nntrain.textbook.mistakes import mistaken

TOLERANCE = 1e-7
EXAMPLES = 5
LAYER_CASES: dict[str, tuple[tuple[int, ...], tuple[float, ...]]] = {  # shape that comes in, arguments
    "sigmoid": ((3,), ()),
    "dense": ((4,), (3,)),
    "dropout": ((6,), (0.4,)),
    "batch_norm": ((3,), ()),
    "conv2d": ((2, 5, 6), (3, 2)),
    "lstm": ((4, 2), (3,)),
    "attention": ((4, 3), (2,)),
}


@dataclass(frozen=True)
class Grade:
    """What is right, in order, and the first thing that is not: a line each."""

    lines: tuple[str, ...]
    right: bool


class _Stopped(Exception):
    """The component cannot go on: one line that says where and why."""


def exercise_of(path: Path) -> Exercise:
    """The exercise that a file belongs to.  Raises ConfigError."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from None
    known = exercises()
    names = [name for name in re.findall(r"""@component\(["']my_(\w+)["']\)""", text) if name in known]
    if not names:
        raise ConfigError(f"{path}: no exercise: expected a line such as @component('my_dense'), as in the file that "
                          f"`nntrain exercise dense` writes; there are {', '.join(known)}")  # fmt: skip
    return known[names[0]]


def grade(path: Path) -> Grade:
    """The grade of a filled-in file.  Raises ConfigError where it is no exercise, or no Python."""
    exercise = exercise_of(path)
    source = path.read_text("utf-8")
    try:
        tree = ast.parse(source, str(path))
    except SyntaxError as error:
        raise ConfigError(f"{path}:{error.lineno}:{error.offset}: {error.msg}") from None
    open_lines = _open_lines(tree)
    told: list[str] = []
    expected = list(_outcomes(exercise, exercise.source, "solution"))
    try:
        given = _outcomes(exercise, source, str(path))
        for stage, what, right in expected:
            if left := [line for line, function in open_lines if function == stage]:
                return Grade((*told, *(f"{path}:{line}: still to be filled in" for line in left)), False)
            _, _, answer = next(given)
            if (problem := _difference(answer, right)) is not None:
                hint = _hint(exercise, len(told), answer, right)
                lines = [f"{what} is wrong: {problem}", *([f"hint: {hint}"] if hint else [])]
                return Grade((*told, *lines), False)
            told.append(f"{what} is right")
    except _Stopped as error:
        return Grade((*told, str(error)), False)
    return Grade(tuple(told), True)


def _open_lines(tree: ast.Module) -> list[tuple[int, str]]:
    """The lines that still have `...`, each with the function that it stands in."""
    return [
        (node.lineno, function.name)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, (ast.Assign, ast.AugAssign)) and ast.unparse(node.value) == "..."
    ]


def _class(exercise: Exercise, source: str, file: str) -> type[Any]:
    """The exercise's component in a source; what it registers is forgotten again."""
    before = {kind: find(kind).registered.pop(exercise.component, None) for kind in KINDS}
    module = ModuleType(f"exercise_{exercise.name}")
    sys.modules[module.__name__] = module  # where a dataclass looks for what its annotations name
    try:
        with _told(file):
            exec(compile(source, file, "exec"), vars(module))
    finally:
        del sys.modules[module.__name__]
        for kind, registered in before.items():
            find(kind).registered.pop(exercise.component, None)
            if registered is not None:
                find(kind).registered[exercise.component] = registered
    return next(
        c for c in vars(module).values() if isinstance(c, type) and getattr(c, "type", "") == exercise.component
    )


class _told:
    """Turns an exception of the learner's code into one line that says where it was raised."""

    def __init__(self, file: str):
        self.file = file

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: TracebackType | None) -> None:
        if not isinstance(error, Exception):
            return
        lines = [frame.lineno for frame in traceback.extract_tb(trace) if frame.filename == self.file]
        place = f"{self.file}:{lines[-1]}" if lines else self.file
        raise _Stopped(f"{place}: {type(error).__name__}: {error}") from None


def _outcomes(exercise: Exercise, source: str, file: str) -> Iterator[tuple[str, str, Array]]:
    """What the component computes on numbers drawn once for all: (function, what it is, value), one after another."""
    cls = _class(exercise, source, file)
    with np.errstate(all="ignore"):
        if issubclass(cls, Layer):
            yield from _of_layer(exercise, cls, file)
        elif issubclass(cls, Loss):
            yield from _of_loss(exercise, cls, file)
        elif issubclass(cls, Optimizer):
            yield from _of_optimizer(cls, file)


def _of_layer(exercise: Exercise, cls: type[Layer], file: str) -> Iterator[tuple[str, str, Array]]:
    shape, arguments = LAYER_CASES[exercise.name]
    random = np.random.default_rng(0)
    with _told(file):
        layer = cls(*arguments)
        layout = Layout(layer.declare(shape)[1])
    theta = random.normal(size=layout.size)
    X = random.normal(size=(*shape, EXAMPLES))
    p, g = layout.views(theta), np.zeros(layout.trainable)
    with _told(file):
        Y, cache = layer.forward(p, X.copy(), Context(training=True))
    yield "forward", "forward: the output", np.asarray(Y)
    dY = random.normal(size=np.shape(Y))
    with _told(file):
        dX = layer.backward(p, layout.views(g), dY.copy(), cache)
    for name, gradient in layout.arrays(g).items():
        yield "backward", f"backward: the derivative by {name}", gradient
    yield "backward", "backward: the derivative by the input", np.asarray(dX)


def _of_loss(exercise: Exercise, cls: type[Loss], file: str) -> Iterator[tuple[str, str, Array]]:
    random = np.random.default_rng(0)
    if exercise.name == "softmax_cross_entropy":
        Z, Y = random.normal(size=(4, EXAMPLES)), random.integers(0, 4, EXAMPLES)
    else:
        Z, Y = random.uniform(0.1, 0.9, (3, EXAMPLES)), random.integers(0, 2, (3, EXAMPLES))
    with _told(file):
        J, dZ = cls()(Z.copy(), Y)
    yield "__call__", "the cost J", np.asarray(J)
    yield "__call__", "the derivative of the cost", np.asarray(dZ)


def _of_optimizer(cls: Callable[[], Optimizer], file: str) -> Iterator[tuple[str, str, Array]]:
    random = np.random.default_rng(0)
    theta = random.normal(size=6)
    with _told(file):
        optimizer = cls()
        slots = {name: np.zeros(6) for name in optimizer.slot_names()}
    for t in (1, 2, 3):
        dtheta = random.normal(size=6)
        with _told(file):
            optimizer.update(theta, dtheta, list(slots.values()), 0.1, t)
        for name, vector in slots.items():
            yield "update", f"step {t}: {name}", vector.copy()
        yield "update", f"step {t}: θ", theta.copy()


def _difference(answer: Array, right: Array) -> str | None:
    """How an answer differs, or None: its type, its shape, or the first element that does."""
    if answer.dtype.kind not in "fiu":
        return f"expected numbers, got {answer.dtype}"
    if answer.shape != right.shape:
        return f"its shape is {answer.shape}, expected {right.shape}"
    wrong = ~np.isclose(answer, right, rtol=TOLERANCE, atol=TOLERANCE)
    if not wrong.any():
        return None
    at = tuple(int(i) for i in np.argwhere(wrong)[0])
    place = f"at {list(at)} " if at else ""
    return f"{place}it is {answer[at]:.6g}, expected {right[at]:.6g}"


def _hint(exercise: Exercise, number: int, answer: Array, right: Array) -> str | None:
    """The mistake in the solution that gives this answer for outcome `number`; None where none does."""
    for left, solution in exercise.blanks:
        for changed, hint in mistaken(solution):
            with_mistake = exercise.source.replace(f"{left} {solution}\n", f"{left} {changed}\n")
            if (value := _value(exercise, with_mistake, number)) is not None and _difference(answer, value) is None:
                return f"in `{left.rstrip(' +=')}` {hint}"
    return _in_general(answer, right)


def _value(exercise: Exercise, source: str, number: int) -> Array | None:
    """Outcome `number` of a source; None where it does not come to it, or where an earlier one is wrong already."""
    try:
        outcomes = _outcomes(exercise, source, "solution")
        return [next(outcomes)[2] for _ in range(number + 1)][number]
    except _Stopped:
        return None


def _in_general(answer: Array, right: Array) -> str | None:
    """How an answer is related to the right one, where no known mistake gives it."""
    if answer.dtype.kind not in "fiu":
        return None
    if not answer.any():
        return "it is 0 everywhere: is something added to it at all?"
    if np.isnan(answer).any():
        return "it is not a number: a division by 0, or the logarithm of a negative number"
    if answer.shape == right.T.shape and _difference(answer, right.T) is None:
        return "it is transposed"
    if answer.shape == right.shape:
        ratio = answer[right != 0] / right[right != 0]
        if ratio.size and np.allclose(ratio, ratio[0]):
            return f"it is {ratio[0]:.4g} times what it should be" + (
                ": m examples" if np.isclose(ratio[0], EXAMPLES) else ""
            )
    if answer.size == right.size:
        return "it has as many elements in another shape: keepdims=True keeps a column (n, 1)"
    return None
