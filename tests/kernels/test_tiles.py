"""How work is cut.

Tiles and blocks decide in which order sums are taken, so a change of them changes the bits of runs.
`tests/assets/tiles.json` holds the tiles that every kernel hands to the threads, for a grid of sizes; after a change
that is meant to change them, made anew by

    PYTHONPATH=. python tests/kernels/test_tiles.py
"""

import json
from pathlib import Path

import numpy as np
import pytest

from nntrain.kernels import affine, batch_norm, correlation, cross_entropy, elementwise, lookup, lstm, pool2d, winograd
from nntrain.kernels.products import PACKED
from nntrain.kernels.tiles import (
    HALVED_BYTES,
    MOST_TILES,
    TILE_BYTES,
    by_bytes,
    by_work,
    doubled,
    doubled_parts,
    equal,
    equal_parts,
    runs,
)
from nntrain.kernels.windows import window
from nntrain.optimizers import gradient
from nntrain.runtime import threads

TABLE = Path(__file__).parents[1] / "assets" / "tiles.json"


def zeros(*shape, dtype=np.float32):
    return np.zeros(shape, dtype)


def convolve(backward, C, F, k, size, m, *, groups=1, dilation=1, dtype=np.float32):
    slid = window((size, size), k, 1, "same", dilation)
    X, W, Z = zeros(C, size, size, m, dtype=dtype), zeros(F, C // groups, k, k, dtype=dtype), zeros(F, size, size, m)
    if backward:
        correlation.conv2d_backward_weights(X, Z.astype(dtype), slid, groups)
    else:
        correlation.conv2d_forward(X, W, None, slid, groups)


def by_classes(T, n, m):
    Z, Y = zeros(T, n, m), zeros(T, m, dtype=np.intp)
    cross_entropy.mean_and_derivative(Z, Y, None)


def penalty(size):
    gradient.penalty(zeros(size), 0, 0.5, zeros(size))


PRODUCTS = [
    (10, 32, 8),
    (64, 1024, 32),
    (256, 784, 128),
    (512, 256, 128),
    (500, 784, 128),
    (7, 9000, 1300),
    (512, 128, 4096),
]
STEPS = [(1, 900, 900, 60), (5, 128, 64, 32), (64, 64, 128, 64), (128, 256, 256, 32), (7, 512, 512, 256)]
CHANNELS = [(c, n) for c in (1, 3, 16, 33, 64) for n in (1000, 65_536, 700_000)]
IMAGES = [(16, 16, 32, 64), (64, 64, 8, 64), (3, 32, 32, 64), (64, 32, 4, 200), (17, 5, 9, 700), (128, 128, 2, 33)]

# name: a call of a kernel, and the sizes to call it with
KERNELS = {
    "affine": (lambda n, k, m: affine.affine(zeros(n, k), zeros(k, m), None), PRODUCTS),
    "affine accumulate": (lambda n, k, m: affine.accumulate(zeros(n, k), None, zeros(n, m), zeros(k, m)), PRODUCTS),
    "affine backward": (
        lambda n, k, m: affine.backward(zeros(n, k), zeros(n, k), None, zeros(n, m), zeros(k, m)),
        PRODUCTS,
    ),
    "affine of steps": (lambda T, n, k, m: affine.affine(zeros(n, k), zeros(T, k, m), None), STEPS),
    "affine backward of steps": (
        lambda T, n, k, m: affine.backward(zeros(n, k), zeros(n, k), None, zeros(T, n, m), zeros(T, k, m)),
        STEPS,
    ),
    "add": (
        lambda size: elementwise.add(zeros(size), zeros(size)),
        [(1000,), (262_144,), (524_287,), (524_288,), (1_000_003,), (4_194_304,)],
    ),
    "batch norm": (
        lambda C, n: batch_norm.scale_and_shift(zeros(C, n), zeros(C, 1), zeros(C, 1)),
        [*CHANNELS, (300, 20_000), (1024, 4096)],
    ),
    "max pool": (
        lambda C, size, m: pool2d.max_pool_forward(zeros(C, size, size, m), window((size, size), 2, 2)),
        [(8, 24, 64), (32, 32, 64), (5, 9, 3)],
    ),
    "recurrent": (
        lambda T, k, n, m: lstm.forward(
            zeros(T, k, m), (zeros(4 * n, k), zeros(4 * n, n), zeros(4 * n, 1)), (None, None)
        ),
        [(10, 3, 4, 5), (64, 64, 128, 64), (64, 64, 128, 20), (128, 64, 256, 33), (128, 64, 256, 7), (64, 64, 128, 16)],
    ),
    "lookup": (
        lambda T, n, m: lookup.forward(zeros(n, 30), zeros(T, m, dtype=np.intp)),
        [(5, 4, 3), (60, 80, 70), (64, 128, 64), (3, 512, 512), (100, 512, 100)],
    ),
    "cross entropy": (by_classes, [(5, 4, 3), (64, 65, 64), (128, 80, 32), (3, 1000, 300), (100, 512, 100)]),
    "conv3x3 float64": (
        lambda *sizes: convolve(False, *sizes, dtype=np.float64),
        [(c, f, 3, *s) for c, f, *s in IMAGES],
    ),
    "conv1x1": (lambda *sizes: convolve(False, *sizes), [(c, f, 1, *s) for c, f, *s in IMAGES]),
    "conv3x3 dilated": (lambda *sizes: convolve(False, *sizes, dilation=2), [(c, f, 3, *s) for c, f, *s in IMAGES]),
    "conv3x3 float64 weights": (
        lambda *sizes: convolve(True, *sizes, dtype=np.float64),
        [*((c, f, 3, *s) for c, f, *s in IMAGES), (256, 256, 3, 8, 16)],
    ),
    "winograd": (
        lambda *sizes: convolve(False, *sizes),
        [(16, 16, 3, 32, 64), (64, 64, 3, 8, 64), (17, 19, 3, 14, 300)],
    ),
    "winograd weights": (
        lambda *sizes: convolve(True, *sizes),
        [(16, 16, 3, 32, 64), (64, 64, 3, 8, 64), (17, 19, 3, 14, 300), (512, 512, 3, 6, 16)],
    ),
    "depthwise": (
        lambda C, k, size, m: convolve(False, C, C, k, size, m, groups=C),
        [(32, 3, 16, 64), (8, 3, 80, 16), (100, 5, 65, 3)],
    ),
    "depthwise weights": (
        lambda C, k, size, m: convolve(True, C, C, k, size, m, groups=C),
        [(32, 3, 16, 64), (8, 3, 80, 16), (100, 5, 65, 3)],
    ),
    "penalty": (penalty, [(1000,), (131_072,), (131_073,), (262_144,), (1_000_000,)]),
}


class Handed(Exception):
    """The tiles that a kernel hands to the threads: it is stopped there."""


def tiles_of(call, sizes, monkeypatch):
    """Tiles as text: `0:8 8:16`, of two dimensions `0:8,0:32 8:16,0:32`; "one" where the kernel hands out none."""

    def run(task, tiles, **_):
        raise Handed(tiles)

    monkeypatch.setattr(threads, "run", run)
    monkeypatch.setattr(winograd, "LONGEST_SUM", PACKED.longest_sum)  # else a matter of the processor
    try:
        call(*sizes)
    except Handed as handed:
        return " ".join(map(written, handed.args[0]))
    return "one"


def written(tile):
    if tile == slice(None):
        return "all"
    if isinstance(tile, slice):
        return f"{tile.start}:{tile.stop}"
    if isinstance(tile, list):  # of blocks, worked one after the other
        return "+".join(map(written, tile))
    return ",".join(str(part) if isinstance(part, int) else written(part) for part in tile if not callable(part))


CASES = [(name, sizes) for name, (_, grid) in KERNELS.items() for sizes in grid]


def case_name(name, sizes):
    return " ".join([name, "x".join(map(str, sizes))])


@pytest.mark.parametrize(("name", "sizes"), CASES, ids=[case_name(*case) for case in CASES])
def test_kernels_hand_out_the_tiles_that_they_always_did(name, sizes, monkeypatch):
    table = json.loads(TABLE.read_text("utf-8"))
    assert tiles_of(KERNELS[name][0], sizes, monkeypatch) == table[case_name(name, sizes)]


def test_tiles_of_two_dimensions_meet_every_row_and_example_once(monkeypatch):
    call, grid = KERNELS["conv3x3 float64"]
    for *sizes, size, m in grid:
        tiles = [tile.split(",") for tile in tiles_of(call, (*sizes, size, m), monkeypatch).split()]
        seen = [(i, k) for rows, part in tiles for i in span(rows) for k in span(part)]
        assert sorted(seen) == [(i, k) for i in range(size) for k in range(m)]


def span(text):
    start, stop = map(int, text.split(":"))
    return range(start, stop)


# --- what every way to cut promises ------------------------------------------------------------------------------

LENGTHS = [1, 2, 3, 7, 16, 17, 50, 500, 512]


def covered_once_in_order(tiles, length, start=0):
    return [i for tile in tiles for i in range(tile.start, tile.stop)] == list(range(start, length))


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("count", [1, 2, 3, 16])
@pytest.mark.parametrize("unit", [1, 8])
def test_equal_tiles_differ_by_a_unit_at_most_and_the_last_has_the_rest(length, count, unit):
    tiles = equal(length, count, unit)
    assert covered_once_in_order(tiles, length)
    assert len(tiles) == count
    assert all(tile.start % unit == 0 for tile in tiles)
    sizes = [tile.stop - tile.start for tile in tiles]
    assert max(sizes) - min(sizes) < 2 * unit


@pytest.mark.parametrize("stop", LENGTHS)
@pytest.mark.parametrize(("start", "width"), [(0, 1), (0, 7), (0, 1000), (1, 3)])
def test_runs_are_of_one_width_but_the_last(stop, start, width):
    tiles = runs(stop, width, start)
    assert covered_once_in_order(tiles, stop, start)
    assert all(tile.stop - tile.start == width for tile in tiles[:-1])


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("work", [0, 99, 100, 1000, 10**9])
@pytest.mark.parametrize("most", [1, 8, MOST_TILES])
def test_tiles_by_work_have_the_least_work_and_are_no_more_than_allowed(length, work, most):
    tiles = by_work(length, work, 100, most)
    assert covered_once_in_order(tiles, length)
    assert len(tiles) <= most
    assert all(tile.stop > tile.start for tile in tiles)
    assert len(tiles) == 1 or work // len(tiles) >= 100


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("size", [0, HALVED_BYTES - 1, HALVED_BYTES, 3 * TILE_BYTES, 100 * TILE_BYTES])
def test_tiles_by_bytes_are_small_enough_and_an_even_number(length, size):
    tiles = by_bytes(length, size)
    assert covered_once_in_order(tiles, length)
    assert all(tile.stop > tile.start for tile in tiles)
    assert len(tiles) == length or size / len(tiles) <= TILE_BYTES
    assert len(tiles) in (1, length) or len(tiles) % 2 == 0
    assert (len(tiles) == 1) == (size < HALVED_BYTES or length == 1)


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("unit", [1, 8])
@pytest.mark.parametrize("most", [0, 1, 2, 7, 1000])
def test_doubled_tiles_are_a_power_of_two_of_them(length, unit, most):
    tiles = doubled(length, most, unit)
    assert covered_once_in_order(tiles, length)
    assert len(tiles).bit_count() == 1
    assert len(tiles) <= max(1, most)
    assert all(tile.stop > tile.start and tile.start % unit == 0 for tile in tiles)
    assert 2 * len(tiles) > min(most, length // unit)


@pytest.mark.parametrize(
    ("size", "most", "parts"),
    [(64, 32, 2), (32, 32, 1), (8, 32, 1), (96, 40, 3), (128, 100, 2), (47, 32, 1), (60, 0, 1), (36, 10, 4)],
)
def test_the_fewest_equal_parts_but_no_slivers(size, most, parts):
    assert equal_parts(size, most) == parts


@pytest.mark.parametrize(
    ("size", "most", "least", "parts"), [(64, 32, 8, 2), (64, 7, 8, 1), (64, 8, 8, 8), (90, 20, 8, 5), (94, 40, 8, 1)]
)
def test_equal_parts_have_as_many_as_they_must(size, most, least, parts):
    assert equal_parts(size, most, least) == parts


@pytest.mark.parametrize(
    ("size", "most", "parts"), [(64, 64, 1), (64, 63, 2), (24, 24, 3), (20, 64, 1), (64, 7, 1), (96, 1000, 3)]
)
def test_doubled_parts_are_8_16_32_rows(size, most, parts):
    assert doubled_parts(size, most, 8) == parts


def remake():
    table = {}
    for name, sizes in CASES:
        with pytest.MonkeyPatch.context() as patched:
            table[case_name(name, sizes)] = tiles_of(KERNELS[name][0], sizes, patched)
    TABLE.write_text(json.dumps(table, indent=0) + "\n", "utf-8")


if __name__ == "__main__":
    remake()
