"""Examples as pictures: images in a grid, points in a plane."""

from __future__ import annotations

from math import ceil

import numpy as np

from nntrain.model.shapes import Array, Shape

_TILE = 32  # pixels that an example of a grid takes at least
_CANVAS = 320  # pixels of a picture of points
_REAL, _DRAWN, _PAPER, _LINES = (190, 190, 190), (20, 70, 180), 255, 64


def has_picture(shape: Shape) -> bool:
    """Whether examples of this shape are images of one or three channels, or points of two numbers."""
    return shape == (2,) or (len(shape) == 3 and shape[0] in (1, 3))


def picture(X: Array, columns: int, real: Array | None = None) -> Array:
    """An image for png: images (N, C, H, W) in a grid of so many columns, or points (N, 2) in a plane."""
    return grid(X, columns) if X.ndim == 4 else scatter(X, real)


def grid(images: Array, columns: int) -> Array:
    """Images (N, C, H, W) in 0 … 1, row by row with lines between them, small ones enlarged."""
    N, C, H, W = images.shape
    scale = max(1, ceil(_TILE / max(H, W)))
    pixels = np.rint(255 * np.clip(images, 0, 1)).astype(np.uint8).transpose(0, 2, 3, 1)
    pixels = pixels.repeat(scale, axis=1).repeat(scale, axis=2)
    rows, h, w = ceil(N / columns), scale * H + 1, scale * W + 1
    out = np.full((rows * h + 1, columns * w + 1, C), _LINES, np.uint8)
    for i, image in enumerate(pixels):
        top, left = i // columns * h + 1, i % columns * w + 1
        out[top : top + h - 1, left : left + w - 1] = image
    return out[:, :, 0] if C == 1 else out


def scatter(points: Array, real: Array | None = None) -> Array:
    """Points (N, 2), x to the right and y upwards, before the data's where they are given: those set the frame."""
    frame = points if real is None else real
    low, high = frame.min(axis=0), frame.max(axis=0)
    span = np.where(high > low, high - low, 1)
    out = np.full((_CANVAS, _CANVAS, 3), _PAPER, np.uint8)
    for some, colour in ((real, _REAL), (points, _DRAWN)):
        if some is None:
            continue
        at = np.rint(((some - low) / span * 0.7 + 0.15) * (_CANVAS - 1))
        inside = at[((at > 0) & (at < _CANVAS - 1)).all(axis=1)].astype(int)
        for dx in (-1, 0, 1):
            for dy in (-1, 0, 1):
                out[_CANVAS - 1 - inside[:, 1] + dy, inside[:, 0] + dx] = colour
    return out
