"""csv: the first row is a header by what the columns below it hold, never by what a name looks like."""

import pytest

from nntrain.data import Csv
from nntrain.errors import DataError

WORDS = [["Rome", "1.5", "low"], ["Oslo", "2", "high"], ["Rome", "0.5", "low"], ["Oslo", "7", "low"]] * 4
NUMBERS = [["1.5", "2", "0"], ["3", "0.5", "1"], ["2", "7", "0"], ["9", "8", "1"]]


def text(*rows):
    return "".join(",".join(row) + "\n" for row in rows)


@pytest.fixture
def table(tmp_path):
    """Whether a text has a header, and what is told of it."""

    def table(content, **arguments):
        (tmp_path / "t.csv").write_text(content)
        data = Csv(tmp_path / "t.csv", **{"validation": 0, "missing": "drop", **arguments}).load(0, "float64")
        return data.facts.preparation.layout.header, data.warnings

    return table


@pytest.mark.parametrize(
    ("content", "header"),
    [
        (text(["a", "b", "y"], *NUMBERS), True),
        (text(["RI", "Na", "y"], *NUMBERS), True),
        (text(["RI", "null", "NaN"], *NUMBERS), True),
        (text(["a", "", "y"], *NUMBERS), True),
        (text(["2020", "2021", "2022"], *NUMBERS), False),
        (text(["city", "rate", "class"], *WORDS), True),
        (text(*WORDS), False),
        (text(*NUMBERS), False),
        (text(["1", "2", "?"], *NUMBERS), False),
        ("a,b\nc,d\ne,f\n", True),
        ("a,b\nc,a\na,b\n", False),
        ("a,1\nb,2\n", False),
        ("a,?\nb,1\nc,2\nb,1\n", False),
        ("day,value\n2024-01-01,5\n2024-01-02,6\n", True),
        ("a,share\n1,3%\n2,5%\n", True),
        ("a;price\n1;3,5\n2;5,5\n", True),
        (text(["5", "3", "rare"], *[["4", "3", "often"]] * 20), False),
    ],
)
def test_the_columns_below_tell(table, content, header):
    arguments = {"target": 0} if "," in content and header and content.startswith(("day", "a,share")) else {}
    arguments |= {"dates": (0,), "task": "regression", "target": 1} if content.startswith("day") else {}
    arguments |= {"drop": (1,), "target": 0} if content.startswith("NaN") else {}
    if "%" in content:
        arguments = {"units": (1,), "task": "regression"}
    if ";" in content:
        arguments = {"decimal": ",", "task": "regression"}
    found, warnings = table(content, **arguments)
    told = [text for text in warnings if not any(word in text for word in ("leaves it out", "classes", "single row"))]
    assert (found, told) == (header, [])


def test_a_name_that_reads_as_a_number_is_told(table, tmp_path):
    header, warnings = table(text(["city", "2020", "class"], *WORDS))
    assert header
    place = f"{tmp_path / 't.csv'}:1:2: "
    assert warnings == [place + "2020 is taken for the name of a column; header: false makes this row data"]
    assert table(text(["city", "2020", "class"], *WORDS), header=True) == (True, [])
    header, [told] = table(text(["city", "2020", "class"], *WORDS), header=False)
    assert not header
    assert "class 'class' of 2 has a single row" in told


@pytest.mark.parametrize(
    "content",
    [
        text(["unknown", "3", "0"], *NUMBERS),
        text(["name", "NA"], ["Al", "1"], ["Be", "2"], ["C", "3"]),
        text(["3", "rare"], *[["4", "often"], ["5", "seldom"]] * 10),
    ],
)
def test_what_could_be_either_is_asked_and_the_answer_taken(table, content):
    with pytest.raises(DataError, match=r"t\.csv:1:1: error: does this row name the columns, or is it data"):
        table(content)
    for said in (True, False):
        assert table(content, header=said, categorical=(0,), target=-1, task="classification")[0] is said


def test_sodium_and_a_year_above_numbers_are_asked_for(table):
    numbers = [["1.5", "2.5"], ["-3", "4"], ["NA", "0.5"]]
    with pytest.raises(DataError, match=r"t\.csv:1:1: error: does this row name the columns, or is it data"):
        table(text(["Na", "2020"], *numbers))
    for first in (["NA", "2020"], ["Na", "20.5"]):  # written so below as well; no name
        assert table(text(first, *numbers), missing="mean")[0] is False


def test_columns_and_rows_that_hold_nothing_are_left_out_with_a_word(table, tmp_path):
    name = tmp_path / "t.csv"
    assert table("a,y,,\n1,0,,\n2,1,,\n") == (True, [f"{name}:1:3: columns 2, 3 have neither name nor value: left out"])
    assert table("a,b,y\n1,,0\n2,,1\n") == (True, [f"{name}:1:2: column b has no value: left out"])
    assert table("1,,0\n2,,1\n") == (False, [f"{name}:1:2: column 1 has no value: left out"])
    assert table("a,y\n1,0\n,\n2,1\n,\n , \n") == (True, [f"{name}: 3 rows are empty: left out (lines 3 to 6)"])
    assert table("a,y\n1,0\n2,1\n\n\n") == (True, [])
    with pytest.raises(DataError, match="there is no target"):
        table("a,y,\n1,0,\n2,1,\n", target=2)


def test_numbers_of_columns_are_those_of_the_file(table):
    content = "1,,5,0\n2,,6,1\n3,,7,0\n"
    assert table(content, target=3)[0] is False
    with pytest.raises(DataError, match=r":1:4: error: column 3 has no value"):
        table("1,,5,?\n2,,6,1\n3,,7,0\n", missing="error")
