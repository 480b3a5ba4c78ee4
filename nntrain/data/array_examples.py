"""Examples out of arrays: what they are is found out with a word, or known, and what cannot be is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from nntrain.data.array_files import Header, check_inputs, check_kind, show
from nntrain.data.array_labels import as_labels, as_targets, extremes, first_unlabelled, label_names, numbered
from nntrain.data.array_steps import check_lengths, check_weights, without_padding
from nntrain.data.arrays import Examples
from nntrain.data.image_axes import Layout, channels_first, find_channels_last, tell_pixels
from nntrain.errors import DataError
from nntrain.messages import by_door
from nntrain.model.shapes import Array, Shape


@dataclass
class Named:
    """An array, and what errors call it."""

    array: Array
    name: str


@dataclass
class Read:
    """The arrays of a source.

    no_targets   the error of a training that needs the targets which are not there
    left         the arrays that stand there too and are not read, as a warning
    """

    inputs: Named
    targets: Named | None
    lengths: Named | None = None
    weights: Named | None = None
    no_targets: str = ""
    left: str = ""


@dataclass(frozen=True)
class Known:
    """What is known of the arrays: of the training part what the config says, of all others what was found there.

    layout     of images; None: to be found out
    symbols    numbers of the inputs are symbols below this
    labels     targets are labels wherever they may be
    fitting    whether what is not known is found out, and told
    """

    layout: Layout | None
    symbols: int | None
    classes: int | None = None
    names: tuple[str, ...] | None = None
    labels: bool = False
    fitting: bool = True


@dataclass
class ArrayExamples(Examples):
    """Examples, and what is known now."""

    known: Known = Known(None, None)


def examples_of(read: Read, known: Known, tell_scale: bool) -> ArrayExamples:
    """Numbers only, finite, of shapes that belong together; labels in their range.  Raises DataError.

    tell_scale   whether to tell of pixels that nothing scales
    """
    X, x_name = read.inputs.array, read.inputs.name
    warnings = [read.left] if known.fitting and read.left else []
    if known.fitting and known.layout is None and known.symbols is None:
        known = replace(known, layout=find_channels_last(X, x_name, warnings))
    if known.symbols is None:
        X = channels_first(X, known.layout)
    lengths = None
    if read.lengths is not None:
        lengths = check_lengths(read.lengths.array, read.lengths.name, X, known.symbols is not None)
        X = without_padding(X, lengths)
    check_inputs(X, x_name, known.symbols)
    if known.fitting and known.symbols is None and tell_scale:
        tell_pixels(X, x_name, warnings)
    steps = X.shape[1] if X.ndim == 3 or known.symbols else None
    Y, unlabelled = np.empty((len(X), 0)), ""
    if read.targets is not None:
        Y, known = _targets(read.targets, read.inputs, known, lengths, steps, warnings)
        unlabelled = first_unlabelled(Y, read.targets.name)
    weights = None
    if read.weights is not None:
        weights = check_weights(read.weights.array, read.weights.name, len(X), steps)
    return ArrayExamples(
        X,
        Y,
        x_name,
        lengths,
        weights,
        warnings,
        read.no_targets,
        unlabelled,
        known,
        of_targets=read.targets.name if read.targets else "",
    )


def check_headers(headers: Mapping[str, Header], path: str, names: Mapping[str, str]) -> None:
    """Raise DataError for inputs that are no numbers, and for arrays that are not of as many examples.

    headers, names   of inputs, targets, lengths, weights
    """
    inputs, inputs_name = headers["inputs"], path + names["inputs"]
    check_kind(inputs, inputs_name)
    for what, (shape, _) in headers.items():
        if what == "targets":
            check_count(shape, path + names[what], inputs.shape, inputs_name)
        elif shape[:1] != inputs.shape[:1]:
            of = f"{inputs.shape[0]} {'sequences' if what == 'lengths' else 'examples'}"
            expected = show(inputs.shape[:1])
            raise DataError(f"{path}{names[what]}: error: {show(shape)} {what} for {of}, expected {expected}")


def check_count(targets: Shape, name: str, inputs: Shape, inputs_name: str) -> None:
    """Raise DataError unless there are as many targets as inputs."""
    if not targets or inputs[0] != targets[0]:
        turned = f"{by_door('save', 'give')} {inputs_name.rpartition(':')[2]}.T"
        hint = f"; examples come first: {turned}" if prod(targets) == inputs[-1] else ""
        raise DataError(f"{name}: error: {show(targets)} targets for {inputs[0]} examples in {inputs_name}{hint}")


def _targets(
    targets: Named, inputs: Named, known: Known, lengths: Array | None, steps: int | None, warnings: list[str]
) -> tuple[Array, Known]:
    """Labels or values, and what is known then."""
    Y, name, classes = targets.array, targets.name, known.classes
    check_count(Y.shape, name, inputs.array.shape, inputs.name)
    if lengths is not None and Y.ndim > 1 and Y.shape[1] == steps:
        Y = without_padding(Y, lengths)
    if Y.dtype.kind in "US":
        if known.fitting:
            known = replace(known, names=label_names(Y, name))
        if known.names is not None:
            Y, classes = numbered(Y, name, known.names), len(known.names)
    if known.fitting and known.labels and classes is None:
        Y, classes = as_labels(Y, name, steps, warnings)
    Y = as_targets(Y, name, classes, steps, warnings if known.fitting else [])
    if classes is None and Y.dtype.kind != "f":
        classes = extremes(Y)[1] + 1
    return Y, replace(known, classes=None if Y.dtype.kind == "f" else classes)
