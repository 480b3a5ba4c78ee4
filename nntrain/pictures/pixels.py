"""Arrays as pictures: images, signed matrices, grids of tiles."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from math import ceil, sqrt

import numpy as np

from nntrain.model.shapes import Array
from nntrain.pictures import png

_TILE = 24  # pixels that a tile of weights takes at least, about


def data_uri(pixels: Array) -> str:
    """The picture as the text of a `src` attribute."""
    return as_uri(png.encode(pixels))


def from_image(image: Array) -> Array:
    """uint8 pixels of one image (C, H, W) with values in 0 … 1, clipped: 3 channels are RGB, else the first is grey."""
    scaled = np.rint(np.clip(np.nan_to_num(image), 0, 1) * 255).astype(np.uint8)
    return np.ascontiguousarray(np.moveaxis(scaled, 0, -1)) if len(image) == 3 else scaled[0]


def grid(images: Array, columns: int | None = None) -> Array:
    """uint8 pixels of images (N, C, H, W) in 0 … 1 side by side."""
    return side_by_side([from_image(image) for image in images], columns)


def signed(values: Array) -> Array:
    """uint8 RGB of a matrix: blue below 0, white at 0, red above, the largest magnitude in full colour."""
    largest = float(np.abs(values).max()) or 1.0
    x = np.clip(np.nan_to_num(values) / largest, -1, 1)[..., None]
    white, blue, red = np.array([247, 247, 247]), np.array([33, 102, 172]), np.array([178, 24, 43])
    colour = np.where(x < 0, white + (blue - white) * -x, white + (red - white) * x)
    pixels: Array = np.rint(colour).astype(np.uint8)
    return pixels


def heat(amounts: Array) -> Array:
    """uint8 RGB of a matrix of amounts ≥ 0: black at 0 through red and yellow to white at the largest."""
    largest = float(amounts.max()) or 1.0
    x = np.clip(np.nan_to_num(amounts) / largest, 0, 1)[..., None]
    pixels: Array = np.rint(255 * np.clip(3 * x - np.array([0, 1, 2]), 0, 1)).astype(np.uint8)
    return pixels


def signed_grid(tiles: Array) -> Array:
    """uint8 RGB of matrices (N, H, W) side by side, all on one scale; small ones enlarged, so that gaps stay thin."""
    count, height, width = tiles.shape
    times = max(1, _TILE // max(height, width))
    coloured = signed(tiles.reshape(count * height, width)).reshape(count, height, width, 3)
    return side_by_side([tile.repeat(times, axis=0).repeat(times, axis=1) for tile in coloured])


def side_by_side(tiles: Sequence[Array], columns: int | None = None, gap: int = 1) -> Array:
    """uint8 pixels of equally large tiles in rows, about as wide as high where `columns` is not given."""
    columns = columns or ceil(sqrt(len(tiles)))
    height, width = tiles[0].shape[0] + gap, tiles[0].shape[1] + gap
    shape = (ceil(len(tiles) / columns) * height - gap, columns * width - gap, *tiles[0].shape[2:])
    whole = np.full(shape, 160, np.uint8)
    for i, tile in enumerate(tiles):
        top, left = i // columns * height, i % columns * width
        whole[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
    return whole


def as_uri(content: bytes) -> str:
    """A PNG file's bytes as the text of a `src` attribute."""
    return "data:image/png;base64," + base64.b64encode(content).decode()
