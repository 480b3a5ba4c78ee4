"""A log has every line that was appended, whole, and no other."""

import errno
import os

import pytest

from nntrain.errors import CheckpointError, StorageError
from nntrain.runs.log import Log
from nntrain.runs.log_reader import read_log


def full_after_half(write):
    """A disk with room for half a line: os.write takes less than it is given, then fails."""
    taken = []

    def wrapped(descriptor, data):
        if taken:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        taken.append(write(descriptor, bytes(data)[: len(data) // 2]))
        return taken[0]

    return wrapped


@pytest.fixture
def log(tmp_path):
    log = Log(tmp_path / "metrics.jsonl")
    yield log
    log.close()


def test_a_line_is_in_the_file_when_append_returns(log):
    log.append({"epoch": 1, "loss": float("nan")})
    log.append({"epoch": 2, "loss": 0.1})
    assert log.path.read_bytes() == b'{"epoch":1,"loss":null}\n{"epoch":2,"loss":0.1}\n'
    assert read_log(log.path) == [{"epoch": 1, "loss": None}, {"epoch": 2, "loss": 0.1}]
    assert log.lines == 2


def test_a_line_that_a_full_disk_tears_is_taken_back(log):
    log.append({"epoch": 1})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "write", full_after_half(os.write))
        with pytest.raises(StorageError, match=r"metrics\.jsonl: cannot be written: No space left on device"):
            log.append({"epoch": 2})
    assert log.path.read_bytes() == b'{"epoch":1}\n'
    log.append({"epoch": 2})
    assert read_log(log.path) == [{"epoch": 1}, {"epoch": 2}]


def test_sync_reaches_the_disk_once_a_change(log, monkeypatch):
    log.append({"epoch": 1})
    synced = []
    monkeypatch.setattr(os, "fsync", synced.append)
    log.sync()
    log.sync()
    assert len(synced) == 1


@pytest.mark.parametrize("cut", range(len(b'{"epoch":3}\n')))
def test_a_torn_last_line_is_never_glued_to_the_next(tmp_path, cut):
    path = tmp_path / "metrics.jsonl"
    whole = b'{"epoch":1}\n{"epoch":2}\n'
    path.write_bytes(whole + b'{"epoch":3}\n'[:cut])
    assert read_log(path) == [{"epoch": 1}, {"epoch": 2}]
    log = Log(path)
    assert log.lines == 2
    log.append({"epoch": 3})
    log.close()
    assert path.read_bytes() == whole + b'{"epoch":3}\n'


def test_a_damaged_line_is_named(tmp_path):
    path = tmp_path / "metrics.jsonl"
    for damaged in (b"\0\0", b"7", b""):
        path.write_bytes(b'{"epoch":1}\n' + damaged + b"\n")
        with pytest.raises(CheckpointError, match=r"metrics\.jsonl:2: no line of JSON"):
            read_log(path)
