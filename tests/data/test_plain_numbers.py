"""Numbers read all at once are those that are read cell by cell, whatever stands between them."""

import random

import numpy as np
import pytest

from nntrain.data.tables import known_words, text_lines
from nntrain.data.tables.byte_words import PAD, padded
from nntrain.data.tables.dialect import Dialect
from nntrain.data.tables.numerals import Numerals
from nntrain.data.tables.packed_columns import pieces_of
from nntrain.data.tables.packed_numbers import PackedNumbers
from nntrain.data.tables.plain_blocks import PlainBlocks
from nntrain.data.tables.plain_numbers import numbers_at
from nntrain.data.tables.table_files import open_table
from nntrain.data.tables.table_reader import read_table
from nntrain.errors import DataError

WRITINGS = (
    lambda r: str(r.randrange(-999, 999)),
    lambda r: f"{r.uniform(-9, 9):.5f}",
    lambda r: f"{r.uniform(1, 999):.3f}",
    lambda r: f"{r.randrange(900)}.000",
    lambda r: f"{r.randrange(900)}.0",
    lambda r: f"+{r.randrange(99999999)}.{r.randrange(99999999)}",
    lambda r: f".{r.randrange(999)}",
    lambda r: f"{r.randrange(99)}.",
    lambda r: repr(r.gauss(0, 1)),
    lambda r: repr(r.gauss(0, 1) * 10.0 ** r.randrange(-30, 20)),
    lambda r: f"{r.gauss(0, 1):.18e}",
    lambda r: str(r.randrange(-(10**19), 10**19)),
    lambda r: r.choice(["", "NA", f"{r.uniform(-9, 9):.5f}"]),
    lambda r: r.choice(["", f"{r.randrange(99)}"]),
    lambda r: r.choice(["red", "green", "blue"]),
    lambda r: r.choice(["größer", "kleiner", "a rather long name of thirty", "z", "", "?"]),
    lambda r: f"id-{r.randrange(10**9)}",
    lambda r: r.choice(['"red"', '"1.5"', '""', "blue", "2.5"]),
    lambda r: r.choice([" 1", "  1.234", "  red", "1"]),
    lambda r: r.choice(["1.234", "12.500", "7", "-8"]),
    lambda r: f"{r.uniform(1, 9e6):,.2f}",
    lambda r: f"{r.uniform(0, 9):.2f}".replace(".", ","),
)
SELDOM = (
    "",
    "a",
    "1e5",
    "123456789",
    "1.123456789",
    "-",
    ".",
    "1.2.3",
    " 7",
    "7 ",
    '"8"',
    "nan",
    "1_0",
    "+-1",
    "é",
    "--5",
    '"a, b"',
    '"two\nlines"',
    '"says ""no"""',
    'a"b',
    "\u00a0",
    "# 1",
    "9007199254740993",
    "9007199254740993.5",
    "1e400",
    "inf",
    "0." + "0" * 30 + "1",
)


def outcome(path, dialect):
    """Everything that is read, or the error."""
    try:
        table = read_table(open_table(path), dialect)
    except DataError as error:
        return str(error)
    cells = [
        (c.values.tobytes(), None if c.codes is None else c.codes.tolist(), c.words, c.grouped) for c in table.columns
    ]
    return table.header, cells, [table.lines[row] for row in range(len(table))], table.warnings


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(text_lines, "_BLOCK", 600)
    monkeypatch.setattr(text_lines, "_ROWS", 4)


@pytest.mark.parametrize("seed", [*range(25), *(pytest.param(s, marks=pytest.mark.slow) for s in range(25, 3000))])
def test_the_same_as_cell_by_cell(tmp_path, seed, small_blocks, monkeypatch):
    r = random.Random(seed)
    width, rows = r.randrange(1, 7), r.choice([90, 150, 400])
    columns = [r.choice(WRITINGS) for _ in range(width)]
    lines = [[write(r) for write in columns] for _ in range(rows)]
    for _ in range(r.choice([0, 0, 1, 3])):
        r.choice(lines)[r.randrange(width)] = r.choice(SELDOM)
    if r.random() < 0.1:
        r.choice(lines)[:] = r.choice([[""] * width, [" "] * width, ["1"] * (width + 1)])
    end, delimiter = r.choice(["\n", "\n", "\r\n", "\r"]), r.choice(",;\t|:")
    quoted = [[f'"{cell}"' if delimiter in cell and '"' not in cell else cell for cell in line] for line in lines]
    text = end.join(map(delimiter.join, [*([["n" + str(i) for i in range(width)]] * r.randrange(2)), *quoted]))
    if r.random() < 0.2:
        text = text.replace(end, 2 * end, 1)
    path = tmp_path / "t.csv"
    path.write_bytes(
        (text + r.choice(["", end, end + end])).encode(r.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16"]))
    )
    numerals = r.choice([Numerals(), Numerals(), Numerals(",") if delimiter != "," else Numerals(), Numerals(".", ",")])
    dialect = Dialect(
        comment=r.choice([None, "#"]),
        delimiter=r.choice([None, delimiter]),
        numerals=numerals,
        point_said=r.random() < 0.2,
    )
    found = outcome(path, dialect)
    monkeypatch.setattr(PlainBlocks, "of", lambda *_: None)
    assert found == outcome(path, dialect)


def cells_of(texts):
    """Cells in bytes, and where they stand."""
    block = "".join(text + "\n" for text in texts).encode()
    content = np.frombuffer(padded(block), np.uint8)
    ends = np.flatnonzero(content == ord("\n"))
    starts = np.concatenate([[PAD], ends[:-1] + 1])
    return content, starts, ends


def read(texts):
    """Values of cells, and which are odd."""
    found = numbers_at(*cells_of(texts), ord("."))
    return found.floats(), found.odd


def test_every_number_is_rounded_as_float_rounds_it():
    r = random.Random(0)
    digits = [str(r.randrange(10 ** r.randrange(1, 19))) for _ in range(20000)]
    at = [r.randrange(len(cell) + 1) for cell in digits]
    cells = [r.choice(["", "-", "+"]) + cell[:k] + "." + cell[k:] for cell, k in zip(digits, at, strict=True)]
    cells += [repr(r.gauss(0, 1)) for _ in range(20000)]
    values, odd = read(cells)
    np.testing.assert_array_equal(values[~odd], np.array(list(map(float, cells)))[~odd])
    assert odd.mean() < 0.02


def test_halfway_between_two_numbers_is_left_to_float():
    halfway = ["9007199254740993.0", "9007199254740995.0", "0.50000000000000005551115123125782702"]
    values, odd = read([*halfway, "9007199254740994.0"])
    assert odd.tolist() == [True, True, True, False]
    assert values[3] == 9007199254740994


@pytest.mark.parametrize(
    "cell", ["a", "", ".", "1.2.3", "1" * 19, " 2", "-", "1e5", "1_0", "--5", "é", "9007199254740992"]
)
def test_what_is_not_plain_is_said_to_be_odd(cell):
    values, odd = read(["12", cell, "34"])
    assert odd.tolist() == [False, True, False]
    assert values[[0, 2]].tolist() == [12, 34]


def test_words_of_the_same_key_are_told_apart(monkeypatch):
    monkeypatch.setattr(known_words, "_MIX", np.zeros(3, np.uint64))
    words, known = ["abcdefgh" + "12345678", "ABCDEFGH" + "12345678", "12345678"], known_words.KnownWords()
    content, starts, ends = cells_of(words)
    for _ in range(3):
        assert known.codes(content, starts, ends, lambda rows: np.array(rows)).tolist() == [0, 1, 2]


NUMBERS = [
    "0",
    "-0",
    "-0.0",
    "7",
    "-7.25",
    "0.1",
    "2147483647",
    "2147483648",
    "-0.000000001",
    "1.5",
    "0.12345678901234567",
]


@pytest.mark.parametrize("cells", [[a, b, a] for a in NUMBERS for b in NUMBERS])
def test_pieces_are_the_numbers_to_the_bit(cells):
    content, starts, ends = cells_of([*cells, "x"])
    found = numbers_at(content, starts[None], ends[None], ord("."))
    [piece] = pieces_of(found)
    assert found.odd.tolist() == [[False, False, False, True]]
    assert piece[:][:3].tobytes() == np.array([float(cell) for cell in cells]).tobytes()
    if isinstance(piece, PackedNumbers):
        assert np.isnan(piece.without(np.array([0, 3]))[:]).tolist() == [True, False, False, True]


def test_a_word_of_many_rows_is_looked_up_once():
    seen, known = [], known_words.KnownWords()
    content, starts, ends = cells_of(["red", "green", "red", "blue", "green"] * 20)

    def look_up(rows):
        seen.extend(rows.tolist())
        return np.arange(len(rows))

    assert known.codes(content, starts, ends, look_up).tolist() == [0, 1, 0, 2, 1] * 20
    assert seen == [0, 1, 3]
