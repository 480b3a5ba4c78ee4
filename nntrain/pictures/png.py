"""PNG files, with nothing but zlib: 8 bits a channel, grey or RGB.   W3C, Portable Network Graphics, second edition."""

from __future__ import annotations

import os
import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntrain.files.storage import write_atomic

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY, _RGB = 0, 2


def encode(image: NDArray[Any]) -> bytes:
    """The file of an image of uint8: grey (H, W) or RGB (H, W, 3), row 0 at the top.  Equal pixels, equal bytes."""
    if image.dtype != np.uint8 or not (image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 3)) or not image.size:
        raise ValueError(f"expected uint8 (H, W) or (H, W, 3), got {image.dtype} {image.shape}")
    height, width = image.shape[:2]
    rows = image.reshape(height, -1)
    filtered = np.zeros((height, 1 + rows.shape[1]), np.uint8)  # a row begins with its filter; 0: none
    filtered[:, 1:] = rows
    header = struct.pack(">IIBBBBB", width, height, 8, _GREY if image.ndim == 2 else _RGB, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(filtered.tobytes(), 9)), (b"IEND", b""))
    return SIGNATURE + b"".join(_chunk(name, data) for name, data in chunks)


def write(path: str | os.PathLike[str], image: NDArray[Any]) -> None:
    """The image in a file, whole or not at all.  Raises StorageError."""
    write_atomic(path, [encode(image)], durable=False)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
