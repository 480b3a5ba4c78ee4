"""TensorBoard's event files, written record by record.

A record is the length of its data (8 bytes), the masked CRC-32C of the length, the data, and their masked CRC-32C, as
TensorFlow's record_writer.h says.  The data are a protocol buffer, tensorflow.Event: of its fields those that curves
need.  A record is in the system's hands when `write` returns, so that a kill loses none.
"""

from __future__ import annotations

import os
import re
import struct
import time
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from nntrain.files.regular_files import open_regular
from nntrain.files.storage import naming, write_all

NAME = "events.out.tfevents.{:010d}.nntrain"
_TAKEN = re.compile(r"events\.out\.tfevents\.(\d+)\..*")
_CASTAGNOLI = 0x82F63B78  # the polynomial of CRC-32C, its bits reversed
_LARGEST = 3.4028234e38  # a value is a float32


class EventFile:
    """A new event file in a folder, whose name sorts behind those that are there: TensorBoard reads them in that order.

    since   points of this step and later ones that earlier files hold are taken back
    Raises StorageError.
    """

    def __init__(self, folder: Path, since: int):
        with naming(folder, "cannot be written"):
            second = max(int(time.time()), 1 + max(map(_second, os.listdir(folder)), default=0))
            self.path = folder / NAME.format(second)
        with naming(self.path, "cannot be made"):
            self._file = open_regular(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND)
        self._end = 0
        self._record(_text(3, b"brain.Event:2"))
        self._record(_whole(2, since) + _text(7, _whole(1, 1)))  # a session that starts

    def write(self, step: int, values: Iterable[tuple[str, float]]) -> None:
        """Points of a step: (curve, value).  Raises StorageError, with the file as it was before."""
        points = b"".join(
            _text(1, _text(1, tag.encode("utf-8", "backslashreplace")) + b"\x15" + struct.pack("<f", _single(value)))
            for tag, value in values
        )
        self._record(_whole(2, step) + _text(5, points))

    def close(self) -> None:
        """Give the file back."""
        os.close(self._file)

    def _record(self, fields: bytes) -> None:
        event = b"\x09" + struct.pack("<d", time.time()) + fields
        length = struct.pack("<Q", len(event))
        record = length + _masked(length) + event + _masked(event)
        with naming(self.path, "cannot be written"):
            try:
                write_all(self._file, record)
            except BaseException:
                os.ftruncate(self._file, self._end)
                raise
        self._end += len(record)


def _second(name: str) -> int:
    """The second in an event file's name; 0 for another file."""
    found = _TAKEN.fullmatch(name)
    return int(found[1]) if found and len(found[1]) < 12 else 0


def _single(value: float) -> float:
    """What a float32 can hold: infinity for what it cannot."""
    return value if abs(value) <= _LARGEST or value != value else value * float("inf")


def _whole(field: int, value: int) -> bytes:
    """A field with a whole number, 0 or more."""
    return bytes([field << 3]) + _varint(value)


def _text(field: int, content: bytes) -> bytes:
    """A field with text or with further fields."""
    return bytes([field << 3 | 2]) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; the eighth says that more follow."""
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


def _masked(data: bytes) -> bytes:
    """The CRC-32C, rotated and shifted so that a sum of sums is none of a record's."""
    sum_ = crc32c(data)
    return struct.pack("<I", ((sum_ >> 15 | sum_ << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def crc32c(data: bytes) -> int:
    """The cyclic redundancy check of Castagnoli's polynomial (RFC 3720), which zlib has not."""
    table, found = _table(), 0xFFFFFFFF
    for byte in data:
        found = table[(found ^ byte) & 0xFF] ^ found >> 8
    return found ^ 0xFFFFFFFF


@cache
def _table() -> tuple[int, ...]:
    """What each byte does to the sum."""
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (_CASTAGNOLI if value & 1 else 0)
        table.append(value)
    return tuple(table)
