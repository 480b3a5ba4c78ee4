"""The format .safetensors, as the package of that name reads and writes it."""

import json
import struct

import numpy as np
import pytest

from nntrain.files import safetensors

ARRAYS = {
    "dense_1.W": np.arange(6, dtype=np.float32).reshape(2, 3),
    "b": np.array([[1.5], [2.5]]),
    "none": np.zeros((0, 3), np.float32),
    "count": np.array(7, np.int64),
}


def same(a, b):
    assert {*a} == {*b}
    for name in a:
        assert a[name].dtype == b[name].dtype
        np.testing.assert_array_equal(a[name], b[name])


def test_what_is_written_is_read_again():
    arrays, metadata = safetensors.load(safetensors.dump(ARRAYS, {"name": "é"}))
    same(arrays, ARRAYS)
    assert metadata == {"name": "é"}


def test_the_package_reads_what_we_write_and_we_what_it_writes():
    package = pytest.importorskip("safetensors.numpy")
    same(package.load(safetensors.dump(ARRAYS)), ARRAYS)
    same(safetensors.load(package.save(ARRAYS, {"format": "np"}))[0], ARRAYS)


def test_brain_floats_are_read_as_float32():
    torch, package = pytest.importorskip("torch"), pytest.importorskip("safetensors.torch")
    numbers = torch.tensor([[1.5, -2e30, 3e-30], [0, float("inf"), 1 / 3]])
    (read,) = safetensors.load(package.save({"x": numbers.bfloat16()}))[0].values()
    np.testing.assert_array_equal(read, numbers.bfloat16().float().numpy())
    assert read.dtype == np.float32


def file(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "eight bytes"),
        (struct.pack("<Q", 1 << 40), "a header of"),
        (file(b"{"), "not JSON"),
        (file([]), "no JSON object"),
        (file({"__metadata__": {"a": 1}}), "not words"),
        (file({"x": 3}), "x: its entry"),
        (file({"x": {"dtype": "F8_E5M2", "shape": [1], "data_offsets": [0, 1]}}, b"0"), "x: its dtype F8_E5M2"),
        (file({"x": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 2]}}, b"00"), "x: 2 bytes"),
        (file({"x": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}, b"0000"), "x: its shape"),
        (file({"x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}, b"0000"), "x: 4 bytes"),
        (file({"x": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}), "x: 4 bytes"),
        (file({"x": {"dtype": "F32", "shape": [1], "data_offsets": [4]}}), "x: "),
    ],
)
def test_what_is_no_such_file_is_told_in_a_line(content, said):
    with pytest.raises(ValueError, match=said):
        safetensors.load(content)
