"""CIFAR-10: files of the binary version, unpacked or in their archive."""

import hashlib
import io
import tarfile

import numpy as np
import pytest

from nntrain.data import CIFAR10
from nntrain.data.cifar import ARCHIVE, FILES, FOLDER
from nntrain.errors import DataError

NAMES = [*FILES["train"], *FILES["test"]]


def contents(count=4):
    random = np.random.default_rng(0)
    found = {}
    for i, name in enumerate(NAMES):
        records = random.integers(0, 256, (count, 3073), dtype=np.uint8)
        records[:, 0] = (i + np.arange(count)) % 10
        found[name] = records
    return found


RECORDS = contents()


def unpacked(folder):
    folder.mkdir(parents=True)
    for name, records in RECORDS.items():
        (folder / name).write_bytes(records.tobytes())
    return folder


def archive(folder, names=NAMES):
    folder.mkdir(parents=True)
    with tarfile.open(folder / ARCHIVE, "w:gz") as tar:
        for name in names:
            member = tarfile.TarInfo(f"{FOLDER}/{name}")
            member.size = RECORDS[name].nbytes
            tar.addfile(member, io.BytesIO(RECORDS[name].tobytes()))
    return folder


def load(root):
    return CIFAR10(root, validation=0).load(0, "float32")


@pytest.mark.parametrize("form", ["unpacked", "in its folder", "archive"])
def test_every_form_of_the_files_gives_the_same_images(tmp_path, form):
    if form == "archive":
        root = archive(tmp_path / "a")
    else:
        root = unpacked(tmp_path / "a" / (FOLDER if form == "in its folder" else "")).parent
        root = tmp_path / "a" if form == "in its folder" else root / "a"
    data = load(root)
    assert data.facts.input_shape == (3, 32, 32)
    assert data.facts.classes == 10
    assert data.facts.label_names[3] == "cat"
    assert (data.parts["train"].size, data.parts["test"].size) == (20, 4)
    batch = data.parts["train"].batch(np.arange(20))
    first = RECORDS["data_batch_1.bin"][1]
    assert batch.Y[1] == first[0]
    assert batch.X[2, 0, 5, 1] == pytest.approx(first[1 + 2 * 1024 + 5] / 255)  # blue plane, first row
    assert batch.X.max() <= 1


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda root: (root / NAMES[2]).unlink(), r"data_batch_3\.bin: error: No such file"),
        (
            lambda root: (root / NAMES[5]).write_bytes(b"x" * 3072),
            r"test_batch\.bin: error: 3072 bytes, expected",
        ),
        (lambda root: (root / NAMES[0]).write_bytes(b""), r"data_batch_1\.bin: error: 0 bytes"),
        (
            lambda root: (root / NAMES[1]).write_bytes(b"\x0a" * 3073),
            r"_2\.bin:1: error: label 10, expected 0 to 9",
        ),
    ],
)
def test_a_damaged_file_is_a_data_error_that_names_it(tmp_path, damage, words):
    root = unpacked(tmp_path / "a")
    damage(root)
    with pytest.raises(DataError, match=words):
        load(root)


def test_a_damaged_archive_is_a_data_error(tmp_path):
    root = archive(tmp_path / "a")
    whole = (root / ARCHIVE).read_bytes()
    (root / ARCHIVE).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"tar\.gz: error: cannot be read"):
        load(root)
    for damaged in (b"no archive", whole[:-6], bytes([*whole[:-8], whole[-8] ^ 1, *whole[-7:]])):  # the checksum
        (root / ARCHIVE).write_bytes(damaged)
        with pytest.raises(DataError, match=r"tar\.gz: error: cannot be read: [^\n]+$"):
            load(root)
    with pytest.raises(DataError, match=r"no test_batch\.bin in it"):
        load(archive(tmp_path / "b", NAMES[:-1]))


def test_files_that_are_not_there_are_named(tmp_path):
    with pytest.raises(DataError, match=r"cifar-10-binary\.tar\.gz: error: no such file, nor data_batch_1\.bin"):
        load(tmp_path)


def test_without_root_the_archive_is_fetched_once_and_its_checksum_compared(tmp_path, monkeypatch):
    mirror = archive(tmp_path / "mirror") / ARCHIVE
    monkeypatch.setenv("NNTRAIN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(CIFAR10, "url", mirror.as_uri())
    with pytest.raises(DataError, match=r"SHA-256 .* was expected"):
        load(None)
    monkeypatch.setattr(CIFAR10, "sha256", hashlib.sha256(mirror.read_bytes()).hexdigest())
    assert load(None).parts["test"].size == 4
    mirror.unlink()
    assert load(None).parts["test"].size == 4
