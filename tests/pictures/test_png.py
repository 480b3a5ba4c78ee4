"""PNG files say what the image was, to any reader: here one written from the specification."""

import struct
import zlib

import numpy as np
import pytest

from nntrain.errors import StorageError
from nntrain.pictures import png


def read(content):
    """The image of a PNG of 8 bits without filters and interlacing; checks every chunk's CRC."""
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = [], 8
    while at < len(content):
        (length,) = struct.unpack_from(">I", content, at)
        name, data = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", content, at + 8 + length) == (zlib.crc32(name + data),)
        chunks.append((name, data))
        at += 12 + length
    assert [name for name, _ in chunks] == [b"IHDR", b"IDAT", b"IEND"]
    width, height, depth, colour, *methods = struct.unpack(">IIBBBBB", chunks[0][1])
    assert (depth, methods) == (8, [0, 0, 0])
    channels = {0: 1, 2: 3}[colour]
    rows = np.frombuffer(zlib.decompress(chunks[1][1]), np.uint8).reshape(height, 1 + width * channels)
    assert not rows[:, 0].any()
    return rows[:, 1:].reshape((height, width, 3) if channels == 3 else (height, width))


@pytest.mark.parametrize("shape", [(1, 1), (5, 7), (3, 4, 3), (300, 200)])
def test_what_is_written_is_what_is_read(shape, tmp_path):
    image = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    png.write(tmp_path / "image.png", image)
    np.testing.assert_array_equal(read((tmp_path / "image.png").read_bytes()), image)


def test_views_in_another_memory_order_are_the_same_image():
    image = np.arange(12, dtype=np.uint8).reshape(3, 4)
    np.testing.assert_array_equal(read(png.encode(image.T[::-1])), image.T[::-1])


@pytest.mark.parametrize("image", [np.zeros((2, 2)), np.zeros((2, 2, 2), np.uint8), np.zeros((0, 2), np.uint8)])
def test_what_is_no_image_is_refused(image):
    with pytest.raises(ValueError, match="expected uint8"):
        png.encode(image)


def test_a_failed_write_leaves_nothing(tmp_path):
    with pytest.raises(StorageError, match="nowhere"):
        png.write(tmp_path / "nowhere" / "image.png", np.zeros((2, 2), np.uint8))
    assert not list(tmp_path.iterdir())
