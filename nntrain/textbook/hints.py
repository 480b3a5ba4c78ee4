"""What may be wrong in an answer: the mistake that gives the same, the line that it stands in, how it is related."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from nntrain.model.shapes import Array
from nntrain.textbook.computed import EXAMPLES, Stopped, difference, outcomes
from nntrain.textbook.exercise_texts import Exercise
from nntrain.textbook.mistakes import doubly_mistaken, exchanged, in_operators, mistaken, of_other_names


def of_answer(exercise: Exercise, source: str, before: Sequence[Array], answer: Array, right: Array) -> str | None:
    """Of the first outcome of a source that is wrong, behind those that are right; None where nothing can be said."""
    for place, hint, with_mistake in _with_mistakes(exercise):
        value = _value(exercise, with_mistake, before)
        if not isinstance(value, str) and difference(answer, value) is None:
            return f"in `{place}` {hint}"
    general = _in_general(answer, right)
    for number, (left, solution) in enumerate(exercise.blanks):
        value = _value(exercise, _repaired(exercise, source, number, solution), before)
        if not isinstance(value, str) and difference(value, right) is None:
            known = general or _in_line(exercise, source, number, before, answer)
            return f"in `{_name(left)}` {known or 'something is not as the equation has it'}"
    return general


def _in_line(exercise: Exercise, source: str, number: int, before: Sequence[Array], answer: Array) -> str | None:
    """The mistake with which one line of an answer, the others as they are, gives the same."""
    _, solution = exercise.blanks[number]
    settings, names = _settings(exercise), _names(exercise)
    ways = (
        mistaken(solution, settings),
        exchanged(solution, (*names, *settings)),
        of_other_names(solution, names),
        doubly_mistaken(solution, settings),
    )
    for way in ways:
        for changed, hint in way:
            value = _value(exercise, _repaired(exercise, source, number, changed), before)
            if not isinstance(value, str) and difference(answer, value) is None:
                return hint
    return None


def of_error(exercise: Exercise, before: Sequence[Array], error: str) -> str | None:
    """The mistake with which the solution stops for the same reason; None where none does."""
    for place, hint, with_mistake in _with_mistakes(exercise):
        value = _value(exercise, with_mistake, before)
        if isinstance(value, str) and value == error:
            return f"in `{place}` {hint}"
    return None


def of_lines(exercise: Exercise, source: str) -> str | None:
    """The mistake that a line is to the letter, where nothing can be computed to compare it by."""
    settings, names = _settings(exercise), _names(exercise)
    lines = source.split("\n")
    for number, (left, solution) in enumerate(exercise.blanks):
        at = _line_of(exercise, lines, number)
        try:
            given = in_operators(lines[at].lstrip().removeprefix(left).strip()) if at is not None else ""
        except SyntaxError:
            continue
        for changed, hint in (*mistaken(solution, settings), *of_other_names(solution, names)):
            if given == in_operators(changed):
                return f"in `{_name(left)}` {hint}"
    return None


def _with_mistakes(exercise: Exercise) -> Iterator[tuple[str, str, str]]:
    """Each line of the solution with each mistake: the line's name, the mistake, and the source."""
    settings = _settings(exercise)
    for left, solution in exercise.blanks:
        for changed, hint in mistaken(solution, settings):
            yield _name(left), hint, exercise.source.replace(f"{left} {solution}\n", f"{left} {changed}\n")


def _name(left: str) -> str:
    return left.rstrip(" +=")


def _settings(exercise: Exercise) -> list[str]:
    """The hyperparameters that its lines read."""
    return sorted(set(re.findall(r"\bself\.\w+", _right_sides(exercise))))


def _names(exercise: Exercise) -> list[str]:
    """The arrays that its lines read or make: `dz`, `c_before`, `p.W`."""
    found = re.findall(r"(?<![\w.])(?:p\.\w+|[A-Za-z]\w*)(?![\w(]|\.[^T]|=[^=])", _right_sides(exercise))
    made = [name for left, _ in exercise.blanks if (name := _name(left)).isidentifier()]
    return sorted({*found, *made} - {"np", "self", "True", "None", "t"})


def _right_sides(exercise: Exercise) -> str:
    return "\n".join(right for _, right in exercise.blanks)


def _line_of(exercise: Exercise, lines: Sequence[str], number: int) -> int | None:
    """Where a blank's line stands in an answer: of those that begin so the last, as the statement may too."""
    left = exercise.blanks[number][0]
    behind = sum(other == left for other, _ in exercise.blanks[number + 1 :])
    found = [i for i, line in enumerate(lines) if line.lstrip().startswith(f"{left} ")]
    return found[-1 - behind] if len(found) > behind else None


def _repaired(exercise: Exercise, source: str, number: int, right: str) -> str:
    """The source with another right side in a blank's line."""
    lines = source.split("\n")
    if (i := _line_of(exercise, lines, number)) is None:
        return source
    indent = lines[i][: len(lines[i]) - len(lines[i].lstrip())]
    return "\n".join([*lines[:i], f"{indent}{exercise.blanks[number][0]} {right}", *lines[i + 1 :]])


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
    if answer[right == 0].any():
        return None
    ratio = answer[right != 0] / right[right != 0]
    if not ratio.size or not np.allclose(ratio, ratio.flat[0]) or np.isclose(ratio.flat[0], 1, rtol=1e-3):
        return None
    factor = float(ratio.flat[0])
    if np.isclose(factor, 1 / EXAMPLES):
        return f"it is {factor:.4g} times what it should be: divided by m, the number of examples, once too often"
    return f"it is {factor:.4g} times what it should be" + (": m examples" if np.isclose(factor, EXAMPLES) else "")
