"""Damage of any kind is refused in one line, or changes nothing."""

import io
import json
import os
import zipfile

import numpy as np
import pytest

from nntrain.errors import CheckpointError, StorageError
from nntrain.files import checkpoint


def facts(read):
    """Everything a checkpoint says, so that two are equal only if every bit is."""
    arrays = [(name, array.dtype.str, array.shape, array.tobytes()) for name, array in read.arrays.items()]
    return arrays, json.dumps(read.manifest)


def silent_flips(good, path, read, positions):
    """The flips after which `read` neither raises nor gives what it gave before."""
    path.write_bytes(good)
    expected = read(path)
    silent = []
    with open(path, "r+b", buffering=0) as file:
        for position, bit in positions:
            os.pwrite(file.fileno(), bytes([good[position] ^ 1 << bit]), position)
            try:
                if read(path) != expected:
                    silent.append((position, bit))
            except CheckpointError:
                pass
            os.pwrite(file.fileno(), good[position : position + 1], position)
    assert path.read_bytes() == good
    return silent


def framing(good):
    """The bytes that are headers or directory: all but the arrays' data and the manifest."""
    with zipfile.ZipFile(io.BytesIO(good)) as opened:
        data = set()
        for info in opened.infolist():
            content = opened.read(info)
            start = good.index(content, info.header_offset)
            data |= set(range(start + content.index(b"\n") + 1, start + len(content)))
    return [position for position in range(len(good)) if position not in data]


def careless_read(path):
    """np.load as many trainers use it: zip errors are noticed, and nothing else is."""
    try:
        with np.load(path, allow_pickle=False) as opened:
            return {name: (opened[name].dtype.str, opened[name].shape, opened[name].tobytes()) for name in opened.files}
    except Exception as error:
        raise CheckpointError(str(error)) from None


@pytest.mark.filterwarnings("ignore")
def test_the_search_for_silent_flips_catches_a_reader_that_trusts_numpy(path, good):
    positions = [(position, bit) for position in framing(good)[:200] for bit in range(8)]
    directory = good.index(b"PK\1\2")
    positions += [(position, bit) for position in range(directory, directory + 60) for bit in range(8)]
    assert silent_flips(good, path, careless_read, positions)


@pytest.mark.parametrize("every", [7, pytest.param(1, marks=pytest.mark.slow)])
def test_no_flipped_bit_gives_other_numbers(path, good, every):
    positions = [divmod(place, 8) for place in range(0, 8 * len(good), every)]
    assert silent_flips(good, path, lambda path: facts(checkpoint.read(path)), positions) == []


@pytest.mark.slow
def test_no_random_flip_in_a_large_file_gives_other_numbers(path):
    random = np.random.default_rng(0)
    checkpoint.write(path, {"W": random.standard_normal((300, 400))}, {"step": 1})
    good = path.read_bytes()
    positions = [(int(position), int(position) % 8) for position in random.integers(len(good), size=10_000)]
    assert silent_flips(good, path, lambda path: facts(checkpoint.read(path)), positions) == []


def test_a_file_cut_at_any_length_is_refused(path, good, refusal):
    for length in reversed(range(len(good))):
        os.truncate(path, length)
        refusal(path)


def test_bytes_before_behind_or_between_are_refused(path, good, refusal):
    second = good.index(b"PK\3\4", 1)
    directory = good.index(b"PK\1\2")
    for position in (0, second, directory, len(good) - 22, len(good)):
        for extra in (b"\0", b"PK\5\6" + bytes(18), good):
            path.write_bytes(good[:position] + extra + good[position:])
            refusal(path)


def test_a_missing_directory_or_special_file_is_one_clear_line(tmp_path, refusal):
    assert "no such checkpoint" in refusal(tmp_path / "missing.npz")
    (tmp_path / "file").write_text("")
    assert "no such checkpoint" in refusal(tmp_path / "file" / "last.npz")
    assert "directory" in refusal(tmp_path)
    os.mkfifo(tmp_path / "fifo")
    assert "no regular file" in refusal(tmp_path / "fifo")
    (tmp_path / "empty").write_bytes(b"")
    refusal(tmp_path / "empty")
    (tmp_path / "text").write_text("PK")
    refusal(tmp_path / "text")


def test_a_file_that_the_system_cannot_read_is_no_damage(path, good, monkeypatch):
    def denied(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", denied)
    with pytest.raises(StorageError, match=r"last\.npz: cannot be read: Permission denied"):
        checkpoint.read(path)
