"""Changes to training images that keep their label: drawn anew for every batch, never in validation, test or predict.

X (C, H, W, m) is a batch as the network takes it, standardized already where the dataset says so.  What is drawn comes
from a stream keyed by the step, so a resumed run sees what the uninterrupted one would have seen.
"""

from __future__ import annotations

import numpy as np

from nntrain.components import arg, component
from nntrain.data.base import Augmentation
from nntrain.data.standardize import Standardization
from nntrain.model.shapes import Array, Shape
from nntrain.runtime.streams import Stream


@component("flip")
class Flip(Augmentation):
    """Left and right exchanged, of each image with this probability."""

    probability: float = arg("share of the images that are flipped", default=0.5, ge=0, le=1)

    def __call__(self, X: Array, stream: Stream) -> Array:
        chosen = np.flatnonzero(stream.uniform((X.shape[-1],)) < self.probability)
        X[..., chosen] = X[:, :, ::-1, chosen]
        return X


@component("crop")
class Crop(Augmentation):
    """Zeros around the image, and out of that an image of the old size at a random place.  He et al. (2016), 4.2."""

    padding: int = arg("pixels of zeros on every side", default=4, ge=1, le=1000)

    def __call__(self, X: Array, stream: Stream) -> Array:
        _, H, W, m = X.shape
        moved = stream.integers(2 * self.padding + 1, (2, m)) - self.padding
        return _pixels(X, np.arange(H)[:, None, None] + moved[0], np.arange(W)[:, None] + moved[1])


@component("shift")
class Shift(Augmentation):
    """Moved up or down and sideways by up to so many pixels, fractions included; zeros come in."""

    pixels: float = arg("largest distance in each direction", default=2.0, gt=0, le=1000)

    def __call__(self, X: Array, stream: Stream) -> Array:
        _, H, W, m = X.shape
        down, right = self.pixels * (2 * stream.uniform((2, m)) - 1)
        rows, columns = np.arange(H)[:, None, None] - down, np.arange(W)[:, None] - right
        return _between(X, rows, columns)


@component("rotate")
class Rotate(Augmentation):
    """Turned about its centre by up to so many degrees either way; zeros come in at the corners."""

    degrees: float = arg("largest angle", default=10.0, gt=0, le=180)

    def __call__(self, X: Array, stream: Stream) -> Array:
        _, H, W, m = X.shape
        angle = np.radians(self.degrees) * (2 * stream.uniform((m,)) - 1)
        y, x = np.arange(H)[:, None, None] - (H - 1) / 2, np.arange(W)[:, None] - (W - 1) / 2
        rows = np.cos(angle) * y - np.sin(angle) * x + (H - 1) / 2
        columns = np.sin(angle) * y + np.cos(angle) * x + (W - 1) / 2
        return _between(X, rows, columns)


@component("cutout")
class Cutout(Augmentation):
    """A square of zeros with its centre at a random pixel; it may hang over the edge.  DeVries and Taylor (2017)."""

    size: int = arg("pixels along a side of the square", default=8, ge=1)

    def __call__(self, X: Array, stream: Stream) -> Array:
        _, H, W, m = X.shape
        top = stream.integers(H, (m,)) - self.size // 2
        left = stream.integers(W, (m,)) - self.size // 2
        y, x = np.arange(H)[:, None, None], np.arange(W)[:, None]
        inside = (y >= top) & (y < top + self.size) & (x >= left) & (x < left + self.size)
        X *= ~inside
        return X


@component("normalize")
class Normalize(Augmentation):
    """(X − mean) / deviation by channel, with given numbers; `standardize: true` of the dataset fits them instead.

    Nothing is drawn: all parts are normalized so, and the inputs of predict, before any other augmentation.
    """

    mean: tuple[float, ...] = arg("mean of each channel, in the network's units (pixels in 0 … 1)")
    deviation: tuple[float, ...] = arg("standard deviation of each channel", ge=1e-6)

    def declare(self, shape: Shape) -> None:
        super().declare(shape)
        if not self._fits(shape):
            given = f"{len(self.mean)} means and {len(self.deviation)} deviations"
            raise ValueError(f"{given}, the images have {shape[0]} channel{'s' if shape[0] > 1 else ''}")

    def scaling(self, shape: Shape) -> Standardization | None:
        return Standardization(self.mean, self.deviation) if self._fits(shape) else None

    def _fits(self, shape: Shape) -> bool:
        return len(shape) == 3 and len(self.mean) == len(self.deviation) == shape[0]

    def __call__(self, X: Array, stream: Stream) -> Array:
        return X


def _framed(X: Array, rows: Array, columns: Array) -> tuple[Array, Array]:
    """X in a frame of zeros, as (C, pixels · m), and where in it each image's pixel at (row, column) stands.

    Rows and columns are whole numbers, from -1 to H and to W; the frame has one more pixel at the bottom and the right.
    """
    C, H, W, m = X.shape
    framed = np.zeros((C, H + 3, W + 3, m), X.dtype)
    framed[:, 1 : H + 1, 1 : W + 1] = X
    places = (rows + 1) * ((W + 3) * m) + ((columns + 1) * m + np.arange(m))
    return framed.reshape(C, -1), places.astype(np.intp, copy=False)


def _pixels(X: Array, rows: Array, columns: Array) -> Array:
    """Y[c, i, j, k] = X[c, rows[i, j, k], columns[i, j, k], k], zero where that lies outside."""
    _, H, W, _ = X.shape
    framed, places = _framed(X, np.clip(rows, -1, H), np.clip(columns, -1, W))
    return framed.take(places, axis=1)


def _between(X: Array, rows: Array, columns: Array) -> Array:
    """X at rows and columns that are no whole numbers: bilinear between the four pixels around."""
    _, H, W, m = X.shape
    rows, columns = np.clip(rows, -1, H), np.clip(columns, -1, W)
    top, left = np.floor(rows), np.floor(columns)
    down, right = (rows - top).astype(X.dtype), (columns - left).astype(X.dtype)
    up, back = 1 - down, 1 - right
    framed, places = _framed(X, top, left)
    below = (W + 3) * m
    Y = framed.take(places, axis=1)
    Y *= up * back
    for distance, share in ((m, up * right), (below, down * back), (below + m, down * right)):
        part = framed.take(places + distance, axis=1)
        part *= share
        Y += part
    return Y
