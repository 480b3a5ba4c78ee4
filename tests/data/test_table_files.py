"""Tables in several files, packed files, Excel and Parquet."""

import gzip
from datetime import datetime

import numpy as np
import pytest

from nntrain.data import Csv
from nntrain.errors import ConfigError, DataError


def write(folder, **texts):
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text)


def rows(data):
    """(inputs, target) of every training row."""
    batch = data.parts["train"].batch(np.arange(data.parts["train"].size))
    return np.concatenate([batch.X.T, batch.Y.reshape(batch.size, -1)], axis=1).tolist()


def load(path, **arguments):
    return Csv(path, **{"validation": 0, **arguments}).load(0, "float64")


def test_several_files_are_one_table_by_the_names_of_columns(tmp_path):
    write(tmp_path, a="x,w,y\n1,2,0\n", b="y,x,w\n1,3,4\n")
    paths = (tmp_path / "a.csv", tmp_path / "b.csv")
    for path in (paths, tmp_path / "*.csv", tmp_path / "[ab].csv"):
        assert rows(load(path)) == [[1, 2, 0], [3, 4, 1]]


def test_the_order_of_the_list_is_that_of_the_rows_and_a_pattern_goes_by_name(tmp_path):
    write(tmp_path, b="x,y\n2,1\n", a="x,y\n1,0\n")
    assert rows(load((tmp_path / "b.csv", tmp_path / "a.csv"))) == [[2, 1], [1, 0]]
    assert rows(load(tmp_path / "*.csv")) == [[1, 0], [2, 1]]


def test_files_without_a_header(tmp_path):
    write(tmp_path, a="1,2,0\n3,4,1\n", b="5,6,0\n")
    assert rows(load(tmp_path / "*.csv")) == [[1, 2, 0], [3, 4, 1], [5, 6, 0]]


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ("x,v,y\n1,2,0\n", "b.csv:1:2: error: column 'v', which "),
        ("x,y\n1,0\n", "b.csv:1:1: error: no column 'w', which "),
        ("x,w,y,z\n1,2,0,1\n", "b.csv:1:4: error: column 'z', which "),
        ("x,w,W,y\n1,2,0,1\n", "b.csv:1:3: error: column 'W', which "),
        ("1,2,0\n3,4,1\n", "b.csv:1:1: error: no header, but "),
        ("x,w,y\n1,a,0\n", "b.csv:2:2: error: column w has 'a', expected a number"),
        ("w,x,y\na,1,0\n", "b.csv:2:1: error: column w has 'a', expected a number"),
        ("x,w,y\n1,2\n", "b.csv:2:3: error: 2 cells, expected 3"),
    ],
)
def test_files_of_other_columns_are_refused_with_file_and_column(tmp_path, second, said):
    write(tmp_path, a="x,w,y\n1,2,0\n3,4,1\n", b=second)
    with pytest.raises(DataError) as caught:
        load(tmp_path / "*.csv")
    assert said in str(caught.value)


def test_headerless_files_of_another_width_are_refused(tmp_path):
    write(tmp_path, a="1,2,0\n3,4,1\n", b="5,6\n")
    with pytest.raises(DataError, match=r"b\.csv:1:3: error: 2 columns, expected 3 as in .*a\.csv"):
        load(tmp_path / "*.csv")


def test_a_pattern_that_nothing_fits_is_said(tmp_path):
    with pytest.raises(DataError, match=r"\*\.csv: error: no file fits this pattern"):
        load(tmp_path / "*.csv")


def test_a_file_that_is_called_like_a_pattern_is_that_file(tmp_path):
    write(tmp_path, **{"a[1]": "x,y\n1,0\n2,1\n"})
    assert rows(load(tmp_path / "a[1].csv")) == [[1, 0], [2, 1]]


def test_a_packed_file_is_the_same_data(tmp_path):
    text = "x,y\n1,0\n2,1\n"
    write(tmp_path, a=text)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(text.encode()))
    plain, packed = load(tmp_path / "a.csv"), load(tmp_path / "a.csv.gz")
    assert rows(plain) == rows(packed)
    assert plain.sha256 == packed.sha256


@pytest.mark.parametrize("cut", [5, 20])
def test_a_damaged_packed_file_is_one_line(tmp_path, cut):
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"x,y\n1,0\n2,1\n")[:cut])
    with pytest.raises(DataError, match=r"a\.csv\.gz: error: a damaged gzip file"):
        load(tmp_path / "a.csv.gz")


CELLS = [["n", "when", "word", "y"], [1.5, datetime(2024, 1, 31), "a", 0], [2, datetime(2024, 2, 1), None, 1]]
AS_CSV = "n,when,word,y\n1.5,2024-01-31,a,0\n2,2024-02-01,,1\n"
SAID = {"dates": ("when",), "missing": "category"}


def test_a_sheet_of_excel_is_read_as_its_csv_would_be(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in CELLS:
        book.active.append(row)
    book.create_sheet("notes")
    book.save(tmp_path / "a.xlsx")
    write(tmp_path, a=AS_CSV)
    data = load(tmp_path / "a.xlsx", **SAID)
    assert rows(data) == rows(load(tmp_path / "a.csv", **SAID))
    assert data.warnings[0].endswith("the first sheet, Sheet, is read, sheet says otherwise; left out: notes")
    with pytest.raises(DataError, match=r"a\.xlsx:3:3: error: column word has no value"):
        load(tmp_path / "a.xlsx", dates=("when",))


def test_a_parquet_file_is_read_as_its_csv_would_be(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    columns = {name: [row[i] for row in CELLS[1:]] for i, name in enumerate(CELLS[0])}
    parquet.write_table(pyarrow.table(columns), tmp_path / "a.parquet")
    write(tmp_path, a=AS_CSV)
    assert rows(load(tmp_path / "a.parquet", **SAID)) == rows(load(tmp_path / "a.csv", **SAID))


@pytest.mark.parametrize(("suffix", "library"), [(".xlsx", "openpyxl"), (".parquet", "pyarrow")])
def test_what_is_no_such_file_is_one_line(tmp_path, suffix, library):
    pytest.importorskip(library)
    (tmp_path / f"a{suffix}").write_text("x,y\n1,0\n")
    with pytest.raises(DataError, match=rf"a\{suffix}: error: no (Excel table|Parquet file)"):
        load(tmp_path / f"a{suffix}")


@pytest.mark.parametrize(("suffix", "library"), [(".xlsx", "openpyxl"), (".parquet", "pyarrow")])
def test_without_the_extra_its_name_is_said(tmp_path, monkeypatch, suffix, library):
    monkeypatch.setitem(__import__("sys").modules, library, None)
    (tmp_path / f"a{suffix}").write_text("x,y\n1,0\n")
    with pytest.raises(ConfigError, match=rf"{library} is not installed; pip install 'nntrain\[tables\]'"):
        load(tmp_path / f"a{suffix}")


def test_a_line_without_end_is_refused_before_it_fills_the_memory(tmp_path):
    (tmp_path / "a.csv").write_text("x,y\n" + "1," * (1 << 23))
    with pytest.raises(DataError, match=r"a\.csv:2:1: error: a line of more than 16 million characters: no table"):
        load(tmp_path / "a.csv")
