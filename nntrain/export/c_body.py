"""The C function that takes an example through the layers, and where each layer's output lies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod

import numpy as np

from nntrain.export.int8 import Quantized
from nntrain.export.int8_activations import inverse
from nntrain.model.shapes import Array, Shape

Number = int | str  # a number that C is told, or what it calls one


@dataclass(frozen=True)
class Value:
    """An output: how C calls its first number, and the place of its block in the scratch; None: it is not there."""

    pointer: str
    block: int | None


class Body:
    """Lines of the function, the constants and functions that they need, and the scratch.

    quantized   parameters as int8, by saved names; an empty mapping: all stay what they are
    scales      of inputs that are int8, by the paths of layers
    rounded     room for them, how many
    steps       what C calls the number of steps, where examples have lengths and there are steps still; else None
    """

    def __init__(
        self, dtype: np.dtype, quantized: Mapping[str, Quantized], scales: Mapping[str, float], padded: bool
    ) -> None:
        self.dtype = dtype
        self.double = bool(dtype == np.float64)
        self.quantized, self.scales = quantized, scales
        self.rounded = 0
        self.steps: str | None = "steps" if padded else None
        self.lines: list[str] = []
        self.constants: dict[str, str] = {}
        self.functions: dict[str, None] = {}
        self.formulas: dict[str, str] = {}
        self.size = 0
        self._sizes: dict[int, int] = {}  # blocks in use: start -> length
        self._holders: dict[int, int] = {}

    def call(self, function: str, *arguments: object) -> None:
        """A line that calls a function."""
        self.functions[function] = None
        self.lines.append(f"{function}({', '.join(map(str, arguments))});")

    def new(self, *shape: int) -> Value:
        """Room for an output: the first that is free."""
        length, at = prod(shape), 0
        for start in sorted(self._sizes):
            if at + length <= start:
                break
            at = start + self._sizes[start]
        self._sizes[at], self._holders[at] = length, 1
        self.size = max(self.size, at + length)
        return Value(f"scratch + {at}", at)

    def around(self, shape: Shape) -> tuple[Number, int, int]:
        """A shape as (outer, n, inner): steps, features, pixels."""
        if len(shape) == 2:
            return self.steps or shape[0], shape[1], 1
        return 1, shape[0], prod(shape[1:])

    def T(self, shape: Shape) -> Number:
        """The number of steps of a sequence, 1 for a vector."""
        if self.steps and len(shape) == 2:
            return self.steps
        return prod(shape[:-1])

    def count(self, shape: Shape) -> Number:
        """How many numbers there are."""
        if self.steps and len(shape) == 2:
            return f"{self.steps} * {shape[1]}"
        return prod(shape)

    def meet(self, steps: Iterable[str | None]) -> None:
        """Where branches meet, those steps count that count in each of them; None where all do."""
        self.steps = None
        for each in dict.fromkeys(one for one in steps if one is not None):
            self.steps = each if self.steps is None else f"({each} < {self.steps} ? {each} : {self.steps})"

    def hold(self, value: Value) -> None:
        """One more will read it."""
        if value.block is not None:
            self._holders[value.block] += 1

    def release(self, value: Value) -> None:
        """It is read: nobody else does, its room is free."""
        if value.block is not None:
            self._holders[value.block] -= 1
            if not self._holders[value.block]:
                del self._holders[value.block], self._sizes[value.block]

    def constant(self, name: str, array: Array, kind: str = "real") -> str:
        """An array of constants, and its name in C."""
        known = re.sub(r"\W", "_", name)
        if known not in self.constants:
            numbers = (
                [str(v) for v in array.reshape(-1).tolist()] if array.dtype.kind == "i" else self._numbers(array, kind)
            )
            lines = [", ".join(numbers[i : i + 12]) for i in range(0, len(numbers), 12)]
            body = ",\n    ".join(lines)
            self.constants[known] = f"static const {kind} {known}[{array.size}] = {{\n    {body}\n}};\n"
        return known

    def _numbers(self, array: Array, kind: str) -> list[str]:
        digits, suffix = (17, "") if self.double or kind == "double" else (9, "f")
        texts = (f"{value:.{digits}g}" for value in array.reshape(-1).tolist())
        return [(one if re.search(r"[.e]", one) else one + ".0") + suffix for one in texts]

    def weights(self, saved: str, array: Array) -> str:
        """Weights as arguments: the array, and with int8 the scale of each row."""
        if saved not in self.quantized:
            return self.constant(saved, array, "weight")
        found = self.quantized[saved]
        scales = self.constant(f"{saved}_scale", found.scale)
        return f"{self.constant(saved, found.values, 'weight')}, {scales}"

    def whole(self, path: str, count: int, patch: int = 0) -> str:
        """Arguments of a layer with int8 inputs: s, 1 / s, and room for `count` of them and for one patch."""
        scale = self.dtype.type(self.scales[path])
        numbers = self._numbers(np.array([scale, inverse(self.scales[path], self.dtype)]), "real")
        self.rounded = max(self.rounded, count + patch)
        return ", ".join([*numbers, "rounded"])
