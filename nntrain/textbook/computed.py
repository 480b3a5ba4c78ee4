"""What the component of an exercise computes, on numbers drawn once for all."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator
from types import ModuleType, TracebackType
from typing import Any

import numpy as np

from nntrain.components import KINDS, find
from nntrain.losses.base import Loss
from nntrain.model.layer import Context, Layer
from nntrain.model.parameters import Layout
from nntrain.model.shapes import Array
from nntrain.optimizers.base import Optimizer
from nntrain.textbook.exercise_texts import Exercise

TOLERANCE = 1e-7
EXAMPLES = 5
RATE = 0.07  # α; 0.1 is 1 − β of many: one could stand for the other unseen
LAYER_CASES: dict[str, tuple[tuple[int, ...], tuple[float, ...]]] = {  # shape that comes in, arguments
    "sigmoid": ((3,), ()),
    "dense": ((4,), (3,)),
    "dropout": ((6,), (0.4,)),
    "batch_norm": ((3,), ()),
    "conv2d": ((2, 5, 6), (3, 2)),
    "lstm": ((4, 2), (3,)),
    "attention": ((4, 3), (2,)),
}


class Stopped(Exception):
    """The component cannot go on: one line that says where and why.

    error  the exception's name and message alone
    """

    def __init__(self, place: str, error: str):
        super().__init__(f"{place}: {error}")
        self.error = error


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
        raise Stopped(place, f"{type(error).__name__}: {error}") from None


def outcomes(exercise: Exercise, source: str, file: str) -> Iterator[tuple[str, str, Array]]:
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
            optimizer.update(theta, dtheta, list(slots.values()), RATE, t)
        for name, vector in slots.items():
            yield "update", f"step {t}: {name}", vector.copy()
        yield "update", f"step {t}: θ", theta.copy()


def difference(answer: Array, right: Array) -> str | None:
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
    digits = 6 if f"{answer[at]:.6g}" != f"{right[at]:.6g}" else 12
    return f"{place}it is {answer[at]:.{digits}g}, expected {right[at]:.{digits}g}"
