"""Large PNG files that are not what they say: found out before a decoder takes memory for all of it."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import IO

from nntrain.errors import DataError

_LARGE = 1 << 25  # bytes from which on a file is looked at
_PIECE = 1 << 20
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by type of colour


def check_png(file: Path) -> None:
    """Raise DataError for a large PNG that is cut, or far larger than its pixels.  Other files pass.

    Chunk: length (4 bytes, big-endian), name (4), content, checksum (4).  The first says width, height, bits, colour.
    """
    size = file.stat().st_size
    if size <= _LARGE:
        return
    with file.open("rb") as opened:
        start = opened.read(33)
        if not start.startswith(b"\x89PNG\r\n\x1a\n") or start[12:16] != b"IHDR":
            return
        width, height = (int.from_bytes(start[k : k + 4], "big") for k in (16, 20))
        if size > _LARGE + 8 * width * height:  # a pixel has 8 bytes at most
            raise DataError(f"{file}: error: {size:,} bytes for {height} × {width} pixels are no picture; leave it out")
        bits = width * start[24] * _CHANNELS.get(start[25], 1)
        expected = height * (1 + (bits + 7) // 8)
        if _cut(opened, 0 if start[28] else expected):
            raise DataError(f"{file}: error: the file is cut: it has not all of its {height} × {width} pixels")


def _cut(opened: IO[bytes], expected: int) -> bool:
    """Whether a file, read up to its second chunk, ends before its last one, or its pixels take fewer bytes."""
    inflated, inflate = 0, zlib.decompressobj()
    while len(head := opened.read(8)) == 8:
        left, name = int.from_bytes(head[:4], "big"), head[4:]
        if name == b"IEND":
            return inflated < expected
        while left and inflated < expected and name == b"IDAT":
            piece = opened.read(min(left, _PIECE))
            if not piece:
                return True
            left -= len(piece)
            while piece and not inflate.eof and inflated < expected:
                try:
                    inflated += len(inflate.decompress(piece, _PIECE))
                except zlib.error:
                    return False  # which the decoder tells
                piece = inflate.unconsumed_tail
            if inflate.eof:
                break
        opened.seek(left + 4, 1)
    return True
