"""The container of a checkpoint: an .npz that can have one form only.

`dump` and `scan` share the functions that build every byte which is not data.  The reader rebuilds them from the few
facts it needs (name, dtype, shape, CRC) and demands that the file holds exactly these, so there is no header bit,
gap, extra field or trailing byte that could be damaged or abused unseen.  Members are always in zip64 form: one form
for every size, which `np.load`, `zipfile` and `unzip` read.

Formats: PKWARE APPNOTE 4.3.7 (local header), 4.3.12 (directory), 4.3.14-16 (its end); NumPy's NEP 1 (.npy 1.0).
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from collections.abc import Iterable, Iterator
from math import prod
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

DTYPES = frozenset(("<f4", "<f8", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<u8"))

_VERSION, _UTF8, _STORED, _TIME, _DATE = 45, 0x800, 0, 0, 0x21  # zip64 is version 4.5; 1980-01-01
_IN_EXTRA_16, _IN_EXTRA = 0xFFFF, 0xFFFFFFFF
_LOCAL = struct.Struct("<4s5H3L2H")
_LOCAL_EXTRA = struct.Struct("<2H2Q")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_ENTRY_EXTRA = struct.Struct("<2H3Q")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_END = struct.Struct("<4s4H2LH")
_NPY_PREFIX = struct.Struct("<8sH")
_NPY_MAGIC = b"\x93NUMPY\x01\x00"
_NPY_TEXT = re.compile(
    rb"\{'descr': '([<|][fiu][1248])', 'fortran_order': False, "
    rb"'shape': \(((?:[0-9]{1,18}, ?){0,32}(?:[0-9]{1,18})?)\), \} *\n"
)

Array = NDArray[Any]


class Damaged(Exception):
    """The file is not what `dump` writes; the message says where and how."""


class Member(NamedTuple):
    """One array of the file: `start` is where its .npy header begins, `crc` covers header and data."""

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    start: int
    crc: int

    @property
    def header(self) -> bytes:
        """Its .npy header."""
        return npy_header(self.dtype, self.shape)

    @property
    def data_bytes(self) -> int:
        """How many bytes of data stand behind it."""
        return prod(self.shape) * self.dtype.itemsize


def canonical(array: Array) -> Array:
    """The array as it is stored: C order, little-endian; a copy only where it must be."""
    stored = np.asarray(array, dtype=array.dtype.newbyteorder("<"), order="C")
    if stored.dtype.str not in DTYPES:
        raise TypeError(f"a checkpoint holds numbers, not {array.dtype}")
    return stored


def raw(array: Array) -> memoryview:
    """The bytes of a C-ordered array, not copied."""
    return array.reshape(-1).view(np.uint8).data


def sha256(array: Array) -> str:
    """SHA-256 over dtype, shape and bytes: that of the array's .npy file."""
    digest = hashlib.sha256(npy_header(array.dtype, array.shape))
    digest.update(raw(array))
    return digest.hexdigest()


def dump(members: Iterable[tuple[str, Array]]) -> Iterator[bytes | memoryview]:
    """The bytes of the file, for canonical arrays, in the order given.  No member is copied or held back."""
    directory: list[bytes] = []
    position = 0
    for name, array in members:
        if not valid_name(name):
            raise ValueError(f"{name!r} cannot name an array of a checkpoint")
        header, data = npy_header(array.dtype, array.shape), raw(array)
        crc, size = zlib.crc32(data, zlib.crc32(header)), len(header) + len(data)
        local = local_header(_encode(name), crc, size)
        directory.append(central_entry(_encode(name), crc, size, position))
        position += len(local) + size
        yield local + header
        yield data
    yield end_of_archive(directory, position)


def scan(file: BinaryIO, size: int) -> list[Member]:
    """The members of a file of `size` bytes, with every byte that is not data checked and nothing yet allocated."""
    members: dict[str, Member] = {}
    directory: list[bytes] = []
    position = 0
    while True:
        file.seek(position)
        fixed = file.read(_LOCAL.size)
        if not fixed.startswith(b"PK\3\4"):
            break
        member, local = _scan_member(file, fixed, position, size)
        if member.name in members:
            raise Damaged(f"member {member.name!r} stands twice in it")
        members[member.name] = member
        length = len(member.header) + member.data_bytes
        directory.append(central_entry(_encode(member.name), member.crc, length, position))
        position += len(local) + length
    if not members:
        raise Damaged("it does not begin as an .npz does: nntrain did not write it, or its beginning is lost")
    tail = end_of_archive(directory, position)
    file.seek(position)
    if len(tail) != size - position or file.read(len(tail)) != tail:
        raise Damaged(
            f"from byte {position} on it is not the zip directory of what stands before; it is damaged or cut"
        )
    return list(members.values())


def load(file: BinaryIO, member: Member) -> Array:
    """Read one member that `scan` found, so the file is large enough for what is allocated here."""
    try:
        array: Array = np.empty(member.shape, member.dtype)
    except ValueError as error:
        raise Damaged(f"{member.name}: no array has the shape {member.shape}") from error
    file.seek(member.start + len(member.header))
    data = raw(array)
    if file.readinto(data) != len(data):  # type: ignore[attr-defined]
        raise Damaged(f"{member.name}: the file ended while it was read")
    if zlib.crc32(data, zlib.crc32(member.header)) != member.crc:
        raise Damaged(f"{member.name}: its bytes do not match their CRC")
    return array


def npy_header(dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    """Own code, as NumPy's differs between its versions in the padding."""
    text = f"{{'descr': '{dtype.str}', 'fortran_order': False, 'shape': {shape!r}, }}".encode("ascii")
    padding = -(_NPY_PREFIX.size + len(text) + 1) % 64
    text += b" " * padding + b"\n"
    return _NPY_PREFIX.pack(_NPY_MAGIC, len(text)) + text


def valid_name(name: str) -> bool:
    """A relative path of printable characters that stays below the place where someone unpacks the file."""
    proper = all(part not in ("", ".", "..") for part in name.split("/"))
    return proper and name.isprintable() and not set(name) & set("\\:") and len(_encode(name)) <= 0xFFFF


def _scan_member(file: BinaryIO, fixed: bytes, position: int, size: int) -> tuple[Member, bytes]:
    where = f"the member at byte {position}"
    if len(fixed) < _LOCAL.size:
        raise Damaged(f"{where} is cut")
    _, _, _, method, _, _, crc, _, _, name_length, _ = _LOCAL.unpack(fixed)
    if method != _STORED:
        raise Damaged(f"{where} is compressed; nntrain stores plainly and reads nothing else")
    variable = file.read(name_length + _LOCAL_EXTRA.size)
    if len(variable) < name_length + _LOCAL_EXTRA.size:
        raise Damaged(f"{where} is cut")
    encoded = variable[:name_length]
    length = _LOCAL_EXTRA.unpack(variable[name_length:])[2]
    local = fixed + variable
    if local != local_header(encoded, crc, length):
        raise Damaged(f"{where} has not the header that nntrain writes")
    start = position + len(local)
    if length > size - start:
        raise Damaged(f"{where} claims {length} bytes, and {size - start} are left")
    name = _decode(encoded, where)
    dtype, shape = _npy_facts(file, length, name)
    member = Member(name, dtype, shape, start, crc)
    if length != len(member.header) + member.data_bytes:
        raise Damaged(f"{name}: {length} bytes cannot hold its dtype {dtype} and shape {shape}")
    return member, local


def _npy_facts(file: BinaryIO, length: int, name: str) -> tuple[np.dtype[Any], tuple[int, ...]]:
    prefix = file.read(min(length, _NPY_PREFIX.size))
    text = b""
    if len(prefix) == _NPY_PREFIX.size:
        text = file.read(min(_NPY_PREFIX.unpack(prefix)[1], length - len(prefix)))
    match = _NPY_TEXT.fullmatch(text)
    if match is None or match[1].decode() not in DTYPES:
        raise Damaged(f"{name}: it is no plain array of numbers")
    dtype = np.dtype(match[1].decode())
    shape = tuple(int(digits) for digits in match[2].split(b",") if digits.strip())
    if npy_header(dtype, shape) != prefix + text:
        raise Damaged(f"{name}: it has not the .npy header that nntrain writes")
    return dtype, shape


def _encode(name: str) -> bytes:
    return f"{name}.npy".encode("utf-8", "surrogatepass")


def _decode(encoded: bytes, where: str) -> str:
    try:
        name = encoded.decode("utf-8")
    except UnicodeDecodeError:
        name = ""
    if not name.endswith(".npy") or not valid_name(name.removesuffix(".npy")):
        raise Damaged(f"{where} has the name {encoded[:80]!r}, which nntrain never gives")
    return name.removesuffix(".npy")


def local_header(name: bytes, crc: int, size: int) -> bytes:
    """The header before a stored member of `size` bytes."""
    fixed = _LOCAL.pack(
        b"PK\3\4",
        *(_VERSION, _UTF8, _STORED, _TIME, _DATE),
        *(crc, _IN_EXTRA, _IN_EXTRA, len(name), _LOCAL_EXTRA.size),
    )
    return fixed + name + _LOCAL_EXTRA.pack(1, _LOCAL_EXTRA.size - 4, size, size)


def central_entry(name: bytes, crc: int, size: int, offset: int) -> bytes:
    """Its entry in the directory at the end of the file; `offset` is where its header begins."""
    fixed = _ENTRY.pack(
        b"PK\1\2",
        *(_VERSION, _VERSION, _UTF8, _STORED, _TIME, _DATE),
        *(crc, _IN_EXTRA, _IN_EXTRA, len(name), _ENTRY_EXTRA.size),
        *(0, 0, 0, 0, _IN_EXTRA),
    )
    return fixed + name + _ENTRY_EXTRA.pack(1, _ENTRY_EXTRA.size - 4, size, size, offset)


def end_of_archive(directory: list[bytes], position: int) -> bytes:
    """The directory, which begins at `position`, and the records behind it."""
    entries = b"".join(directory)
    count, end = len(directory), position + len(entries)
    record = _END64.pack(b"PK\6\6", _END64.size - 12, _VERSION, _VERSION, 0, 0, count, count, len(entries), position)
    locator = _LOCATOR.pack(b"PK\6\7", 0, end, 1)
    return entries + record + locator + _END.pack(b"PK\5\6", 0, 0, _IN_EXTRA_16, _IN_EXTRA_16, _IN_EXTRA, _IN_EXTRA, 0)
