"""Images in arrays: where their channels stand, and what their pixels are."""

from __future__ import annotations

from itertools import islice
from typing import Literal

import numpy as np

from nntrain.data.array_files import show
from nntrain.data.standardize import chunks
from nntrain.model.shapes import Array

Layout = Literal["channels_first", "channels_last"]
_CHANNELS = (1, 3, 4)  # grey, RGB, RGB with transparency
_SMALL = 10  # numbers as large as this need no word
_AS_THEY_ARE = "go into the network as they are; standardize: true scales them"


def find_channels_last(X: Array, name: str, warnings: list[str]) -> Layout | None:
    """The layout of images (N, H, W, C): told by axes of 1, 3 or 4, with a word; None for all else.  X (N, …)"""
    if X.ndim == 4 and X.shape[3] in _CHANNELS and X.shape[1] not in _CHANNELS:
        warnings.append(
            f"{name}: {show(X.shape)} is read as images with channels last; layout: channels_first says otherwise"
        )
        return "channels_last"
    if X.ndim == 3 and X.dtype == np.uint8 and min(X.shape[1:]) > 1:
        T, n = X.shape[1:]
        warnings.append(
            f"{name}: {show(X.shape)} is read as sequences of {T} steps of {n} numbers; layout: channels_first reads "
            "gray images"
        )
    return None


def channels_first(X: Array, layout: Layout | None) -> Array:
    """Images (N, C, H, W) of images in this layout, or gray ones (N, H, W); a mapped file stays mapped."""
    if layout is not None and X.ndim == 3:
        return X[:, None]
    if layout != "channels_last" or X.ndim != 4:
        return X
    moved = np.moveaxis(X, 3, 1)
    return moved if isinstance(X, np.memmap) else np.ascontiguousarray(moved)


def tell_pixels(X: Array, name: str, warnings: list[str]) -> None:
    """A word where numbers that look like pixels go into the network as they are: whole ones, or images of floats."""
    if X.dtype.kind not in "iuf" or not (X.ndim == 4 or X.dtype == np.uint8):
        return
    pieces = islice(chunks(X), 1 if X.dtype.kind == "f" else None)  # fractions: some images say it
    ends = [(chunk.min(), chunk.max()) for chunk in pieces]
    low, high = min(low for low, _ in ends), max(high for _, high in ends)
    if X.dtype.kind == "f":
        if high > _SMALL and low >= -1:
            warnings.append(f"{name}: numbers from {low:.4g} to {high:.4g} {_AS_THEY_ARE}")
    elif int(high) - int(low) > _SMALL:
        warnings.append(f"{name}: whole numbers from {low} to {high} {_AS_THEY_ARE}")
