"""csv: what a column holds.  What could be a number or a date is never a category without a word."""

import re

import numpy as np
import pytest

from nntrain.data import Csv
from nntrain.data.facts import Facts
from nntrain.errors import DataError


@pytest.fixture
def load(tmp_path):
    """Load a table of a column of such cells, a column of numbers, and a label; all of it as the training part."""

    def load(cells, facts=None, **arguments):
        path = tmp_path / "table.csv"
        rows = [f"{cell};{i % 7};{'no' if i % 2 else 'yes'}\n" for i, cell in enumerate(cells)]
        path.write_text("a;x;k\n" + "".join(rows))
        return Csv(path, **{"validation": 0, **arguments}).load(0, "float64", facts)

    return load


def inputs(data):
    part = data.parts["train"]
    return part.batch(np.arange(part.size)).X.T


def column(data):
    return data.facts.preparation.layout.columns[0]


def refused(load, cells, **arguments):
    with pytest.raises(DataError) as caught:
        load(cells, **arguments)
    place, _, message = str(caught.value).partition(": error: ")
    return place.partition(".csv:")[2], message


# what stands in a column, and the way out that its error names, which is to work
COMMA, POINT = 'write the decimals after a point, or say decimal: ","', 'decimal: "," and thousands: "."'
THOUSANDS = ", with a thousands separator? write 1234 or say thousands: "
HINTS = [
    (["1,5", "2,5", "3"], "2:1", f"'1,5': {COMMA}", {"decimal": ","}, 1.5),
    (["3", "2,5", "4"], "3:1", f"'2,5': {COMMA}", {"decimal": ","}, 3),
    (["1.234,50", "9,25"], "2:1", f"'1.234,50': say {POINT}", {"decimal": ",", "thousands": "."}, 1234.5),
    (["1,234.50", "9.25"], "2:1", "'1,234.50': say thousands: \",\"", {"thousands": ","}, 1234.5),
    (["1,234", "2,500"], "2:1", f"'1,234'{THOUSANDS}\",\"; if", {"thousands": ","}, 1234),
    (["1,234", "2,500"], "2:1", "before decimals, write the decimals after a point or", {"decimal": ","}, 1.234),
    (["1 234", "2 500"], "2:1", "'1 234': say thousands: \" \"", {"thousands": " "}, 1234),
    (["1\u00a0234", "2\u00a0500"], "2:1", 'say thousands: " "', {"thousands": " "}, 1234),
    (["1'234", "2'500"], "2:1", 'say thousands: "\'"', {"thousands": "'"}, 1234),
    (["12%", "3.5 %"], "2:1", "'12%', a number with '%': write 12, or say units: [a]", {"units": ("a",)}, 12),
    (["$5", "-$3.50", "$ 7"], "2:1", "a number with '$': write 5, or say units: [a]", {"units": ("a",)}, 5),
    (["5 €", "7 €"], "2:1", "say units: [a]", {"units": ("a",)}, 5),
    (["\u22121.5", "\u22122"], "2:1", "another sign than that of numbers; write -1.5", None, None),
    (["1", "unknown"], "3:1", "missing_values: ['unknown']", {"missing_values": ("unknown",), "missing": "drop"}, 1),
    (["1", "unknown"], "3:1", "words belong into a column of categorical: [a]", {"categorical": ("a",)}, 1),
    (["2024-01-31", "2024-02-01"], "2:1", "a date: say dates: [a], or", {"dates": ("a",)}, 2024),
    (["2024-01-31", "2024-02-01"], "2:1", "or leave it out with drop: [a]", {"drop": ("a",)}, 0),
]


@pytest.mark.parametrize(("cells", "place", "words", "arguments", "value"), HINTS)
def test_numbers_in_another_writing_are_told_with_a_way_out(load, cells, place, words, arguments, value):
    found, message = refused(load, cells)
    assert found == place
    assert words in message
    if arguments is not None:
        assert inputs(load(cells, **arguments))[0, 0] == value


@pytest.mark.parametrize(("cells", "place", "words", "arguments", "value"), HINTS[:12])
def test_a_target_is_no_label_where_a_column_is_no_category(load, tmp_path, cells, place, words, arguments, value):
    def load_target(**said):
        said = {key: (1,) if key == "units" else values for key, values in said.items()}
        rows = [f"{i};{cell}\n" for i, cell in enumerate(cells)]
        (tmp_path / "target.csv").write_text("".join(rows))
        return Csv(tmp_path / "target.csv", validation=0, **said)

    for task in ({}, {"task": "regression"}):
        with pytest.raises(DataError, match=re.escape(words.replace("[a]", "[1]"))):
            load_target(**task).load(0, "float64")
    part = load_target(task="regression", **arguments).load(0, "float64").parts["train"]
    assert part.batch(np.arange(1)).Y[0, 0] == value
    assert load_target(task="classification").load(0, "float64").facts.target == "labels"


def test_points_that_stand_between_thousands_perhaps_are_told(load):
    data = load(["1.234", "2.500", "12.250"])
    assert inputs(data)[0, 0] == 1.234
    (warning,) = data.warnings
    assert (
        ':2:1: column a has 1.234, read with a decimal point; say thousands: "." or decimal: "." to be sure' in warning
    )
    for said, value in (({"decimal": "."}, 1.234), ({"decimal": ",", "thousands": "."}, 1234)):
        sure = load(["1.234", "2.500", "12.250"], **said)
        assert (sure.warnings, inputs(sure)[0, 0]) == ([], value)
    place, message = refused(load, ["999", "1.234", "12.250"])
    assert (place, "beside numbers without a point" in message) == ("3:1", True)


@pytest.mark.parametrize(
    "cells", [["0.125", "1.250"], ["1.5", "1.234"], ["1.234", "1234"], ["1", "2"], ["0001.234", "2.345"]]
)
def test_points_that_cannot_stand_between_thousands_are_not(load, cells):
    assert load(cells).warnings == []


def test_units_are_one_in_a_column_and_stay_so(load):
    data = load(["3 kg", "4kg", "-1.5 kg"], units=("a",))
    assert inputs(data)[:, 0].tolist() == [3, 4, -1.5]
    assert (column(data).unit, data.warnings) == ("kg", [])
    for cell, place in (("500 g", "3:1"), ("7", "3:1"), ("heavy", "3:1")):
        assert refused(load, ["3 kg", cell], units=("a",))[0] == place
        saved = Facts.from_json(data.facts.as_json())
        assert refused(load, ["3 kg", cell], facts=saved)[0] == place
    assert refused(load, ["high", "low"], units=("a",))[1].startswith(
        "units: column a has 'high', expected a number with"
    )


def test_words_with_one_unit_are_categories_with_a_word(load):
    data = load(["2 rooms", "3 rooms", "2 rooms"])
    assert column(data).categories == ("2 rooms", "3 rooms")
    (warning,) = data.warnings
    assert ":2:1: column a has words such as '2 rooms', a category each; units: [a] reads numbers" in warning
    for cells in (["T1", "T1"], ["a1", "b2"], ["1st", "2nd", "3rd"], ["red", "blue"]):
        assert not any("units" in text for text in load(cells).warnings)


@pytest.mark.parametrize(
    ("cells", "parts"),
    [
        (["2024-01-31", "2024-12-01"], [2024, 1, 31, 2]),
        (["2024/01/31", "2024/12/01"], [2024, 1, 31, 2]),
        (["2024-1-31", "2024-12-1"], [2024, 1, 31, 2]),
        (["31.01.2024", "01.12.2024"], [2024, 1, 31, 2]),
        (["31/01/2024", "01/12/2024"], [2024, 1, 31, 2]),
        (["01/31/2024", "12/01/2024"], [2024, 1, 31, 2]),
        (["31 January 2024", "1 Dec 2024"], [2024, 1, 31, 2]),
        (["31-Jan-2024", "01-Dec-2024"], [2024, 1, 31, 2]),
        (["Jan 31, 2024", "December 1 2024"], [2024, 1, 31, 2]),
        (["2024-01", "2024-12"], [2024, 1]),
        (["2024-01-31 13:45", "2024-12-01 00:00"], [2024, 1, 31, 2, 13.75]),
        (["2024-01-31T13:45:30Z", "2024-12-01T00:00:00Z"], [2024, 1, 31, 2, 13 + 45.5 / 60]),
        (["2024-01-31T13:45:00.5+02:00", "2024-12-01T00:00:00.5+02:00"], [2024, 1, 31, 2, 13.75]),
        (["1/31/2024 1:45 PM", "12/1/2024 12:00 am"], [2024, 1, 31, 2, 13.75]),
        (["1969-12-31", "1970-01-01"], [1969, 12, 31, 2]),
        (["2024-02-29", "1900-03-01"], [2024, 2, 29, 3]),
    ],
)
def test_dates_become_numbers(load, cells, parts):
    data = load(cells, dates=("a",))
    assert inputs(data)[0, :-1].tolist() == parts
    assert data.warnings == []
    again = load(cells[::-1], Facts.from_json(data.facts.as_json()), dates=("a",))
    assert inputs(again)[1].tolist() == [*inputs(data)[0, :-1], 1]


@pytest.mark.parametrize(
    ("cells", "place", "words"),
    [
        (["01/02/2024", "03/04/2024"], "2:1", "is the day or the month first?  No row tells; write 2024-01-31"),
        (["2024-01-31", "soon"], "3:1", "'soon', expected a date such as 2024-01-31"),
        (["2024-02-30", "2024-01-01"], "2:1", "'2024-02-30', expected a date such as 2024-01-31"),
        (["2024-01-31", "31.12.2024"], "3:1", "in another form than those before it"),
        (["2024-01-31", "7"], "3:1", "'7', expected a date such as 2024-01-31"),
        (["31.12.24", "1.1.24"], "2:1", "'31.12.24', expected a date such as 2024-01-31"),
    ],
)
def test_dates_that_cannot_be_read_are_refused(load, cells, place, words):
    found, message = refused(load, cells, dates=("a",))
    assert found == place
    assert " ".join(words.split()) in message


def test_dates_that_come_later_have_the_form_of_those_before(load):
    facts = load(["31/01/2024", "01/12/2024"], dates=("a",)).facts
    again = load(["01/02/2024", "02/02/2024"], facts, dates=("a",))
    assert inputs(again)[0, :3].tolist() == [2024, 2, 1]
    assert refused(load, ["2024-01-31"], facts=facts, dates=("a",))[0] == "2:1"


def test_a_missing_date_is_missing(load):
    data = load(["2024-01-01", "", "2024-01-03"], dates=("a",), missing="mean")
    assert inputs(data)[1, :3].tolist() == [2024, 1, 2]
    assert refused(load, ["2024-01-01", "?"], dates=("a",))[1].startswith("column a has no value")


def test_a_date_is_no_target(load):
    place, message = refused(load, ["2024-01-01", "2024-01-02"], target="a")
    assert (place, "a date" in message) == ("2:1", True)
    assert "a date is no target" in refused(load, ["2024-01-01", "2024-01-02"], target="a", dates=("a",))[1]


def test_whole_numbers_of_too_many_digits_are_words_as_they_are_written(load):
    big = [f"9007199254740{i:03}" for i in (991, 992, 993, 994)]
    data = load([*big, *big], target="a")
    assert data.facts.label_names == tuple(big)
    assert column(load([*big, *big])).categories == tuple(big)
    assert load(["-90071992547409930", "1", "1"]).facts.preparation.layout.columns[0].categories == (
        "-90071992547409930",
        "1",
    )
    assert "a whole number of more digits than can be computed with" in refused(load, ["0.5", *big])[1]


def test_the_report_shows_what_stood_in_the_file(load):
    data = load(["2024-01-31 13:30", "2024-12-01 00:00"], dates=("a",), standardize=True)
    x = data.parts["train"].batch(np.arange(1)).X[:, 0]
    assert data.facts.cells(x, 9) == [("a", "2024-01-31 13.5 h"), ("x", "0")]
    data = load(["3 kg", "4 kg"], units=("a",))
    assert data.facts.cells(data.parts["train"].batch(np.arange(1)).X[:, 0], 9) == [("a", "3 kg"), ("x", "0")]
