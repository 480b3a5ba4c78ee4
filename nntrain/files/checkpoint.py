"""A checkpoint: one .npz file, written atomically, verified to the last bit when read.

Members, in this order: one array a parameter under its saved name; `optimizer/<slot>/<parameter>`; `manifest`, UTF-8
JSON as uint8; `digest`, the SHA-256 of the manifest.  The manifest holds what the caller gives, and

    format     the version of this layout, an integer
    requires   the first nntrain that reads this format
    sha256     of every array, over dtype, shape and bytes: what `sha256sum` says of the unpacked .npy

No clock, path or library version is in it, so two runs of one config give the same bytes.  Arrays and JSON only: what
they mean is the caller's business.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO, NamedTuple

import numpy as np

from nntrain import __version__
from nntrain.errors import CheckpointError, StorageError
from nntrain.files import archive, storage
from nntrain.files.archive import Array, Damaged, Member
from nntrain.files.plain_values import Json, JsonObject

# The layout's number, and the first release that reads it: they change together, and with no other release.
FORMAT, REQUIRES = 1, "0.1"
OPTIMIZER = "optimizer/"
MANIFEST, DIGEST = "manifest", "digest"
_OWN_KEYS = ("format", "requires", "sha256")
# JSON of many empty lists needs thirty times its length in memory: this bounds a hostile manifest to 250 MB.
MANIFEST_LIMIT = 8 << 20


class _ManifestTooLargeError(Exception):
    pass


class NewerFormatError(CheckpointError):
    """A good checkpoint of a later release: never to be treated as damaged, nor written over."""


class Checkpoint(NamedTuple):
    """What a verified file holds: arrays by saved name, and the manifest with `format` and `sha256`."""

    arrays: dict[str, Array]
    manifest: JsonObject


def write(path: str | os.PathLike[str], arrays: Mapping[str, Array], manifest: Mapping[str, Json]) -> None:
    """Save atomically and durably; NaN and infinity in the manifest become null.

    Raises StorageError; the earlier file is then intact and no temporary file stays (see `storage.write_atomic`).
    """
    try:
        storage.write_atomic(path, archive.dump(_members(arrays, manifest)))
    except _ManifestTooLargeError as error:
        raise StorageError(f"{os.fspath(path)}: cannot be written: {error}") from None


def read(path: str | os.PathLike[str]) -> Checkpoint:
    """Read and verify.  Needs memory for what the file really holds, whatever it claims.

    Raises CheckpointError (missing, damaged, foreign, NewerFormatError) or StorageError (the system cannot read it).
    """
    with opened(path) as (file, size):
        members, manifest = _scan(file, size)
        arrays = {}
        for member in members[:-2]:
            array = archive.load(file, member)
            if archive.sha256(array) != manifest["sha256"][member.name]:
                raise Damaged(f"{member.name}: its bytes do not match their SHA-256")
            arrays[member.name] = array
        return Checkpoint(arrays, manifest)


def read_manifest(path: str | os.PathLike[str]) -> JsonObject:
    """The verified manifest alone: quick whatever the size, but the arrays are not checked.  Raises as `read`."""
    with opened(path) as (file, size):
        return _scan(file, size)[1]


def _members(arrays: Mapping[str, Array], manifest: Mapping[str, Json]) -> Iterator[tuple[str, Array]]:
    if reserved := {MANIFEST, DIGEST} & set(arrays):
        raise ValueError(f"the name {reserved.pop()!r} is taken in a checkpoint")
    hashes = {}
    for name, array in sorted(arrays.items(), key=lambda item: item[0].startswith(OPTIMIZER)):
        stored = archive.canonical(array)
        hashes[name] = archive.sha256(stored)
        yield name, stored
    given = {key: value for key, value in manifest.items() if key not in _OWN_KEYS}
    text = storage.json_bytes({"format": FORMAT, "requires": REQUIRES, **given, "sha256": hashes})
    if len(text) > MANIFEST_LIMIT:
        raise _ManifestTooLargeError(f"its manifest takes {len(text)} bytes, the limit is {MANIFEST_LIMIT}")
    yield MANIFEST, np.frombuffer(text, np.uint8)
    yield DIGEST, np.frombuffer(hashlib.sha256(text).digest(), np.uint8)


def _scan(file: BinaryIO, size: int) -> tuple[list[Member], JsonObject]:
    members = archive.scan(file, size)
    if [member.name for member in members[-2:]] != [MANIFEST, DIGEST]:
        raise Damaged(f"it does not end with {MANIFEST!r} and {DIGEST!r}: nntrain did not write it")
    for member in members[-2:]:
        if member.dtype != np.uint8 or len(member.shape) != 1 or member.data_bytes > MANIFEST_LIMIT:
            raise Damaged(f"{member.name}: it is {member.dtype} {member.shape}, not a short row of bytes")
    text, digest = (archive.load(file, member).tobytes() for member in members[-2:])
    if hashlib.sha256(text).digest() != digest:
        raise Damaged("the manifest does not match its digest")
    manifest = _parse(text)
    names = [member.name for member in members[:-2]]
    if list(manifest["sha256"]) != names or names != sorted(names, key=lambda name: name.startswith(OPTIMIZER)):
        raise Damaged("the arrays are not those its manifest lists, in that order")
    return members, manifest


def _parse(text: bytes) -> JsonObject:
    try:
        manifest: JsonObject = json.loads(text)
        format_ = manifest["format"]
        if type(format_) is int and format_ > FORMAT:
            needed = f"format {format_} needs nntrain {manifest['requires']!a:.40}"
            raise NewerFormatError(f"{needed} or newer; this is {__version__}, which reads format {FORMAT}")
        if format_ != FORMAT or type(format_) is not int or type(manifest["sha256"]) is not dict:
            raise Damaged("its manifest has no valid format and sha256")
        # NaN, infinities, doubled keys, stray blanks: whatever json.loads is lenient about comes out different.
        if storage.json_text(manifest).encode() != text:
            raise Damaged("its manifest is not the JSON that nntrain writes")
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Damaged("its manifest is no JSON object as nntrain writes it") from error
    return manifest


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[tuple[BinaryIO, int]]:
    """The open file, which no pipe or device is, and its size; whatever goes wrong with it becomes one line that names
    it.
    """
    name = os.fspath(path)
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)  # a FIFO must not block
    try:
        with storage.naming(name, "cannot be read"), open(os.open(name, flags), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise Damaged("it is no regular file")
            yield file, status.st_size
    except StorageError as error:
        if isinstance(error.__cause__, (FileNotFoundError, NotADirectoryError)):
            raise CheckpointError(f"{name}: there is no such checkpoint") from None
        if isinstance(error.__cause__, IsADirectoryError):
            raise CheckpointError(f"{name}: not a good checkpoint: it is a directory") from None
        raise
    except Damaged as error:
        raise CheckpointError(f"{name}: not a good checkpoint: {error}") from None
    except NewerFormatError as error:
        raise NewerFormatError(f"{name}: {error}") from None
    except MemoryError:
        raise CheckpointError(f"{name}: not enough memory to read it") from None
