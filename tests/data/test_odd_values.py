"""Values that stand for something else than they say are told: for no value, for a name, for a sum of others."""

import numpy as np
import pytest

from nntrain.data import Csv
from nntrain.errors import DataError

ROWS = 30
X = [(i * 7) % 11 / 2 for i in range(ROWS)]
Y = ["ab"[i % 2] for i in range(ROWS)]


@pytest.fixture
def read(tmp_path):
    """Columns (name -> cells) as a csv file; the data, and what is warned of."""

    def read(columns, last=None, **arguments):
        path = tmp_path / "t.csv"
        rows = [*zip(*columns.values(), strict=True), *([last] if last else [])]
        path.write_text("\n".join(",".join(map(str, row)) for row in [columns, *rows]) + "\n")
        data = Csv(path, **{"validation": 0, **arguments}).load(0, "float64")
        return data, [text.removeprefix(f"{path}") for text in data.warnings]

    return read


@pytest.mark.parametrize("number", [-999, 9999, -99])
def test_a_number_that_may_stand_for_no_value_is_told_and_taken_for_none_where_it_is_said(read, number):
    columns = {"a": [number if i % 8 == 1 else x for i, x in enumerate(X)], "b": X, "y": Y}
    word = (
        f":3:1: column a has {number} in 4 rows, far from all others; if it stands for no value, say missing_values: "
    )
    assert read(columns)[1] == [f"{word}[{number}]"]
    for said in (number, f"{number}.0"):
        data, warnings = read(columns, missing_values=(said,), missing="mean")
        assert (data.missing, warnings) == ({"a": 4}, [])
        assert data.parts["train"].batch(np.arange(ROWS)).X[0].max() <= 5
    with pytest.raises(DataError, match=":3:1: error: column a has no value"):
        read(columns, missing_values=(number,))


@pytest.mark.parametrize(
    "cells", [[90 + i % 10 for i in range(ROWS)], [999, *X[1:]], [-99 * (i % 3 > 0) for i in range(ROWS)]]
)
def test_a_number_near_others_or_in_one_row_is_a_number(read, cells):
    assert read({"a": cells, "b": X, "y": Y})[1] == []


def test_a_number_of_the_target_may_be_missing_too(read):
    data, _ = read({"x": X, "y": [-9 if i < 5 else i / 2 for i in range(ROWS)]}, missing_values=(-9,), missing="drop")
    assert data.parts["train"].size == ROWS - 5


def test_zeros_before_whole_numbers_are_told(read):
    codes = ["01067", "10115", "04109"] * 10
    word = ":2:1: column zip has 01067, read as the number 1067; categorical: [zip] makes names of numbers"
    assert read({"zip": codes, "b": X, "y": Y})[1] == [word]
    assert read({"zip": codes, "b": X, "y": Y}, categorical=("zip",))[1] == []
    assert read({"month": ["01", "12", "0"] * 10, "b": X, "y": Y})[1] == []


def test_a_row_of_totals_is_told(read):
    months = [f"m{i % 7}" for i in range(ROWS)]
    told = ":32:1: column m has {} in the last row: is it a row of totals? take it out"
    for word in ("Total", "SUMME:", "Grand total"):
        assert read({"m": months, "x": X, "z": X[::-1]}, last=(word, 5, 6.5))[1] == [told.format(f"'{word}'")]
    summed = read({"x": X, "z": X[::-1], "y": Y}, last=(sum(X), sum(X), "a"))[1]
    assert summed == [f":32:2: column z has '{sum(X):g}' in the last row: is it a row of totals? take it out"]
    assert read({"m": ["total", *months[1:]], "x": X, "z": X[::-1]}, last=("total", 5, 6.5))[1] == []
    assert read({"x": X, "z": X[::-1], "y": Y}, last=(sum(X), 1, "a"))[1] == []


def test_two_columns_of_the_same_are_told(read):
    word = ":2:2: column b is the same as the column a in every row; drop: [b] leaves it out"
    assert read({"a": X, "b": X, "y": Y})[1] == [word]
    words = ["red", "green", "blue"] * 10
    assert read({"a": words, "b": words, "c": X, "y": Y})[1] == [word]
    assert read({"a": X, "b": [*X[:-1], 99], "y": Y})[1] == []


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("5-", "'5-', whose minus stands behind it; write -5"),
        ("(5)", "'(5)', a number in brackets, as of debts? write -5"),
        ("0.5D+02", "'0.5D+02', whose exponent is that of Fortran; write 0.5e+02"),
        ("0x1F", "'0x1F', expected a number; it is hexadecimal: write 31"),
        ("\uff15", "'\uff15', expected a number; its digits are other signs than 0 to 9: write 5"),
        ("\u0665", "'\u0665', expected a number; its digits are other signs than 0 to 9: write 5"),
        ("3\u2019688.5", "'3\u2019688.5': say thousands: \"'\""),
    ],
)
def test_other_writings_of_numbers_are_no_categories(read, cell, said):
    """Neither where all cells are written so, few different ones, nor where one is."""
    for cells in ([cell] * ROWS, [*X[:4], cell, *X[5:]]):
        with pytest.raises(DataError) as caught:
            read({"a": cells, "b": X, "y": Y})
        assert f"column a has {said}" in str(caught.value)
    with pytest.raises(DataError):
        read({"a": [cell] * ROWS, "b": X, "y": Y}, units=("a",))


def test_apostrophes_between_thousands_are_of_two_kinds(read):
    data, _ = read({"a": ["1\u2019234.5", "2'345.5", "7"] * 10, "b": X, "y": Y}, thousands="'")
    assert data.parts["train"].batch(np.arange(3)).X[0].tolist() == [1234.5, 2345.5, 7]


@pytest.mark.parametrize(
    ("rows", "place", "said"),
    [
        (
            ["kg,2", *["1.5,2"] * 9],
            2,
            "'kg', expected a number; the rows below have one: is it a second header, or of units",
        ),
        (
            ["Age,2", '"{""Q"":1}",3', *["1.5,2"] * 9],
            2,
            "'Age', expected a number; the rows below have one: is it a second",
        ),
        (["1.5,2", "a,3", "2,3", "2,4"], 3, "'a', expected a number; is it the header again? take the row out"),
        (
            ["1.5,2", "2,3", "Sum,4"],
            4,
            "'Sum', expected a number; the rows before have one: is the last a row of totals?",
        ),
        (["low,2", "1.5,2", "high,2", "2,2"], 2, "'low', expected a number; words belong into a column of categorical"),
    ],
)
def test_rows_that_are_no_data_are_called_so(tmp_path, rows, place, said):
    (tmp_path / "t.csv").write_text("\n".join(["a,b", *rows]) + "\n")
    with pytest.raises(DataError) as caught:
        Csv(tmp_path / "t.csv", validation=0, header=True, task="regression").load(0, "float64")
    assert f"t.csv:{place}:1: error: column a has {said}" in str(caught.value)


def test_rows_that_begin_with_their_numbers_are_called_so(tmp_path):
    (tmp_path / "t.csv").write_text("a,y\n1,5,p\n2,6,q\n")
    with pytest.raises(DataError, match="do the rows begin with their numbers, for which the header has no name"):
        Csv(tmp_path / "t.csv", validation=0).load(0, "float64")


@pytest.mark.parametrize("text", ["[[0, 1], [1, 2]]", '[\n {"a": 1}\n]', '{\n "a": 1\n}'])
def test_json_is_no_table(tmp_path, text):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(DataError, match="JSON, no table"):
        Csv(tmp_path / "t.csv", validation=0).load(0, "float64")


@pytest.mark.parametrize("delimiter", [" ", ",", ";", "\t"])
@pytest.mark.parametrize(("name", "said"), [("{}", "with their numbers"), ("Mazda {}", "with a name such as Mazda 1")])
def test_a_header_without_the_name_of_the_first_column_is_told_as_r_writes_it(tmp_path, delimiter, name, said):
    rows = [delimiter.join([f'"{name.format(i + 1)}"', str(i / 4), str(i % 3), '"yes"']) for i in range(20)]
    path = tmp_path / "t.txt"
    path.write_text("\n".join([delimiter.join(['"a"', '"b"', '"y"']), *rows]))
    with pytest.raises(
        DataError, match=rf"t.txt:2:4: error: 4 cells, .* do the rows begin {said}, for which the header"
    ):
        Csv(path).load(0, "float32")
