"""csv: however a table is written, it is read as the same numbers, or refused with its place."""

import codecs

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nntrain.data import Csv, Series
from nntrain.errors import DataError

ROWS = [["1.5", "-2", "a"], ["1234.25", "4", "b"], ["0.001", "1234567", "a"], ["7", "-0.5", "b"]]
X, Y = [[1.5, 1234.25, 0.001, 7], [-2, 4, 1234567, -0.5]], [0, 1, 0, 1]


@pytest.fixture
def load(tmp_path):
    """Load bytes as a csv file, all of it as the training part."""

    def load(content, **arguments):
        path = tmp_path / "table.csv"
        path.write_bytes(content)
        return Csv(path, **{"validation": 0, **arguments}).load(0, "float64")

    return load


def text(rows, delimiter=",", line="\n"):
    return "".join(delimiter.join(row) + line for row in rows)


def everything(data):
    return data.parts["train"].batch(np.arange(data.parts["train"].size))


def check(data, warnings=0):
    batch = everything(data)
    np.testing.assert_array_equal(batch.X, X)
    np.testing.assert_array_equal(batch.Y, Y)
    assert len(data.warnings) == warnings, data.warnings


@pytest.mark.parametrize("names", [[], [["size", "rise", "kind"]]], ids=["no header", "header"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", " ", "   ", " \t "])
def test_the_delimiter_is_found_out(load, delimiter, names):
    check(load(text(names + ROWS, delimiter).encode()))


@pytest.mark.parametrize("delimiter", [":", "/", "#"])
def test_any_other_delimiter_is_said(load, delimiter):
    check(load(text(ROWS, delimiter).encode(), delimiter=delimiter))


def test_decimal_commas_do_not_hide_the_delimiter(load):
    for delimiter in (";", "\t", "|", " "):
        rows = [[cell.replace(".", ",") for cell in row] for row in ROWS]
        check(load(text(rows, delimiter).encode(), decimal=","))


def test_a_sign_within_words_is_no_delimiter(load):
    data = load(text([["1", "a|b", "x"], ["2", "b|c", "y"], ["3", "a|b", "x"]]).encode())
    assert data.facts.preparation.layout.columns[1].categories == ("a|b", "b|c")


def test_lines_of_two_words_are_one_column(load):
    with pytest.raises(DataError, match="1 columns leave no input beside the target; what separates cells says delim"):
        load(b"New York\nLos Angeles\nSan Francisco\n")


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.encode("utf-8"),
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-16-le"),
        lambda text: text.encode("utf-16-be"),
        lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
        lambda text: text.encode("utf-32"),
    ],
)
@pytest.mark.parametrize("line", ["\n", "\r\n", "\r"])
def test_the_encoding_is_found_out(load, encode, line):
    data = load(
        encode(text([["größe", "b", "art"], *[[*row[:2], {"a": "ä", "b": "é"}[row[2]]] for row in ROWS]], line=line))
    )
    check(data)
    assert data.facts.label_names == ("ä", "é")
    assert data.facts.preparation.layout.columns[0].name == "größe"


@pytest.mark.parametrize(("word", "encoding"), [("é", "latin-1"), ("€", "cp1252"), ("\x81é", "latin-1")])
def test_what_is_not_utf_8_is_read_as_latin_1_with_a_word(load, tmp_path, word, encoding):
    content = f"1,x\n2,{word}\n".encode(encoding)
    data = load(content)
    assert word in data.facts.label_names
    (warning,) = data.warnings
    assert warning == f"{tmp_path / 'table.csv'}:2: not UTF-8; read as Latin-1; encoding says what it is"
    said = load(content, encoding=encoding)
    assert (said.warnings, said.facts) == ([], data.facts)


@pytest.mark.parametrize(
    ("content", "encoding", "place"),
    [
        (b"1,x\n2,\xe9\n", "utf-8", ":2:1: error: not utf-8 text; encoding says so: "),
        (b"1,x\n2,\xe9\n", "ascii", ":2:1: "),
    ],
)
def test_an_encoding_that_is_said_is_taken_at_its_word(load, content, encoding, place):
    with pytest.raises(DataError, match=f"table.csv{place}"):
        load(content, encoding=encoding)


def test_other_files_are_no_text(load):
    with pytest.raises(DataError, match="a zip archive: unpack it"):
        load(b"PK\x03\x04\x14\0\x06\0" + bytes(range(200)))
    with pytest.raises(DataError, match=":2:1: error: a NUL byte"):
        load(b"1,2\n3,\0\n4,5\n6,7\n8,9\n")


@pytest.mark.parametrize("thousands", [",", "'", " ", "_", "\u00a0", "\u202f"])
def test_signs_between_thousands_are_taken_out_where_they_are_said(load, thousands):
    rows = [[f"{float(cell):_}".replace("_", thousands) for cell in row[:2]] + row[2:] for row in ROWS]
    said = " " if thousands in "\u00a0\u202f" else thousands
    check(load(text(rows, ";").encode(), thousands=said))


def test_the_german_writing(load):
    german = str.maketrans(",.", ".,")
    rows = [[f"{float(cell):,}".translate(german) for cell in row[:2]] + row[2:] for row in ROWS]
    check(load(text(rows, ";").encode(), thousands=".", decimal=","))


@pytest.mark.parametrize(
    ("cell", "arguments"),
    [
        ("12,34", {"thousands": ","}),
        ("1,2345", {"thousands": ","}),
        (",123", {"thousands": ","}),
        ("0,123", {"thousands": ","}),
        ("1234,567", {"thousands": ","}),
        ("1.5", {"decimal": ","}),
        ("1,5,5", {"decimal": ","}),
        ("1.50", {"decimal": ",", "thousands": "."}),
        ("1 234", {"thousands": ".", "decimal": ","}),
    ],
)
def test_a_number_that_is_written_in_another_way_than_said_is_refused(load, cell, arguments):
    with pytest.raises(DataError, match=":2:1: error: column 0 has "):
        load(f"1;a\n{cell};b\n".encode(), **arguments)


def test_comments_are_passed_over_and_lines_counted_with_them(load):
    content = b"# made by hand\n1,2,a\n  # 1,2,3\n3,4,b\n#\n5,6,a\n"
    assert everything(load(content, comment="#")).X.tolist() == [[1, 3, 5], [2, 4, 6]]
    with pytest.raises(DataError, match=r":4:2: error: column 1 has 'x'"):
        load(content.replace(b"3,4", b"3,x"), comment="#")
    with pytest.raises(DataError, match="the file is empty"):
        load(b"# 1,2\n#3,4\n", comment="#")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"delimiter": "ab"}, "delimiter: one character"),
        ({"delimiter": '"'}, "delimiter: one character"),
        ({"encoding": "utf-9"}, "encoding: 'utf-9' is not known; utf-8, utf-16, latin-1 and cp1252"),
        ({"encoding": "base64"}, "encoding: 'base64' is not known"),
        ({"encoding": "a\0b"}, "encoding: 'a.x00b' is not known"),
        ({"decimal": ",", "thousands": ","}, "thousands: ',' stands before the decimals; say so with decimal"),
        ({"comment": " "}, "comment: what a line begins with, such as #"),
    ],
)
def test_what_cannot_be_is_refused_with_the_config(tmp_path, arguments, words):
    with pytest.raises(ValueError, match=words):
        Csv(tmp_path / "a.csv", **arguments)


def test_series_are_read_by_the_same_rules(tmp_path):
    content = "# day by day\ntemp;hum\n" + "".join(f"1.{i:03},5;{i}\n" for i in range(20))
    (tmp_path / "s.csv").write_bytes(content.encode("utf-16"))
    dataset = Series(tmp_path / "s.csv", window=3, validation=0, comment="#", thousands=".", decimal=",")
    data = dataset.load(0, "float64")
    batch = data.parts["train"].batch(np.arange(17))
    np.testing.assert_allclose(data.facts.to_units(batch.Y), [np.arange(1003.5, 1020.5), np.arange(3, 20)])


def quoted(cell, delimiter, always):
    return f'"{cell}"' if always or delimiter in cell else cell


@st.composite
def dialects(draw):
    """A table of numbers in some writing: its bytes, what a config says of it, and the numbers."""
    decimal = draw(st.sampled_from(".,"))
    thousands = draw(st.sampled_from([None, " ", "'", "_", "," if decimal == "." else "."]))
    delimiter = draw(st.sampled_from(",;\t|"))
    always = draw(st.booleans())
    numbers = st.integers(-10_000_000, 10_000_000) | st.floats(-1e7, 1e7).map(lambda x: round(x, 6))
    width = draw(st.integers(2, 5))
    table = draw(st.lists(st.lists(numbers, min_size=width, max_size=width), min_size=3, max_size=6))

    def written(number):
        plain = f"{number:_.6f}" if isinstance(number, float) else f"{number:_}"
        whole, _, rest = plain.partition(".")
        return quoted(whole.replace("_", thousands or "") + (decimal + rest if rest else ""), delimiter, always)

    names = draw(st.sampled_from([[], [[f"x{i}" for i in range(width)]]]))
    line = draw(st.sampled_from(["\n", "\r\n"]))
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le"]))
    content = text(names + [[written(n) for n in row] for row in table], delimiter, line).encode(encoding)
    return content, {"decimal": decimal, "thousands": thousands}, table


@settings(max_examples=60, deadline=None)
@given(dialects())
def test_a_clean_table_in_any_dialect_gives_its_numbers(tmp_path_factory, case):
    content, said, table = case
    path = tmp_path_factory.getbasetemp() / "dialect.csv"
    path.write_bytes(content)
    data = Csv(path, validation=0, task="regression", **said).load(0, "float64")
    batch = everything(data)
    np.testing.assert_array_equal(np.concatenate([batch.X, batch.Y]).T, np.array(table, float))
