"""Event files: the format of TensorFlow's records, and nothing lost or kept by mistake."""

import errno
import math
import os
import struct

import pytest

from nntrain.errors import StorageError
from nntrain.files import event_file
from nntrain.files.event_file import EventFile, crc32c


def fields(data):
    """(number, value) of a protocol buffer's fields: bytes of numbers and texts as they are."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = varint(data, at)
        else:
            size, at = (8, at) if kind == 1 else (4, at) if kind == 5 else varint(data, at)
            value, at = data[at : at + size], at + size
        yield key >> 3, value


def varint(data, at):
    value, shift = 0, 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 0x80:
            return value, at


def events(path):
    """(step, {tag: value}, whether a session starts) of each record but the first; every sum is right."""
    content, found = path.read_bytes(), []
    while len(content) >= 8:
        (length,) = struct.unpack("<Q", content[:8])
        if len(content) < 16 + length:  # torn by a kill: TensorBoard goes on with the next file
            break
        data = content[12 : 12 + length]
        for said, of in ((content[8:12], content[:8]), (content[12 + length : 16 + length], data)):
            crc = struct.unpack("<I", said)[0] - 0xA282EAD8 & 0xFFFFFFFF
            assert (crc >> 17 | crc << 15) & 0xFFFFFFFF == crc32c(of)
        event = dict(fields(data))
        points = [dict(fields(value)) for _, value in fields(event.get(5, b""))]
        values = {point[1].decode(): struct.unpack("<f", point[2])[0] for point in points}
        found.append((event.get(2, 0), values, event.get(7) == b"\x08\x01"))
        content = content[16 + length :]
    return found[1:]


def test_the_sum_is_that_of_the_standard():
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA  # RFC 3720, B.4


def test_what_is_written_is_there_at_once(tmp_path):
    file = EventFile(tmp_path, since=301)
    file.write(300, [("loss/train", 0.25), ("é", -2.0), ("large", 1e300), ("none", math.nan)])
    start, point = events(file.path)
    assert start == (301, {}, True)
    assert point[0] == 300
    assert math.isnan(point[1].pop("none"))
    assert point[1] == {"loss/train": 0.25, "é": -2.0, "large": math.inf}
    file.close()


def test_a_later_file_stands_behind_an_earlier_one_whatever_the_clock(tmp_path, monkeypatch):
    monkeypatch.setattr(event_file.time, "time", lambda: 1e9)
    (tmp_path / "events.out.tfevents.1700000000.host").write_bytes(b"")
    names = [EventFile(tmp_path, since=0).path.name for _ in range(3)]
    assert sorted(os.listdir(tmp_path)) == ["events.out.tfevents.1700000000.host", *names]


def test_a_full_disk_is_named_and_leaves_whole_records(tmp_path, monkeypatch):
    file = EventFile(tmp_path, since=0)
    file.write(1, [("a", 1.0)])

    def full(descriptor, block):
        os.write(descriptor, block[:5])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(event_file, "write_all", full)
    with pytest.raises(StorageError, match=r"tfevents.*No space left"):
        file.write(2, [("a", 2.0)])
    monkeypatch.undo()
    file.write(3, [("a", 3.0)])
    assert [step for step, _, _ in events(file.path)] == [0, 1, 3]
    file.close()
