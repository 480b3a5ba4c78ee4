"""Data that are read once for many runs: those of a sweep, which are copies of one process (nntrain.sweep.forks).

What is held is never written into: all runs read the same memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar, cast

from nntrain.components import Component, values

T = TypeVar("T")
_NOT_READ = ("batch_size", "shuffle", "drop_last")  # arguments of a dataset that say nothing of what is read
_MOST_PREPARED = 8  # data of so many seeds and settings stay; what they share stays as long as any run may need it
_held: dict[str, object] | None = None
_prepared: dict[str, object] = {}


@contextmanager
def for_all_runs() -> Iterator[None]:
    """Within: what is read is kept, in this process and in the copies that it makes of itself."""
    global _held, _prepared
    before, _held, _prepared = (_held, _prepared), {}, {}
    try:
        yield
    finally:
        _held, _prepared = before


def holding() -> bool:
    """Whether what is read is kept."""
    return _held is not None


def key(dataset: Component, *without: str) -> str:
    """What a dataset says of the data that it reads, but for some arguments."""
    said = {name: value for name, value in values(dataset).items() if name not in (*_NOT_READ, *without)}
    return f"{dataset.type} {said!r}{' labels' if getattr(dataset, 'for_labels', False) else ''}"


def once(key: str, read: Callable[[], T]) -> T:
    """`read()`, or what it gave the last time with this key."""
    if _held is None:
        return read()
    if key not in _held:
        _held[key] = read()
    return cast("T", _held[key])


def lately(key: str, read: Callable[[], T]) -> T:
    """As `once`, for what is cut from what is held: only the last few are kept."""
    if _held is None:
        return read()
    found = _prepared[key] = _prepared.pop(key) if key in _prepared else read()
    while len(_prepared) > _MOST_PREPARED:
        del _prepared[next(iter(_prepared))]
    return cast("T", found)


def anew(key: str, read: Callable[[], T]) -> T:
    """`read()`, whatever is held: for data of a checkpoint, which are read by its facts."""
    return read()
