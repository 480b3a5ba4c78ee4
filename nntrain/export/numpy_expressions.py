"""What the lines of a NumPy program are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from nntrain.export.placed import Placed

FORM = "a program of NumPy"
LENGTHS = "<lengths>"  # becomes `, lengths=…`, or nothing


class Expression(NamedTuple):
    """An expression of X, the input; the functions that it calls; its equation.

    LENGTHS stands in it where the steps that count are handed on.
    """

    text: str
    calls: tuple[str, ...]
    equation: str


Writer = Callable[[Placed], Expression]


def array(placed: Placed, name: str) -> str:
    """A parameter as the program names it, or None where the layer has none of this name."""
    return f"p[{placed.saved[name]!r}]" if name in placed.saved else "None"


def call(function: str, arguments: str = "X", equation: str = "") -> Writer:
    """A call of a function of X."""
    return lambda placed: Expression(f"{function}({arguments})", (function,), equation)
