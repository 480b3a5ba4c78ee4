"""Numbers read all at once are those that are read cell by cell, whatever stands between them."""

import random

import numpy as np
import pytest

from nntrain.data.tables.dialect import Dialect
from nntrain.data.tables.plain_numbers import plain_numbers
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
    return table.header, cells, list(table.lines), table.warnings


@pytest.mark.parametrize("seed", [*range(40), *(pytest.param(s, marks=pytest.mark.slow) for s in range(40, 2000))])
def test_the_same_as_cell_by_cell(tmp_path, seed):
    r = random.Random(seed)
    width, rows = r.randrange(2, 6), r.choice([90, 150, 400])
    columns = [r.choice(WRITINGS) for _ in range(width)]
    lines = [[write(r) for write in columns] for _ in range(rows)]
    for _ in range(r.choice([0, 0, 1, 3])):
        r.choice(lines)[r.randrange(width)] = r.choice(SELDOM)
    end, delimiter = r.choice(["\n", "\n", "\r\n", "\r"]), r.choice(",;\t|")
    text = end.join(map(delimiter.join, [*([["n" + str(i) for i in range(width)]] * r.randrange(2)), *lines]))
    if r.random() < 0.2:
        text = text.replace(end, 2 * end, 1)
    path = tmp_path / "t.csv"
    path.write_bytes((text + r.choice(["", end, end + end])).encode())
    # a comment sign that stands nowhere is looked for in every line, so that nothing is read at once
    assert outcome(path, Dialect()) == outcome(path, Dialect(comment="§"))


def test_every_number_is_rounded_as_float_rounds_it():
    r = random.Random(0)
    cells = [f"{r.randrange(10 ** r.randrange(1, 8))}.{r.randrange(10 ** r.randrange(1, 9))}" for _ in range(20000)]
    found = plain_numbers("".join(cell + "\n" for cell in cells).encode(), ",", 1)
    expected = list(map(float, cells))
    large = [i for i, cell in enumerate(cells) if len(cell.replace(".", "").lstrip("0")) > 15]
    assert found is None or not large or np.array_equal(found[:, 0], expected)
    few = [cell for i, cell in enumerate(cells) if i not in set(large)]
    np.testing.assert_array_equal(
        plain_numbers("".join(cell + "\n" for cell in few).encode(), ",", 1)[:, 0], list(map(float, few))
    )


@pytest.mark.parametrize(
    "block", [b"1,2\n3\n", b"1,a\n", b"1,\n", b"1,.\n", b"1,1.2.3\n", b"123456789,1\n", b"1, 2\n", b"-,1\n"]
)
def test_what_is_not_plain_is_left_to_the_reader_of_cells(block):
    assert plain_numbers(block, ",", 2) is None
