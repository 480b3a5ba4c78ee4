"""Arrays in .npy and .npz files, and whether their numbers can be trained on."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from math import prod
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np

from nntrain.data.mapped_files import open_mapped
from nntrain.data.packed import refuse_if_far_too_large
from nntrain.data.standardize import LARGEST, chunks
from nntrain.errors import DataError
from nntrain.messages import did_you_mean
from nntrain.model.shapes import Array, Shape

_LONGEST_HEADER = 1 << 16  # bytes
_BEGINNINGS = b"\x93NUMPY", b"PK\x03\x04", b"PK\x05\x06"  # of .npy, of .npz, of one without an array


class Header(NamedTuple):
    """What an array says of itself before it is read."""

    shape: Shape
    dtype: np.dtype


def no_array(path: Path, name: str, there: Sequence[str]) -> DataError:
    """The error about an array that an .npz file has not."""
    hint = did_you_mean(name, there)
    return DataError(f"{path}: error: no array {name!r} (it has {', '.join(there)}){hint}")


def names_in(path: Path) -> tuple[str, ...]:
    """Names of the arrays in an .npz file; none where it cannot be read, of which `read_npz` says why."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            return tuple(getattr(file, "files", ()))
    except Exception:  # whatever a damaged file does to zip and header parsers
        return ()


def read_npz(
    path: Path, names: tuple[str, ...], check: Callable[[Mapping[str, Header]], None] | None = None
) -> list[Array]:
    """Arrays of an .npz file by name.  `check` gets their headers before any is read.  Raises DataError."""
    headers: dict[str, Header] = {}
    try:
        with path.open("rb") as opened:
            file = np.load(opened, allow_pickle=False)
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise DataError(f"{path}: error: holds one array, not the named arrays of an .npz file")
            for name in names:
                if name not in file.files:
                    raise no_array(path, name, file.files)
                assert file.zip is not None
                info = file.zip.NameToInfo.get(f"{name}.npy") or file.zip.getinfo(name)
                hint = "if they are meant, numpy.savez stores them as they are"
                refuse_if_far_too_large(f"{path}:{name}", info.compress_size, info.file_size, hint)
                with file.zip.open(info) as member:
                    headers[name] = _check_promise(f"{path}:{name}", member, info.file_size)
            if check is not None:
                check(headers)
            return [np.asarray(file[name], order="C") for name in names]
    except DataError:
        raise
    except Exception as error:  # whatever a damaged file does to zip, deflate and header parsers
        raise _unreadable(path, error) from error


def _check_promise(name: str, member: IO[bytes], size: int) -> Header:
    """The header of a member.  Raises DataError where it is no array that could be data, or not as long as its header
    says: before all of it is read.
    """
    version = np.lib.format.read_magic(member)
    width = 2 if version == (1, 0) else 4
    length = member.read(width)
    if (told := int.from_bytes(length, "little")) > _LONGEST_HEADER:
        raise DataError(f"{name}: error: cannot be read: a header of {told:,} bytes")
    read = np.lib.format.read_array_header_1_0 if width == 2 else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(io.BytesIO(length + member.read(told)))
    if dtype.hasobject:
        return Header(shape, dtype)  # the reader refuses it
    there, expected = size - 6 - 2 - width - told, prod(shape) * dtype.itemsize
    if there < expected:
        raise DataError(f"{name}: error: cannot be read: {there:,} bytes of data where its header says {expected:,}")
    if len(shape) > 4:
        raise DataError(f"{name}: error: shape {show(shape)}, of more axes than data have")
    if dtype.kind not in "biufUS":
        raise DataError(f"{name}: error: an array of {dtype}, expected an array of numbers, examples first")
    return Header(shape, dtype)


def read_npy(path: Path) -> Array:
    """An .npy file, memory-mapped.  Raises DataError."""
    try:
        with path.open("rb") as file:
            _check_promise(str(path), file, path.stat().st_size)
        array = open_mapped(path)
    except DataError:
        raise
    except Exception as error:  # as above
        raise _unreadable(path, error) from error
    if not array.flags.c_contiguous:
        raise DataError(f"{path}: error: stored in Fortran order; save numpy.ascontiguousarray of it")
    return array


def _unreadable(path: Path, error: Exception) -> DataError:
    if isinstance(error, OSError) and error.strerror:
        return DataError(f"{path}: error: {error.strerror}")
    with path.open("rb") as file:
        start = file.read(len(_BEGINNINGS[0]))
    if not start.startswith(_BEGINNINGS):
        return DataError(f"{path}: error: no NumPy file; dataset type csv reads tables, images a folder of pictures")
    reason = " ".join(str(error).split()) or type(error).__name__
    if "allow_pickle" in reason or "Python objects" in reason:
        reason = "not an array of numbers (pickled objects are never loaded)"
    return DataError(f"{path}: error: cannot be read: {reason}")


def check_inputs(X: Array, name: str, vocabulary: int | None) -> None:
    """Tables, images or sequences of finite numbers; with a vocabulary sequences of integers below it."""
    check_numbers(X, name)
    if vocabulary is not None:
        if X.ndim != 2 or X.dtype.kind not in "iu":
            raise DataError(
                f"{name}: error: with a vocabulary inputs are integers (N, T), not {X.dtype} {show(X.shape)}"
            )
        check_range(X, name, "symbol", vocabulary)
    elif X.ndim not in (2, 3, 4):
        raise DataError(
            f"{name}: error: shape {show(X.shape)}, expected tables (N, n), sequences (N, T, n) or images (N, C, H, W)"
        )
    if 0 in X.shape:
        raise DataError(f"{name}: error: shape {show(X.shape)} holds no number")


def check_kind(header: Header, name: str) -> None:
    """Raise DataError for anything but arrays of real numbers."""
    if header.dtype.kind not in "biuf" or not header.shape:
        what = f"an array of {header.dtype}" if header.shape else "a single number"
        raise DataError(f"{name}: error: {what}, expected an array of numbers, examples first")


def check_numbers(array: Array, name: str) -> None:
    """Raise DataError for anything but finite real numbers that keep their squares finite in float64."""
    check_kind(Header(array.shape, array.dtype), name)
    if array.dtype.kind != "f":
        return
    first = 0
    for chunk in chunks(array):
        with np.errstate(invalid="ignore", over="ignore"):
            good = np.abs(chunk) <= LARGEST
        if not good.all():
            place = np.argwhere(~good)[0]
            value = chunk[tuple(place)]
            place[0] += first
            index = ", ".join(map(str, place))
            raise DataError(f"{name}[{index}]: error: {value} where a finite number was expected")
        first += len(chunk)


def check_range(array: Array, name: str, what: str, limit: int | None, least: int = 0) -> None:
    """Raise DataError where an integer is below `least` or not below the limit."""
    first = 0
    for chunk in chunks(array):
        bad = chunk < least if limit is None else (chunk < least) | (chunk >= limit)
        if bad.any():
            place = np.argwhere(bad)[0]
            value = chunk[tuple(place)]
            place[0] += first
            expected = "0 or more" if limit is None else f"0 to {limit - 1}"
            raise DataError(f"{name}[{', '.join(map(str, place))}]: error: {what} {value}, expected {expected}")
        first += len(chunk)


def show(shape: Shape) -> str:
    """A shape as Python writes it: `(3, 4)`, `(5,)`."""
    return "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"
