"""What the classes count for in the cost, as configs say it.

class_weights: [1, 3]            in the order of the classes
class_weights: {yes: 3}          by name; a class that is left out counts for 1
class_weights: balanced          N / (n N_c) for a class with N_c of the training part's N examples, or steps, where n
                                 classes occur: each then weighs as much as any other, as in scikit-learn.  A class
                                 without any counts for 1

`balanced` and names become numbers before a run begins, and these stand in its config and its checkpoints.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal

import numpy as np

from nntrain.model.layer import ShapeError
from nntrain.model.shapes import Array

if TYPE_CHECKING:
    from nntrain.data.facts import Facts

ClassWeights = tuple[float, ...] | dict[str, float] | Literal["balanced"]
PositiveWeight = float | tuple[float, ...] | Literal["balanced"]
WEIGHTS_HELP = "what each class counts for in the cost: a list, a mapping by name, or balanced"
_SHOWN = 10  # names of classes in a message


def by_class(
    given: ClassWeights | None,
    facts: Facts,
    counts: Callable[[], Array] | None = None,
    ignored: int | None = None,
) -> tuple[float, ...] | Literal["balanced"] | None:
    """The weight of every class.  Raises ShapeError where the classes are others; `balanced` is left without counts."""
    if given is None or (given == "balanced" and counts is None):
        return given
    classes = facts.classes or 2
    if given == "balanced":
        assert counts is not None
        found = np.array(counts(), np.float64)
        if ignored is not None and ignored >= 0:
            found[ignored] = 0
        occurring = np.count_nonzero(found) or 1
        weights = found.sum() / occurring / np.where(found > 0, found, 1)
        return tuple(np.where(found > 0, weights, 1.0).tolist())
    if isinstance(given, Mapping):
        weights = np.ones(classes)
        for name, weight in given.items():
            weights[class_number(name, facts, "class_weights")] = weight
        return tuple(weights.tolist())
    if len(given) != classes:
        raise ShapeError(f"class_weights: {len(given)} weights for {classes} classes")
    return given


def positive_weights(
    given: PositiveWeight | None, facts: Facts, counts: Callable[[], Array] | None = None
) -> PositiveWeight | None:
    """The weight of a yes, for all outputs or for each.  Raises ShapeError where there are not so many."""
    outputs = 1 if facts.target == "labels" else facts.outputs or 1
    if given == "balanced" and counts is not None:
        no, yes = np.array(counts(), np.float64).reshape(2, outputs)
        return tuple(np.where((yes > 0) & (no > 0), no / np.where(yes > 0, yes, 1), 1.0).tolist())
    if isinstance(given, tuple) and len(given) != outputs:
        raise ShapeError(f"pos_weight: {len(given)} weights for {outputs} output{'s' if outputs > 1 else ''}")
    return given


def class_number(name: str, facts: Facts, what: str) -> int:
    """The class of this name; where the data do not name their classes, names are their numbers.  Raises ShapeError."""
    names = facts.class_names
    if name in names:
        return names.index(name)
    shown = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
    raise ShapeError(f"{what}: there is no class {name!r}; the classes are {shown}")


def numbers(resolved: ClassWeights | PositiveWeight | None) -> Array:
    """Weights as an array: (classes,), or (n_y, 1) beside outputs.  Raises ValueError for what is not resolved yet."""
    if isinstance(resolved, (str, Mapping)) or resolved is None:
        raise ValueError(f"weights {resolved!r}: call Loss.resolved first, which makes them numbers")
    return np.asarray(resolved, np.float64)
