"""Tables as comma-separated values: what `csv.writer` writes."""

import csv
import io

import numpy as np
import pytest

from nntrain.inference.csv_text import cells, csv_text, words

COLUMNS = {
    "words": np.array(["plain", "", "with, comma", 'a "quoted" one', "two\nlines", " ", "äß"]),
    "float32": np.array([0.1, -0.0, 1e-30, np.nan, np.inf, 3, 123456.79], np.float32),
    "float64": np.array([0.1, -0.0, 1e-300, np.nan, -np.inf, 3, 2 / 3]),
    "whole": np.arange(-3, 4),
    "yes, no": np.arange(7) % 2 == 0,
}


def by_rows(names, rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([names, *rows])
    return text.getvalue()


@pytest.mark.parametrize("names", [[name] for name in COLUMNS] + [list(COLUMNS)], ids=" and ".join)
def test_a_table_is_what_csv_writer_makes_of_it(names):
    rows = zip(*(COLUMNS[name].tolist() for name in names), strict=True)
    assert csv_text(names, [cells(COLUMNS[name]) for name in names]) == by_rows(names, rows)


def test_cells_that_do_not_count_are_empty():
    assert cells(np.array([1.5, 2.0]), np.array([True, False])) == ["1.5", ""]
    assert csv_text(["y"], [cells(np.array([1.5, 2.0]), np.array([True, False]))]) == 'y\n1.5\n""\n'


def test_a_carriage_return_is_quoted():
    assert words(["a\rb"]) == ['"a\rb"']


def test_no_rows_are_a_header():
    assert csv_text(["a", "b"], [[], []]) == "a,b\n"


def test_a_spreadsheet_finds_no_formula_among_words_and_numbers_stay():
    values = ["=1+1", "-2+cmd|' /C calc'!A0", "@SUM(A1)", "+1", "-0.5", "plain"]
    text = csv_text(
        ["=name", "b"], [words(values, spreadsheet=True), cells(np.arange(6.0) - 3, spreadsheet=True)], True
    )
    rows = list(csv.reader(io.StringIO(text)))
    assert [row[0] for row in rows] == ["'=name", "'=1+1", "'-2+cmd|' /C calc'!A0", "'@SUM(A1)", "+1", "-0.5", "plain"]
    assert [float(row[1]) for row in rows[1:]] == [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0]
