"""Rows that hold nothing, however many there are: those that are left are the same, and so are their lines."""

import random

import pytest

from nntrain.data.tables import file_rows, text_lines
from nntrain.data.tables.dialect import Dialect
from nntrain.data.tables.table_files import open_table
from nntrain.data.tables.table_reader import read_table

NOTHING = ("", "", " ", "   ", "{0}{0}", "{0} {0}", "{0}", "{0}{0}{0}{0}{0}")


def found(path):
    table = read_table(open_table(path), Dialect())
    lines = [table.lines[row] for row in range(len(table))]
    return [cells.values.tolist() for cells in table.columns], lines, table.warnings


@pytest.mark.parametrize("number", range(20))
def test_blocks_of_nothing_are_passed_over_as_rows_are(tmp_path, monkeypatch, number):
    chance, path = random.Random(number), tmp_path / "t.csv"
    line_end, sign = chance.choice(["\n", "\r\n", "\r"]), chance.choice([",", ";", "\t"])
    rows = [sign.join("aby")]
    for _ in range(chance.randrange(2, 30)):
        rows.append(sign.join(str(chance.randrange(9)) for _ in range(3)))
        rows += [chance.choice(NOTHING).format(sign) for _ in range(chance.choice([0, 1, 5, 40]))]
    path.write_bytes((line_end.join(rows) + chance.choice(["", line_end])).encode())
    monkeypatch.setattr(text_lines, "_BLOCK", 48)
    monkeypatch.setattr(text_lines, "_ROWS", 1)
    expected = found(path)
    monkeypatch.setattr(file_rows, "_MANY", number % 3)
    assert found(path) == expected


def test_a_million_empty_lines_cost_no_row_each(tmp_path, monkeypatch):
    """Row by row they take the reader of csv files a second."""
    (tmp_path / "t.csv").write_bytes(b"a,y\n1,0\n2,1\n" + b"\n" * 1_000_000 + b",\n" * 1_000_000)
    looked_at, passed = [], file_rows.PassedOver.add
    monkeypatch.setattr(file_rows.PassedOver, "add", lambda self, line: (looked_at.append(line), passed(self, line)))
    assert found(tmp_path / "t.csv")[2] == [
        f"{tmp_path / 't.csv'}: 1000000 rows are empty: left out (lines 1000004 to 2000003)"
    ]
    assert len(looked_at) < 1_000_000
