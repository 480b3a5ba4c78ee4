"""How work is cut: into tiles for the threads, into blocks that stay in the cache, into products that BLAS likes.

All of it depends on sizes alone, never on the number of threads or on a clock, so a run's bits depend on neither.
A cut covers its length exactly once and in order; every kernel cuts by these functions, with its own measured sizes.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

# Tiles of one pass, at most: enough that some threads more than a machine has end together.
MOST_TILES = 16
# Bytes of a tile that is worked pass by pass.  Smaller ones stay in the second-level cache, but every pass takes the
# interpreter lock, and two threads that wait for it lose more than the cache gives.
TILE_BYTES = 1 << 21
HALVED_BYTES = 1 << 20  # an array of this size is worth a second thread


@lru_cache(maxsize=1024)  # kernels ask at every step for the same
def equal(length: int, count: int, unit: int = 1) -> tuple[slice, ...]:
    """`count` tiles of about equal length: whole units, and what remains of the length in the last.

    equal(10, 3) is 0:3 3:6 6:10.  Where there are fewer units than tiles, some tiles are empty.
    """
    edges = [length * i // (count * unit) * unit for i in range(count)] + [length]
    return tuple(slice(a, b) for a, b in pairwise(edges))


@lru_cache(maxsize=1024)
def runs(stop: int, width: int, start: int = 0) -> tuple[slice, ...]:
    """Tiles of `width` from `start` to `stop`; the last has what remains.   runs(10, 4) is 0:4 4:8 8:10."""
    return tuple(slice(a, min(a + width, stop)) for a in range(start, stop, width))


def count_by_work(length: int, work: int, least: int, most: int = MOST_TILES) -> int:
    """How many tiles have `least` of the `work` or more each: at most `most` and `length`, and at least 1.

    `work` and `least` are in one unit, of the caller's choice: multiplications, elements.
    """
    return max(1, min(length, most, work // least))


def by_work(length: int, work: int, least: int, most: int = MOST_TILES) -> tuple[slice, ...]:
    """About equal tiles of `least` of the `work` or more, as `count_by_work` counts them."""
    return equal(length, count_by_work(length, work, least, most))


def by_bytes(length: int, size: int) -> tuple[slice, ...]:
    """About equal tiles of an array of `size` bytes, of TILE_BYTES or less each where the length allows it.

    An even number of them, as two threads end together then; one where the array has less than HALVED_BYTES.
    """
    count = 2 * -(-size // (2 * TILE_BYTES)) if size >= HALVED_BYTES else 1
    return equal(length, min(count, length))


def doubled(length: int, most: int, unit: int = 1) -> tuple[slice, ...]:
    """About equal tiles of whole units: the largest power of two up to `most` for which there are units.

    A power of two, as two threads or four end together then.
    """
    count = max(1, min(most, length // unit))
    return equal(length, 1 << count.bit_length() - 1, unit)


@lru_cache(maxsize=1024)
def equal_parts(size: int, most: int, least: int | None = None) -> int:
    """The fewest equal parts of a size, each of `least` to `most` elements; 1 where it has no such parts.

    `least` is by default a quarter of what is asked for: products of slivers are slow.
    """
    if most < 1:
        return 1
    least = max(1, -(-min(most, size) // 4) if least is None else least)
    for parts in range(-(-size // most), size // least + 1):
        if size % parts == 0:
            return parts
    return 1


@lru_cache(maxsize=1024)
def doubled_parts(size: int, most: int, unit: int) -> int:
    """Into how many parts of 1, 2, 4, 8 … units a size is cut: the fewest of at most `most`; 1 where there are none."""
    if size % unit or unit > most:
        return 1
    part = unit
    while size % (2 * part) == 0 and 2 * part <= most:
        part *= 2
    return size // part
