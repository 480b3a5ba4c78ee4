"""What is written is read back bit for bit, by nntrain and by NumPy."""

import hashlib
import io
import json
import os
import zipfile

import numpy as np
import pytest

from nntrain.files import archive, checkpoint


def test_arrays_and_manifest_come_back_bit_for_bit(path, content):
    _, _, MANIFEST = content
    arrays = {
        "scalar": np.array(3, np.int64),
        "empty": np.zeros((0, 4)),
        "f.W": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "strided": np.arange(10, dtype=np.uint8)[::3],
        "big_endian": np.arange(3, dtype=">f8"),
        "special": np.array([np.nan, -np.inf, -0.0, 5e-324]),
        "é/日本": np.zeros((1, 1), np.int8),
    }
    checkpoint.write(path, arrays, MANIFEST)
    read = checkpoint.read(path)
    assert list(read.arrays) == list(arrays)
    for name, array in arrays.items():
        assert read.arrays[name].shape == array.shape
        assert read.arrays[name].dtype == array.dtype.newbyteorder("<")
        assert read.arrays[name].tobytes() == archive.canonical(array).tobytes()
    assert {key: read.manifest[key] for key in MANIFEST} == MANIFEST


def test_numpy_and_zip_tools_open_it_without_pickle(path, good, content):
    ARRAYS, _, _ = content
    with np.load(path, allow_pickle=False) as opened:
        assert opened.files == ["dense_1.W", "dense_1.b", "optimizer/velocity/dense_1.W", "manifest", "digest"]
        np.testing.assert_array_equal(opened["dense_1.W"], ARRAYS["dense_1.W"])
        text = opened["manifest"].tobytes()
        assert opened["digest"].tobytes() == hashlib.sha256(text).digest()
        assert json.loads(text.decode("utf-8"))["step"] == 7
    with zipfile.ZipFile(path) as opened:
        assert opened.testzip() is None
        for info in opened.infolist():
            assert (info.compress_type, info.date_time) == (zipfile.ZIP_STORED, (1980, 1, 1, 0, 0, 0))


def test_each_hash_is_that_of_the_unpacked_npy_file(path, good, content):
    ARRAYS, STATE, _ = content
    hashes = checkpoint.read(path).manifest["sha256"]
    with zipfile.ZipFile(path) as opened:
        assert hashes == {name: hashlib.sha256(opened.read(f"{name}.npy")).hexdigest() for name in ARRAYS | STATE}


def test_the_npy_headers_are_those_that_numpy_understands(path, good, content):
    ARRAYS, STATE, _ = content
    with zipfile.ZipFile(path) as opened:
        for name, array in (ARRAYS | STATE).items():
            member = io.BytesIO(opened.read(f"{name}.npy"))
            assert np.lib.format.read_magic(member) == (1, 0)
            assert np.lib.format.read_array_header_1_0(member) == (array.shape, False, array.dtype)
            assert member.tell() % 64 == 0


def test_the_bytes_depend_on_the_content_alone(tmp_path, monkeypatch, content):
    ARRAYS, STATE, MANIFEST = content
    here, there = tmp_path / "a.npz", tmp_path / "there" / "b.npz"
    there.parent.mkdir()
    checkpoint.write(here, ARRAYS | STATE, MANIFEST)
    monkeypatch.setattr("time.time", lambda: 4e9)
    copies = {name: np.asfortranarray(array.copy()) for name, array in (STATE | ARRAYS).items()}
    checkpoint.write(there, copies, MANIFEST)
    assert here.read_bytes() == there.read_bytes()
    checkpoint.write(there, ARRAYS | STATE, MANIFEST | {"step": 8})
    assert here.read_bytes() != there.read_bytes()


def test_what_was_read_writes_the_same_bytes_again(path, good):
    read = checkpoint.read(path)
    checkpoint.write(path, read.arrays, read.manifest)
    assert path.read_bytes() == good


def test_parameters_come_before_optimizer_state_whatever_the_order_given(path, content):
    ARRAYS, STATE, MANIFEST = content
    checkpoint.write(path, STATE | ARRAYS, MANIFEST)
    assert list(checkpoint.read(path).arrays) == [*ARRAYS, *STATE]


def test_not_a_number_is_null_in_the_manifest(path, content):
    ARRAYS, _, _ = content
    checkpoint.write(
        path, ARRAYS, {"step": 1, "values": [float("nan"), float("inf"), np.float64("nan"), np.float32(0.5)]}
    )
    assert checkpoint.read(path).manifest["values"] == [None, None, None, 0.5]


def test_the_manifest_alone_is_the_same_manifest(path, good):
    assert checkpoint.read_manifest(path) == checkpoint.read(path).manifest


def test_a_wrong_array_or_name_is_refused_when_it_is_written(path):
    for arrays in (
        {"W": np.array(["a"])},
        {"W": np.array([None])},
        {"W": np.ones(2, bool)},
        {"W": np.ones(2, complex)},
    ):
        with pytest.raises(TypeError, match="holds numbers"):
            checkpoint.write(path, arrays, {})
    for name in ("../W", "/W", "a//b", "a/./b", "", "a\\b", "C:W", "a\nb", "\udc80", "manifest", "digest"):
        with pytest.raises(ValueError, match="name"):
            checkpoint.write(path, {name: np.ones(1)}, {})
    assert os.listdir(path.parent) == []
