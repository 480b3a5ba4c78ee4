"""A checkpoint is read back exactly, or refused in one line: nothing in between."""

import hashlib
import io
import json
import os
import pickle
import subprocess
import sys
import zipfile
import zlib

import numpy as np
import pytest

from nntrain import checkpoint, npz
from nntrain.errors import CheckpointError, StorageError

ARRAYS = {"dense_1.W": np.arange(6, dtype=np.float32).reshape(2, 3), "dense_1.b": np.full((2, 1), -0.0)}
STATE = {"optimizer/velocity/dense_1.W": np.ones((2, 3), np.float32)}
MANIFEST = {"step": 7, "best": None, "classes": ["a", "é", "\udc80"], "sums": {"loss": 0.1 + 0.2}}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "last.npz"


@pytest.fixture
def good(path):
    """The bytes of a small checkpoint that stands at `path`."""
    checkpoint.write(path, ARRAYS | STATE, MANIFEST)
    return path.read_bytes()


def facts(read):
    """Everything a checkpoint says, so that two are equal only if every bit is."""
    arrays = [(name, array.dtype.str, array.shape, array.tobytes()) for name, array in read.arrays.items()]
    return arrays, json.dumps(read.manifest)


def refusal(path):
    with pytest.raises(CheckpointError) as caught:
        checkpoint.read(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message


def forged(path, members, **changes):
    """Write `members` and a manifest whose digest is right, as an attacker could."""
    hashes = {name: npz.sha256(array) for name, array in members}
    manifest = {"format": 1, "requires": "0.1", "step": 1, "sha256": hashes} | changes
    forged_text(path, members, json.dumps(manifest, separators=(",", ":")).encode())


def forged_text(path, members, text):
    digest = np.frombuffer(hashlib.sha256(text).digest(), np.uint8)
    own = [("manifest", np.frombuffer(text, np.uint8)), ("digest", digest)]
    path.write_bytes(b"".join(npz.dump([*members, *own])))


def test_arrays_and_manifest_come_back_bit_for_bit(path):
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
        assert read.arrays[name].tobytes() == npz.canonical(array).tobytes()
    assert {key: read.manifest[key] for key in MANIFEST} == MANIFEST


def test_numpy_and_zip_tools_open_it_without_pickle(path, good):
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


def test_each_hash_is_that_of_the_unpacked_npy_file(path, good):
    hashes = checkpoint.read(path).manifest["sha256"]
    with zipfile.ZipFile(path) as opened:
        assert hashes == {name: hashlib.sha256(opened.read(f"{name}.npy")).hexdigest() for name in ARRAYS | STATE}


def test_the_npy_headers_are_those_that_numpy_understands(path, good):
    with zipfile.ZipFile(path) as opened:
        for name, array in (ARRAYS | STATE).items():
            member = io.BytesIO(opened.read(f"{name}.npy"))
            assert np.lib.format.read_magic(member) == (1, 0)
            assert np.lib.format.read_array_header_1_0(member) == (array.shape, False, array.dtype)
            assert member.tell() % 64 == 0


def test_the_bytes_depend_on_the_content_alone(tmp_path, monkeypatch):
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


def test_parameters_come_before_optimizer_state_whatever_the_order_given(path):
    checkpoint.write(path, STATE | ARRAYS, MANIFEST)
    assert list(checkpoint.read(path).arrays) == [*ARRAYS, *STATE]


def test_not_a_number_is_null_in_the_manifest(path):
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


def test_no_flipped_bit_gives_other_numbers(path, good):
    positions = [(position, bit) for position in range(len(good)) for bit in range(8)]
    assert silent_flips(good, path, lambda path: facts(checkpoint.read(path)), positions) == []


@pytest.mark.slow
def test_no_random_flip_in_a_large_file_gives_other_numbers(path):
    random = np.random.default_rng(0)
    checkpoint.write(path, {"W": random.standard_normal((300, 400))}, MANIFEST)
    good = path.read_bytes()
    positions = [(int(position), int(position) % 8) for position in random.integers(len(good), size=10_000)]
    assert silent_flips(good, path, lambda path: facts(checkpoint.read(path)), positions) == []


def test_a_file_cut_at_any_length_is_refused(path, good):
    for length in range(len(good)):
        path.write_bytes(good[:length])
        refusal(path)


def test_bytes_before_behind_or_between_are_refused(path, good):
    second = good.index(b"PK\3\4", 1)
    directory = good.index(b"PK\1\2")
    for position in (0, second, directory, len(good) - 22, len(good)):
        for extra in (b"\0", b"PK\5\6" + bytes(18), good):
            path.write_bytes(good[:position] + extra + good[position:])
            refusal(path)


def test_a_missing_directory_or_special_file_is_one_clear_line(tmp_path):
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


def test_files_of_numpy_itself_are_refused(path):
    np.savez(path, **ARRAYS)
    refusal(path)
    np.savez_compressed(path, **ARRAYS)
    assert "compressed" in refusal(path)


class Trap:
    """Unpickling it would write a file."""

    def __reduce__(self):
        return os.mkdir, ("executed",)


def test_a_pickled_array_is_refused_and_not_executed(path, monkeypatch):
    monkeypatch.chdir(path.parent)
    np.savez(path, W=np.array([Trap()], object))
    refusal(path)
    trap = pickle.dumps(np.array([Trap()], object))
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
    forge_header(path, header, trap)
    assert "no plain array of numbers" in refusal(path)
    assert os.listdir(path.parent) == ["last.npz"]


def forge_header(path, text, data):
    """A file whose zip is right and whose first member has the .npy header `text`."""
    text += b" " * (-(11 + len(text)) % 64) + b"\n"
    member = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data
    crc = zlib.crc32(member)
    local = npz._local(b"W.npy", crc, len(member))
    entry = npz._entry(b"W.npy", crc, len(member), 0)
    path.write_bytes(local + member + npz._tail([entry], len(local) + len(member)))


@pytest.mark.parametrize(
    "text",
    [
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 1000000000), }",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (999999999999999999, 999999999999999999, 0), }",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (-4, -1), }",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (04,), }",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (4), }",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 4,), }",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (" + b"1, " * 60 + b"4), }",
        b"{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }",
        b"{'descr': '>f4', 'fortran_order': False, 'shape': (4,), }",
        b"{'descr': '|b1', 'fortran_order': False, 'shape': (16,), }",
        b"{'descr': '<c8', 'fortran_order': False, 'shape': (2,), }",
        b"{'descr': '<U4', 'fortran_order': False, 'shape': (1,), }",
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (4,), }",
        b"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (4,), }",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (4,), 'more': 1, }",
        b"{'shape': (4,), 'fortran_order': False, 'descr': '<f4', }",
        b"__import__('os').mkdir('executed')",
        b"(" * 60_000,
    ],
)
def test_a_header_that_nntrain_does_not_write_is_refused(path, text, monkeypatch):
    monkeypatch.chdir(path.parent)
    forge_header(path, text, bytes(16))
    refusal(path)
    assert os.listdir(path.parent) == ["last.npz"]


def test_a_member_that_claims_more_than_the_file_holds_is_refused(path, good):
    claimed = 10**15
    local = npz._local(b"W.npy", 0, claimed) + npz.npy_header(np.dtype("<f8"), (claimed // 8,))
    path.write_bytes(local + npz._tail([npz._entry(b"W.npy", 0, claimed, 0)], len(local)))
    assert f"claims {claimed} bytes" in refusal(path)


def test_members_twice_missing_added_or_in_another_order_are_refused(path):
    W, b = ("W", np.ones(3)), ("b", np.ones(2))
    forged(path, [W, b])
    assert list(checkpoint.read(path).arrays) == ["W", "b"]
    forged(path, [W, W])
    assert "twice" in refusal(path)
    hashes = {name: npz.sha256(array) for name, array in (W, b)}
    for members in ([W], [b, W], [W, b, ("c", np.ones(1))], []):
        forged(path, members, sha256=hashes)
        assert "manifest lists" in refusal(path)
    forged(path, [("optimizer/m/W", np.ones(3)), W])
    assert "in that order" in refusal(path)
    forged(path, [W, b], sha256=hashes | {"b": "0" * 64})
    assert "SHA-256" in refusal(path)
    path.write_bytes(b"".join(npz.dump([W, b])))
    assert "manifest" in refusal(path)


@pytest.mark.parametrize("name", ["../W", "/W", "a/../../W", "C:W", "a\\W", "W\0", "W\n"])
def test_a_name_that_could_leave_the_directory_is_refused(path, name, monkeypatch):
    monkeypatch.setattr(npz, "valid_name", lambda name: True)
    forged(path, [(name, np.ones(3))])
    monkeypatch.undo()
    assert "never gives" in refusal(path)


@pytest.mark.parametrize(
    "text",
    [
        b'{"format":1,"requires":"0.1","x":NaN,"sha256":{}}',
        b'{"format":1,"requires":"0.1","x":-Infinity,"sha256":{}}',
        b'{"format":1,"requires":"0.1","x":1e999,"sha256":{}}',
        b'{"format":1,"requires":"0.1","x":1,"x":2,"sha256":{}}',
        b'{"format":1, "requires":"0.1","sha256":{}}',
        b'{"format":true,"requires":"0.1","sha256":{}}',
        b'{"format":0,"requires":"0.1","sha256":{}}',
        b'{"requires":"0.1","sha256":{}}',
        b'{"format":1,"requires":"0.1","sha256":[]}',
        b'{"format":1,"requires":"0.1","x":"\xff","sha256":{}}',
        b'{"format":1,"requires":"0.1","x":' + b"1" * 5000 + b',"sha256":{}}',
        b'{"format":1,"x":' + b"[" * 100_000,
        b"[]",
        b"1",
        b"",
    ],
)
def test_a_manifest_that_nntrain_does_not_write_is_refused(path, text):
    forged_text(path, [], text)
    assert "manifest" in refusal(path)


def test_a_newer_format_says_which_version_is_needed(path):
    forged(path, [("W", np.ones(3))], format=2, requires="3.4", sha256="another form")
    with pytest.raises(checkpoint.NewerFormatError, match=r"last\.npz: format 2 needs nntrain 3\.4 or newer; this is"):
        checkpoint.read(path)
    with pytest.raises(checkpoint.NewerFormatError):
        checkpoint.read_manifest(path)


def test_a_manifest_too_large_to_be_read_back_is_not_written(path, good):
    with pytest.raises(StorageError, match=r"last\.npz: cannot be written: its manifest takes"):
        checkpoint.write(path, {}, {"vocabulary": "x" * checkpoint.MANIFEST_LIMIT})
    assert path.read_bytes() == good
    assert os.listdir(path.parent) == ["last.npz"]


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="the address space is read from /proc")
def test_memory_is_bounded_by_the_file_and_not_by_what_it_claims(path):
    """Bombs are refused within 300 MB of address space above what the imports take."""
    with zipfile.ZipFile(path.parent / "compressed.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as bomb:
        bomb.writestr("W.npy", npz.npy_header(np.dtype("|u1"), (4 * 10**8,)) + bytes(4 * 10**8))
    forge_header(
        path.parent / "shape.npz", b"{'descr': '<f8', 'fortran_order': False, 'shape': (100000000,), }", bytes(16)
    )
    lists = b"[" + b"[]," * ((checkpoint.MANIFEST_LIMIT - 100) // 3) + b"1]"
    forged_text(path.parent / "lists.npz", [], b'{"format":1,"requires":"0.1","x":' + lists + b',"sha256":[]}')
    script = f"""
import glob, resource
from nntrain import checkpoint
from nntrain.errors import CheckpointError
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (300 << 20),) * 2)
for name in glob.glob({str(path.parent)!r} + "/*.npz"):
    try:
        checkpoint.read(name)
    except CheckpointError as error:
        print("refused")
"""
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (result.stdout.split(), result.stderr) == (["refused"] * 3, "")
