"""What may be wrong in an answer: the mistake that gives the same, the line that it stands in, how it is related."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from nntrain.model.shapes import Array
from nntrain.textbook.computed import EXAMPLES, Stopped, difference, outcomes
from nntrain.textbook.exercise_texts import Exercise
from nntrain.textbook.mistakes import mistaken


def of_answer(exercise: Exercise, source: str, before: Sequence[Array], answer: Array, right: Array) -> str | None:
    """Of the first outcome of a source that is wrong, behind those that are right; None where nothing can be said."""
    for place, hint, with_mistake in _with_mistakes(exercise):
        value = _value(exercise, with_mistake, before)
        if not isinstance(value, str) and difference(answer, value) is None:
            return f"in `{place}` {hint}"
    general = _in_general(answer, right)
    for left, solution in exercise.blanks:
        value = _value(exercise, _repaired(source, left, solution), before)
        if not isinstance(value, str) and difference(value, right) is None:
            return f"in `{_name(left)}` {general or 'something is not as the equation has it'}"
    return general


def of_error(exercise: Exercise, before: Sequence[Array], error: str) -> str | None:
    """The mistake with which the solution stops for the same reason; None where none does."""
    for place, hint, with_mistake in _with_mistakes(exercise):
        value = _value(exercise, with_mistake, before)
        if isinstance(value, str) and value == error:
            return f"in `{place}` {hint}"
    return None


def _with_mistakes(exercise: Exercise) -> Iterator[tuple[str, str, str]]:
    """Each line of the solution with each mistake: the line's name, the mistake, and the source."""
    settings = sorted(set(re.findall(r"\bself\.\w+", "\n".join(right for _, right in exercise.blanks))))
    for left, solution in exercise.blanks:
        for changed, hint in mistaken(solution, settings):
            yield _name(left), hint, exercise.source.replace(f"{left} {solution}\n", f"{left} {changed}\n")


def _name(left: str) -> str:
    return left.rstrip(" +=")


def _repaired(source: str, left: str, solution: str) -> str:
    """The source with the solution's line in place of its own: the last that begins so, as the statement may too."""
    lines = source.split("\n")
    for i in reversed(range(len(lines))):
        if lines[i].lstrip().startswith(f"{left} "):
            indent = lines[i][: len(lines[i]) - len(lines[i].lstrip())]
            return "\n".join([*lines[:i], f"{indent}{left} {solution}", *lines[i + 1 :]])
    return source


def _value(exercise: Exercise, source: str, before: Sequence[Array]) -> Array | str:
    """The outcome of a source behind those; where it does not come to it why."""
    try:
        found = outcomes(exercise, source, "solution")
        for right in before:
            if difference(next(found)[2], right) is not None:
                return ""  # an earlier one would be wrong already
        return next(found)[2]
    except Stopped as stopped:
        return stopped.error
    except SyntaxError as error:
        return str(error)


def _in_general(answer: Array, right: Array) -> str | None:
    """How an answer is related to the right one, where no known mistake gives it."""
    if answer.dtype.kind not in "fiu":
        return None
    if not answer.any():
        return "it is 0 everywhere: is something added to it at all?"
    if np.isnan(answer).any():
        return "it is not a number: a division by 0, or the logarithm of a negative number"
    if answer.shape == right.T.shape and difference(answer, right.T) is None:
        return "it is transposed"
    if answer.shape != right.shape:
        if answer.size == right.size:
            return "it has as many elements in another shape: keepdims=True keeps a column (n, 1)"
        return None
    ratio = answer[right != 0] / right[right != 0]
    if not ratio.size or not np.allclose(ratio, ratio.flat[0]) or np.isclose(ratio.flat[0], 1, rtol=1e-3):
        return None
    factor = float(ratio.flat[0])
    if np.isclose(factor, 1 / EXAMPLES):
        return f"it is {factor:.4g} times what it should be: divided by m, the number of examples, once too often"
    return f"it is {factor:.4g} times what it should be" + (": m examples" if np.isclose(factor, EXAMPLES) else "")
