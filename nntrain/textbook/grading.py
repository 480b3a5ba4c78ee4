"""Grades a filled-in exercise: forward, then each derivative, by the solution; the first that is wrong is named."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from nntrain.errors import ConfigError
from nntrain.files.regular_files import read_regular
from nntrain.model.shapes import Array
from nntrain.textbook import hints
from nntrain.textbook.computed import Stopped, difference, outcomes
from nntrain.textbook.exercise_texts import Exercise, exercises


@dataclass(frozen=True)
class Grade:
    """What is right, in order, and the first thing that is not: a line each."""

    lines: tuple[str, ...]
    right: bool


def exercise_of(path: Path) -> Exercise:
    """The exercise that a file belongs to.  Raises ConfigError."""
    text = _text(path)
    known = exercises()
    names = [name for name in re.findall(r"""@component\(["']my_(\w+)["']\)""", text) if name in known]
    if not names:
        raise ConfigError(f"{path}: no exercise: expected a line such as @component('my_dense'), as in the file that "
                          f"`nntrain exercise dense` writes; there are {', '.join(known)}")  # fmt: skip
    return known[names[0]]


def _text(path: Path) -> str:
    """What the file holds; a pipe is not waited for, and a device not read without end."""
    try:
        return read_regular(path.resolve()).decode("utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from None


def grade(path: Path) -> Grade:
    """The grade of a filled-in file.  Raises ConfigError where it is no exercise, or no Python."""
    exercise = exercise_of(path)
    source = _text(path)
    try:
        tree = ast.parse(source, str(path))
    except SyntaxError as error:
        raise ConfigError(f"{path}:{error.lineno}:{error.offset}: {error.msg}") from None
    open_lines = _open_lines(tree)
    told: list[str] = []
    before: list[Array] = []
    expected = list(outcomes(exercise, exercise.source, "solution"))
    try:
        given = outcomes(exercise, source, str(path))
        for stage, what, right in expected:
            if left := [line for line, function in open_lines if function == stage]:
                return Grade((*told, *(f"{path}:{line}: still to be filled in" for line in left)), False)
            _, _, answer = next(given)
            if (problem := difference(answer, right)) is not None:
                hint = hints.of_answer(exercise, source, before, answer, right)
                lines = [f"{what} is wrong: {problem}", *([f"hint: {hint}"] if hint else [])]
                return Grade((*told, *lines), False)
            told.append(f"{what} is right")
            before.append(right)
    except Stopped as stopped:
        hint = hints.of_error(exercise, before, stopped.error) or hints.of_lines(exercise, source)
        return Grade((*told, str(stopped), *([f"hint: {hint}"] if hint else [])), False)
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
