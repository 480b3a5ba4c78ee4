"""Numbers of a table are kept in few bytes, and come back to the bit."""

import numpy as np
import pytest

from nntrain.data.tables import plain_blocks
from nntrain.data.tables.dialect import Dialect
from nntrain.data.tables.packed_numbers import PackedNumbers, packed
from nntrain.data.tables.table_files import open_table
from nntrain.data.tables.table_reader import read_table

CHANCE = np.random.default_rng(0)
COUNT = 300
NORMAL = CHANCE.normal(size=COUNT)
NORMAL[np.abs(NORMAL) < 0.05] = 1
KEPT = {
    "bits": (CHANCE.integers(0, 2, COUNT), np.int8),
    "pixels": (CHANCE.permutation(np.arange(COUNT) % 256), np.uint8),
    "years": (CHANCE.integers(1900, 2100, COUNT), np.int16),
    "hundredths": ((50 * NORMAL).round(2), np.int16),
    "hundred-thousandths": (NORMAL.round(5), np.int32),
    "fewer decimals at the beginning": (np.where(np.arange(COUNT) < 100, NORMAL.round(1), NORMAL.round(3)), np.int16),
    "gaps": (np.where(np.arange(COUNT) % 7, NORMAL.round(1), np.nan), np.int8),
    "one below the largest, and a gap": (np.where(np.arange(COUNT) % 7, 126, np.nan), np.int8),
    "the largest, and a gap": (np.where(np.arange(COUNT) % 7, 127, np.nan), np.uint8),
    "minus nothing": (np.where(np.arange(COUNT) == 4, -0.0, 0.0), np.int8),
    "nothing but gaps": (np.full(COUNT, np.nan), np.int8),
}
LEFT = {
    "all digits": NORMAL,
    "minus nothing": np.where(np.arange(COUNT) % 9, -0.0, 1.0),
    "too large": np.where(np.arange(COUNT) == 200, 3e9, 1.0),
    "huge": np.where(np.arange(COUNT) == 200, 1e300, 0.5),
    "few": NORMAL[:100].round(1),
}


@pytest.mark.parametrize("name", KEPT)
def test_numbers_come_back_from_few_bytes_to_the_bit(name):
    values, integer = KEPT[name]
    values = values.astype(np.float64)
    kept = packed(values)
    assert kept.whole.dtype == integer
    assert list(map(repr, kept[:5].tolist())) == list(map(repr, values[:5].tolist()))
    assert kept[:].tobytes() == np.where(np.isnan(values), np.nan, values).tobytes()
    assert (len(kept), kept[5:9].tobytes()) == (COUNT, values[5:9].tobytes())
    assert packed(values, before=kept)[:].tobytes() == kept[:].tobytes()


@pytest.mark.parametrize("name", LEFT)
def test_numbers_that_fit_no_fewer_bytes_are_left_as_they_are(name):
    assert packed(LEFT[name]) is None


def test_more_decimals_than_before_are_found():
    before = packed(NORMAL.round(1))
    assert packed(NORMAL.round(4), before)[:].tolist() == NORMAL.round(4).tolist()


def test_a_large_table_is_the_same_in_few_bytes(monkeypatch, tmp_path):
    columns = [
        NORMAL.round(2).tolist(),
        ["" if i % 50 == 3 else i % 9 for i in range(COUNT)],
        ["word" if i == 250 else i / 8 for i in range(COUNT)],
        NORMAL.tolist(),
        ["red" if i % 3 else "blue" for i in range(COUNT)],
    ]
    rows = [",".join(map(str, row)) for row in zip(*columns, strict=True)] * 20
    for name in ("one", "two"):
        (tmp_path / f"{name}.csv").write_text("\n".join(["a,b,c,d,e", *rows]) + "\n")

    def read():
        return read_table([open_table(tmp_path / f"{name}.csv") for name in ("one", "two")], Dialect())

    whole = read()
    monkeypatch.setattr(plain_blocks, "_LARGE", 1000)
    kept = read()
    for i, (one, other) in enumerate(zip(whole.columns, kept.columns, strict=True)):
        assert one.values.tobytes() == other.values.tobytes()
        assert one.words == other.words
        assert [one.text(row) for row in range(0, 2000, 61)] == [other.text(row) for row in range(0, 2000, 61)]
        assert any(isinstance(piece, PackedNumbers) for piece in other.value_pieces) == (i < 3)
