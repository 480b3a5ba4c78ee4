"""The format .safetensors: named arrays in one file, which can hold nothing that is executed.

Eight bytes with the length of a header, the header (JSON: dtype, shape and place of every array, and `__metadata__`,
words by name), and the arrays' bytes one after the other, little-endian.  The form is fixed and this small, so nntrain
writes and reads it itself: no package to install, none to keep up with.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_NAMES = {"<f8": "F64", "<f4": "F32", "<f2": "F16", "<i8": "I64", "<i4": "I32", "<i2": "I16", "|i1": "I8"}
_NAMES |= {"<u8": "U64", "<u4": "U32", "<u2": "U16", "|u1": "U8", "|b1": "BOOL"}
_DTYPES = {name: np.dtype(text) for text, name in _NAMES.items()}
_LENGTH = struct.Struct("<Q")
_LONGEST_HEADER = 100_000_000  # bytes, as the format says


def dump(arrays: Mapping[str, Array], metadata: Mapping[str, str] | None = None) -> bytes:
    """The file's content."""
    header: dict[str, object] = {"__metadata__": dict(metadata)} if metadata else {}
    pieces: list[bytes] = []
    end = 0
    for name, array in arrays.items():
        little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        start, end = end, end + little.nbytes
        header[name] = {
            "dtype": _NAMES[little.dtype.str],
            "shape": list(array.shape),
            "data_offsets": [start, end],
        }
        pieces.append(little.tobytes())
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)  # the arrays begin at a multiple of 8
    return b"".join([_LENGTH.pack(len(text)), text, *pieces])


def load(content: bytes) -> tuple[dict[str, Array], dict[str, str]]:
    """The arrays of a file, and its metadata.  Raises ValueError for what is not of this format."""
    if len(content) < _LENGTH.size:
        raise ValueError("shorter than its first eight bytes")
    (length,) = _LENGTH.unpack_from(content)
    start = _LENGTH.size + length
    if length > _LONGEST_HEADER or start > len(content):
        raise ValueError(f"a header of {length} bytes in a file of {len(content)}")
    try:
        header = json.loads(content[_LENGTH.size : start])
    except (ValueError, RecursionError):
        raise ValueError("its header is not JSON") from None
    if not isinstance(header, dict):
        raise ValueError("its header is no JSON object")
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise ValueError("its metadata are not words")
    return {name: _array(content, start, name, entry) for name, entry in header.items()}, metadata


def _array(content: bytes, start: int, name: str, entry: object) -> Array:
    """One array, a view of the content."""
    if not isinstance(entry, dict):
        raise ValueError(f"{name}: its entry is no JSON object")
    is_brain_float = entry.get("dtype") == "BF16"  # the first half of the bits of a float32
    dtype = np.dtype("<u2") if is_brain_float else _DTYPES.get(str(entry.get("dtype")))
    if dtype is None:
        raise ValueError(f"{name}: its dtype {entry.get('dtype')} is none that nntrain reads")
    shape, (begin, end, *_) = _wholes(name, entry.get("shape")), (*_wholes(name, entry.get("data_offsets")), -1, -1)
    if end - begin != prod(shape) * dtype.itemsize or start + end > len(content):
        raise ValueError(f"{name}: {end - begin} bytes of the file do not hold {shape} of {dtype}")
    found = np.frombuffer(content, dtype, prod(shape), start + begin).reshape(shape)
    return (found.astype("<u4") << 16).view("<f4") if is_brain_float else found


def _wholes(name: str, value: object) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(type(one) is int and one >= 0 for one in value):
        raise ValueError(f"{name}: its shape and its place are whole numbers, not {value}")
    return tuple(value)
