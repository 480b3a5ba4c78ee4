"""A file made to deceive is refused: nothing is executed, allocated or written for it."""

import hashlib
import json
import os
import pickle
import subprocess
import sys
import zipfile
import zlib

import numpy as np
import pytest

from nntrain.errors import StorageError
from nntrain.files import archive, checkpoint


def forged(path, members, **changes):
    """Write `members` and a manifest whose digest is right, as an attacker could."""
    hashes = {name: archive.sha256(array) for name, array in members}
    manifest = {"format": 1, "requires": "0.1", "step": 1, "sha256": hashes} | changes
    forged_text(path, members, json.dumps(manifest, separators=(",", ":")).encode())


def forged_text(path, members, text):
    digest = np.frombuffer(hashlib.sha256(text).digest(), np.uint8)
    own = [("manifest", np.frombuffer(text, np.uint8)), ("digest", digest)]
    path.write_bytes(b"".join(archive.dump([*members, *own])))


def test_files_of_numpy_itself_are_refused(path, refusal):
    np.savez(path, W=np.ones(3))
    refusal(path)
    np.savez_compressed(path, W=np.ones(3))
    assert "compressed" in refusal(path)


class Trap:
    """Unpickling it would write a file."""

    def __reduce__(self):
        return os.mkdir, ("executed",)


def test_a_pickled_array_is_refused_and_not_executed(path, monkeypatch, refusal):
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
    local = archive.local_header(b"W.npy", crc, len(member))
    entry = archive.central_entry(b"W.npy", crc, len(member), 0)
    path.write_bytes(local + member + archive.end_of_archive([entry], len(local) + len(member)))


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
def test_a_header_that_nntrain_does_not_write_is_refused(path, text, monkeypatch, refusal):
    monkeypatch.chdir(path.parent)
    forge_header(path, text, bytes(16))
    refusal(path)
    assert os.listdir(path.parent) == ["last.npz"]


def test_a_member_that_claims_more_than_the_file_holds_is_refused(path, good, refusal):
    claimed = 10**15
    local = archive.local_header(b"W.npy", 0, claimed) + archive.npy_header(np.dtype("<f8"), (claimed // 8,))
    path.write_bytes(local + archive.end_of_archive([archive.central_entry(b"W.npy", 0, claimed, 0)], len(local)))
    assert f"claims {claimed} bytes" in refusal(path)


def test_members_twice_missing_added_or_in_another_order_are_refused(path, refusal):
    W, b = ("W", np.ones(3)), ("b", np.ones(2))
    forged(path, [W, b])
    assert list(checkpoint.read(path).arrays) == ["W", "b"]
    forged(path, [W, W])
    assert "twice" in refusal(path)
    hashes = {name: archive.sha256(array) for name, array in (W, b)}
    for members in ([W], [b, W], [W, b, ("c", np.ones(1))], []):
        forged(path, members, sha256=hashes)
        assert "manifest lists" in refusal(path)
    forged(path, [("optimizer/m/W", np.ones(3)), W])
    assert "in that order" in refusal(path)
    forged(path, [W, b], sha256=hashes | {"b": "0" * 64})
    assert "SHA-256" in refusal(path)
    path.write_bytes(b"".join(archive.dump([W, b])))
    assert "manifest" in refusal(path)


@pytest.mark.parametrize("name", ["../W", "/W", "a/../../W", "C:W", "a\\W", "W\0", "W\n"])
def test_a_name_that_could_leave_the_directory_is_refused(path, name, monkeypatch, refusal):
    monkeypatch.setattr(archive, "valid_name", lambda name: True)
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
def test_a_manifest_that_nntrain_does_not_write_is_refused(path, text, refusal):
    forged_text(path, [], text)
    assert "manifest" in refusal(path)


def test_a_newer_format_says_which_version_is_needed(path):
    forged(path, [("W", np.ones(3))], format=2, requires="3.4", sha256="another form")
    with pytest.raises(
        checkpoint.NewerFormatError, match=r"last\.npz: format 2 needs nntrain '3\.4' or newer; this is"
    ):
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
        bomb.writestr("W.npy", archive.npy_header(np.dtype("|u1"), (4 * 10**8,)) + bytes(4 * 10**8))
    forge_header(
        path.parent / "shape.npz", b"{'descr': '<f8', 'fortran_order': False, 'shape': (100000000,), }", bytes(16)
    )
    lists = b"[" + b"[]," * ((checkpoint.MANIFEST_LIMIT - 100) // 3) + b"1]"
    forged_text(path.parent / "lists.npz", [], b'{"format":1,"requires":"0.1","x":' + lists + b',"sha256":[]}')
    script = f"""
import glob, resource
from nntrain.files import checkpoint
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
