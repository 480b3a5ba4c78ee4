"""Small files that unpack to far more than data would: one line, and memory for no more than was promised."""

import gzip
import struct
import tracemalloc
import zlib

import numpy as np
import pytest

from nntrain.data import Csv, Npz, packed
from nntrain.data.array_files import read_npz
from nntrain.data.image_files import decode
from nntrain.data.mnist import read_idx
from nntrain.errors import DataError

LARGE = 8 << 20


@pytest.fixture
def little_memory(monkeypatch):
    monkeypatch.setattr(packed, "_ENOUGH", 6 << 20)  # so that the files of these tests are made quickly
    tracemalloc.start()
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6 << 20


@pytest.fixture(scope="module")
def zeros(tmp_path_factory):
    path = tmp_path_factory.mktemp("large") / "zeros.npz"
    np.savez_compressed(path, x=np.zeros(LARGE, np.uint8), y=np.arange(3))
    return path


def test_an_archive_of_zeros(zeros, little_memory):
    with pytest.raises(
        DataError, match=r"zeros\.npz:x: error: .* bytes that unpack to 8,388,\d+ or more are no data; if"
    ):
        Npz(zeros).load(0, "float32")
    assert read_npz(zeros, ("y",))[0].tolist() == [0, 1, 2]


def idx(*shape):
    return struct.pack(f">4B{len(shape)}I", 0, 0, 8, len(shape), *shape)


def test_an_idx_file_with_more_than_its_header_says(tmp_path, little_memory):
    path = tmp_path / "images.gz"
    with gzip.open(path, "wb") as file:
        file.write(idx(10, 28, 28))
        for _ in range(LARGE >> 20):
            file.write(bytes(1 << 20))
    with pytest.raises(DataError, match=r"images\.gz: error: more than 7840 bytes of data where its header says 7840"):
        read_idx(path, 3)


@pytest.mark.parametrize(
    ("name", "words"), [("i.gz", "unpack to 3,136,000,000 or more"), ("i", "0 bytes of data where")]
)
def test_an_idx_file_whose_header_says_too_much(tmp_path, little_memory, name, words):
    path = tmp_path / name
    path.write_bytes(gzip.compress(idx(4_000_000, 28, 28)) if name.endswith("gz") else idx(4_000_000, 28, 28))
    with pytest.raises(DataError, match=words):
        read_idx(path, 3)


@pytest.mark.parametrize("line", [b"\n", b" \n", b"1,2\n", b"0"])
def test_a_packed_table_of_nothing_but_the_same(tmp_path, little_memory, line):
    path = tmp_path / "t.csv.gz"
    with gzip.open(path, "wb", compresslevel=9) as file:
        for _ in range(LARGE >> 20):
            file.write(line * ((1 << 20) // len(line)))
    with pytest.raises(
        DataError, match=r"t\.csv\.gz: error: .* or more are no data; unpack the file if they are meant"
    ):
        Csv(path).load(0, "float32")


def test_a_picture_of_nothing(tmp_path, little_memory):
    pytest.importorskip("PIL")

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", 12_000, 12_000, 8, 2, 0, 0, 0)
    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(10))))
    with pytest.raises(DataError, match=r"a\.png: error: \d+ bytes that unpack to 432,000,000 or more are no data"):
        decode([path], "rgb", (28, 28), None, "white", [])


@pytest.mark.parametrize(
    ("columns", "rows", "words"),
    [(132_000, 3, "132,000 columns are no table"), (30_000, 1, "30,000 columns and 1 row are no table")],
)
def test_more_columns_than_a_table_has(tmp_path, columns, rows, words):
    path = tmp_path / "t.csv"
    path.write_text(("1," * (columns - 1) + "0\n") * rows)
    with pytest.raises(DataError, match=rf"t\.csv:1:1: error: {words}; does it lack line ends\?"):
        Csv(path).load(0, "float32")
