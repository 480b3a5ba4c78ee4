"""What unpacks to far more than any data would: refused before it fills the memory."""

from __future__ import annotations

from nntrain.errors import DataError

_ENOUGH = 1 << 26  # bytes that may come of anything
_TIMES = 200  # as much as data that are nearly all the same unpack to


def is_far_too_large(packed: int, unpacked: int) -> bool:
    """Whether so many bytes of a file become so many more that they are no data."""
    return unpacked > max(_ENOUGH, _TIMES * packed)


def refuse_if_far_too_large(name: str, packed: int, unpacked: int, hint: str) -> None:
    """Raise DataError where so many bytes of a file become so many more."""
    if is_far_too_large(packed, unpacked):
        raise DataError(f"{name}: error: {packed:,} bytes that unpack to {unpacked:,} or more are no data; {hint}")
