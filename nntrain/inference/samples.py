"""Drawn examples as files: pictures and arrays."""

from __future__ import annotations

import io
from collections.abc import Callable
from math import ceil, sqrt
from pathlib import Path

import numpy as np

from nntrain.builder import Model
from nntrain.errors import ConfigError
from nntrain.files.storage import naming, write_atomic
from nntrain.model.shapes import Array
from nntrain.pictures import png
from nntrain.pictures.examples import has_picture, picture

_CHUNK = 256  # examples that are drawn at a time


def in_chunks(function: Callable[[Array], Array], z: Array) -> Array:
    """function(z) for noise z (…, m) of any number of examples, a bounded number at a time."""
    starts = range(0, z.shape[-1], _CHUNK)
    return np.concatenate([function(np.ascontiguousarray(z[..., i : i + _CHUNK])) for i in starts], axis=-1)


def write_drawn(model: Model, count: int, output: Path, seed: int | None = None) -> None:
    """Draw `count` examples into a picture (.png) or an array (.npy); seed None: the run's.

    Raises ConfigError for another suffix, and for examples that make no picture.
    """
    if output.suffix not in (".png", ".npy"):
        raise ConfigError(f"--output {output}: .png or .npy, not {output.suffix or 'a name without a suffix'}")
    with np.errstate(all="ignore"):
        X = model.loop.draw(model, count, model.config.seed if seed is None else seed)
    if output.suffix == ".npy":
        write_array(output, X)
    elif has_picture(model.facts.input_shape):
        png.write(output, picture(X, columns_of(model, count)))
    else:
        raise ConfigError(f"--output {output}: pictures are of grey or RGB images and of points; take .npy")


def leave_sample(folder: Path, name: str, X: Array, model: Model, real: Array) -> None:
    """A picture of drawn examples, or where they make none their array, in a folder that is made if need be.

    A grid has complete rows alone: what is over is left out.

    real   some of the data's examples in their units: they lie behind drawn points
    """
    with naming(folder, "cannot be made"):
        folder.mkdir(exist_ok=True)
    if has_picture(model.facts.input_shape):
        columns = columns_of(model, len(X))
        whole = len(X) if X.ndim == 2 else len(X) // columns * columns
        png.write(folder / f"{name}.png", picture(X[:whole], columns, real))
    else:
        write_array(folder / f"{name}.npy", X)


def write_array(path: Path, X: Array) -> None:
    """A .npy file, whole or not at all."""
    content = io.BytesIO()
    np.save(content, X, allow_pickle=False)
    write_atomic(path, [content.getvalue()], durable=False)


def columns_of(model: Model, count: int) -> int:
    """A column a class where classes are drawn in turn; else about a square, of complete rows where that can be."""
    if model.loop.draws_by_class:
        return min(count, model.facts.classes or 1)
    square = ceil(sqrt(count))
    return next((columns for columns in range(square, 2 * square) if count % columns == 0), square)
