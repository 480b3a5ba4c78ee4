"""MNIST and Fashion-MNIST: the IDX files, the cache, the download (from a folder: no network here)."""

import gzip
import hashlib
import os
import socket
import struct
import threading

import numpy as np
import pytest

from nntrain.data import MNIST, FashionMNIST, download
from nntrain.data.mnist import FILES
from nntrain.errors import DataError

RNG = np.random.default_rng(0)
IMAGES = {40: RNG.integers(0, 256, (40, 28, 28), np.uint8), 10: RNG.integers(0, 256, (10, 28, 28), np.uint8)}


def idx(array):
    return struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


CONTENTS = [
    idx(array)
    for n in (40, 10)
    for array in (IMAGES[n], (np.arange(n) % 10).astype(np.uint8))
]  # fmt: skip


def write(folder, contents=CONTENTS, suffix=".gz", names=FILES):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in zip(names, contents, strict=True):
        (folder / (name + suffix)).write_bytes(gzip.compress(content, mtime=0) if suffix else content)
    return folder


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_the_original_files_are_read_packed_or_unpacked(tmp_path, suffix):
    data = MNIST(write(tmp_path, suffix=suffix), validation=0.25).load(0, "float32")
    assert [(name, part.size) for name, part in data.parts.items()] == [("train", 30), ("validation", 10), ("test", 10)]
    assert (data.facts.input_shape, data.facts.classes) == ((1, 28, 28), 10)
    batch = data.parts["test"].batch(np.array([7, 2]))
    np.testing.assert_allclose(batch.X[0, ..., 0], IMAGES[10][7] / 255, rtol=1e-6)
    assert batch.Y.tolist() == [7, 2]


def test_large_sets_stay_integers_until_the_batch_with_the_same_numbers(tmp_path, monkeypatch):
    dataset = MNIST(write(tmp_path), validation=0, standardize=True)
    plain = MNIST(tmp_path, validation=0)
    rows = np.arange(40)
    early = [d.load(0, "float64").parts["train"].batch(rows).X for d in (dataset, plain)]
    monkeypatch.setattr("nntrain.data.array_part.EAGER_BYTES", 0)
    parts = [d.load(0, "float64").parts["train"] for d in (dataset, plain)]
    for part, X in zip(parts, early, strict=True):
        assert part.inputs.flat.dtype == np.uint8
        np.testing.assert_allclose(part.batch(rows).X, X, rtol=1e-12, atol=1e-14)
    assert abs(early[0].mean()) < 1e-12
    assert abs(early[0].std() - 1) < 1e-12


def test_the_checksum_does_not_depend_on_packing(tmp_path):
    sums = {MNIST(write(tmp_path / (s or "raw"), suffix=s)).load(0, "float32").sha256 for s in ("", ".gz")}
    assert len(sums) == 1


@pytest.mark.parametrize(
    ("which", "content", "words"),
    [
        (0, CONTENTS[0][:-1], "31359 bytes of data where its header says 31360"),
        (0, b"", "not an IDX file"),
        (0, CONTENTS[1], "not an IDX file of unsigned bytes with 3 axes"),
        (0, struct.pack(">4B3I", 0, 0, 8, 3, 2**32 - 1, 28, 28), "0 bytes of data where"),
        (1, CONTENTS[3], "10 labels for the 40 images"),
        (3, idx(np.full(10, 11, np.uint8)), r"t10k-labels-idx1-ubyte:1: error: label 11, expected 0 to 9"),
        (2, idx(np.zeros((10, 20, 28), np.uint8)), "expected some of 28 × 28"),
        (2, idx(np.zeros((0, 28, 28), np.uint8)), "0 images of"),
    ],
)
def test_a_damaged_file_is_a_data_error_that_names_it(tmp_path, which, content, words):
    contents = list(CONTENTS)
    contents[which] = content
    with pytest.raises(DataError, match=words) as caught:
        MNIST(write(tmp_path, contents, suffix="")).load(0, "float32")
    assert str(caught.value).startswith(str(tmp_path / FILES[which]))


def test_a_torn_archive_is_a_data_error(tmp_path):
    path = write(tmp_path) / (FILES[0] + ".gz")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match="cannot be read"):
        MNIST(tmp_path).load(0, "float32")


def test_files_that_are_not_there_are_named(tmp_path):
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte\.gz: error: no such file, nor .* unpacked"):
        FashionMNIST(tmp_path).load(0, "float32")


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """A folder in the place of the network, and an empty cache."""
    folder = write(tmp_path / "mirror")
    sums = tuple(hashlib.sha256((folder / f"{name}.gz").read_bytes()).hexdigest() for name in FILES)
    monkeypatch.setattr(MNIST, "url", folder.as_uri() + "/")
    monkeypatch.setattr(MNIST, "sha256", sums)
    monkeypatch.setenv("NNTRAIN_CACHE", str(tmp_path / "cache"))
    return folder


def test_without_root_the_files_are_fetched_once_into_the_cache(mirror, tmp_path, capsys):
    assert MNIST().load(0, "float32").parts["test"].size == 10
    for name in FILES:
        (mirror / f"{name}.gz").unlink()
    assert MNIST().load(0, "float32").parts["test"].size == 10
    assert sorted(p.name for p in (tmp_path / "cache" / "mnist").iterdir()) == sorted(f"{n}.gz" for n in FILES)
    assert capsys.readouterr() == ("", "")  # no terminal, no progress


@pytest.mark.parametrize("nameless", [True, False])
def test_what_was_fetched_has_the_rights_of_any_file(mirror, tmp_path, monkeypatch, nameless):
    if not nameless:
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    before = os.umask(0o027)
    try:
        MNIST().load(0, "float32")
    finally:
        os.umask(before)
    found = list((tmp_path / "cache" / "mnist").iterdir())
    assert sorted(path.name for path in found) == sorted(name + ".gz" for name in FILES)
    assert {path.stat().st_mode & 0o777 for path in found} == {0o640}


def test_a_download_that_is_killed_leaves_nothing(mirror, tmp_path, monkeypatch):
    if not hasattr(os, "O_TMPFILE"):
        pytest.skip("a file without a name is Linux's")
    seen = []
    monkeypatch.setattr(download, "_copy", lambda *_: seen.extend((tmp_path / "cache" / "mnist").iterdir()))
    with pytest.raises(DataError):
        MNIST().load(0, "float32")
    assert seen == []  # while it is on its way there is no name that could stay


def test_a_wrong_checksum_leaves_nothing_behind(mirror, tmp_path):
    (mirror / f"{FILES[0]}.gz").write_bytes(b"something else")
    with pytest.raises(DataError, match=r"SHA-256 .* was expected; the file was not kept"):
        MNIST().load(0, "float32")
    assert list((tmp_path / "cache" / "mnist").iterdir()) == []


def test_an_answer_that_is_no_http_is_one_clear_line(mirror, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            with server.accept()[0] as connection:
                connection.recv(1000)
                connection.sendall(b"good morning\n")

        threading.Thread(target=answer, daemon=True).start()
        monkeypatch.setattr(MNIST, "url", f"http://127.0.0.1:{server.getsockname()[1]}/")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        with pytest.raises(DataError, match=r"cannot be downloaded .* by hand, or give dataset\.root"):
            MNIST().load(0, "float32")


def test_no_network_is_one_clear_line(mirror):
    (mirror / f"{FILES[0]}.gz").unlink()
    with pytest.raises(DataError, match=r"cannot be downloaded .* by hand, or give dataset\.root") as caught:
        MNIST().load(0, "float32")
    assert "\n" not in str(caught.value)
