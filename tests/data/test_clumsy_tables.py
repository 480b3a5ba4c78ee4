"""Tables as programs and people write them: what is not said is found out with a word, or refused with what to do."""

import random

import pytest
import yaml
from click.testing import CliRunner

from nntrain.cli import main
from nntrain.data import Csv
from nntrain.errors import DataError

R = random.Random(0)
CELLS = [(f"{R.gauss(0, 1):.2f}", f"{R.gauss(0, 1):.2f}", "ab"[i % 2]) for i in range(40)]


def rows(join=","):
    return "".join(join.join(row) + "\n" for row in CELLS)


def write(tmp_path, text, name="t.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def load(path, **arguments):
    data = Csv(path, **{"validation": 0, **arguments}).load(0, "float64")
    return data.facts.preparation.layout, data.warnings


def run(*arguments):
    ended = CliRunner().invoke(main, list(map(str, arguments)))
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
    return ended


@pytest.mark.parametrize("first", ["0,1,2", "0,1,kind", "1,2,3"])
def test_numbers_of_columns_above_fractions_are_names(tmp_path, first):
    text = "".join(f"{a},{b},{b}\n" for a, b, _ in CELLS) if first[-1].isdigit() else rows()
    if first == "0,1,kind":
        first, text = "0,1,2,kind", "".join(f"{a},{b},{a}5,{y}\n" for a, b, y in CELLS)
    layout, warnings = load(write(tmp_path, f"{first}\n{text}"))
    assert layout.header
    assert any(f"{first[0]} is taken for the name of a column" in told for told in warnings)


def test_an_index_column_without_a_name_is_found_again(tmp_path):
    path = write(tmp_path, ",x,w,y\n" + "".join(f"{i},{','.join(row)}\n" for i, row in enumerate(CELLS)))
    data = Csv(path, validation=0).load(0, "float64")
    assert [column.name for column in data.facts.preparation.layout.columns] == ["0", "x", "w"]
    assert Csv(path, validation=0).read_inputs(path, data.facts, "float64").size == 40
    assert yaml.safe_load(run("init", "csv", path).stdout)["dataset"]["drop"] == ["0"]


def test_a_name_that_stands_twice_in_a_later_table(tmp_path):
    path = write(tmp_path, "x,w,y\n" + rows())
    data = Csv(path, validation=0).load(0, "float64")
    later = write(tmp_path, "x,w,x\n1,2,3\n", "later.csv")
    with pytest.raises(DataError, match=r"later.csv:1:3: error: two columns are called x; rename one of them"):
        Csv(path, validation=0).read_inputs(later, data.facts, "float64")


def test_the_line_by_which_excel_knows_the_delimiter(tmp_path):
    for line, join in (("sep=;", ";"), ('"sep=|"', "|"), ("SEP=\t", "\t")):
        path = write(tmp_path, f"{line}\r\n{join.join(['x', 'w', 'y'])}\r\n" + rows(join).replace("\n", "\r\n"))
        layout, warnings = load(path)
        assert ([column.name for column in layout.columns], warnings) == (["x", "w"], [])


@pytest.mark.parametrize(
    ("above", "said"),
    [
        ("# by a program\n", ':2:2: error: 3 cells, expected 1 as in the first row; comment: "#" passes over lines'),
        ("A report\n\n", ":3:2: error: 3 cells, expected 1 as in the first row; does a title stand above the table?"),
    ],
)
def test_lines_above_the_table_are_told(tmp_path, above, said):
    path = write(tmp_path, f"{above}x,w,y\n{rows()}")
    with pytest.raises(DataError) as refused:
        load(path)
    assert said in str(refused.value)
    if "comment" in said:
        assert load(path, comment="#")[0].header


def test_rows_that_end_with_a_delimiter(tmp_path):
    with pytest.raises(DataError, match="4 cells, expected 3 as in the first row; the last is empty"):
        load(write(tmp_path, "x,w,y\n" + rows().replace("\n", ",\n")))


def test_classes_and_categories_that_differ_in_capitals_alone_are_told(tmp_path):
    text = "x,c,y\n" + "".join(
        f"{a},{['red', 'Red', 'blue'][i % 3]},{['Yes', 'yes', 'no'][i * 2 % 3]}\n" for i, (a, _, _) in enumerate(CELLS)
    )
    _, warnings = load(write(tmp_path, text))
    assert any("column c has 'Red' and 'red', each a category of its own" in told for told in warnings)
    assert any("column y has 'Yes' and 'yes', each a class of its own" in told for told in warnings)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1" + bytes(99), "an old Excel table"),
        (b"PAR1" + bytes(99), "a Parquet file: call it .parquet"),
        (b"BZh91AY&SY" + bytes(99), "packed with bzip2"),
        (b'{"x": 1, "y": 2}\n', "JSON, no table"),
        (b'[{"x": 1}]', "JSON, no table"),
        (b"<!DOCTYPE html><table>", "a page of HTML"),
        (b"@relation t\n@data\n1,2\n", "an ARFF file"),
    ],
)
def test_files_of_another_kind_are_called_by_their_name(tmp_path, content, said):
    with pytest.raises(DataError, match=said):
        load(write(tmp_path, content))


def test_what_is_said_of_the_file_goes_into_the_config(tmp_path):
    path = write(tmp_path, "x;w;y\n" + rows(";").replace(".", ","))
    assert "decimal" in run("init", "csv", path).stderr
    told = run("init", "csv", path, "dataset.decimal=,", "dataset.batch_size=8", "--target", "x")
    config = write(tmp_path, told.stdout, "c.yaml")
    assert yaml.safe_load(told.stdout)["dataset"]["decimal"] == ","
    assert run("fit", "--dry-run", config).exit_code == 0
    wrong = run("init", "csv", path, "dataset.decimel=,")
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert "did you mean 'decimal'" in wrong.stderr
    assert run("init", "csv", path, "training.epochs=3").exit_code == 2


def test_several_targets_and_labels_in_cells(tmp_path):
    path = write(tmp_path, "x,w,v\n" + "".join(f"{a},{b},{b}15\n" for a, b, _ in CELLS))
    several = run("init", "csv", path, "dataset.target=[w, v]").stdout
    assert (yaml.safe_load(several)["loss"], yaml.safe_load(several)["dataset"]["target"]) == ("mse", ["w", "v"])
    cells = "".join(f"{a},{'p|q' if i % 3 else 'q'}\n" for i, (a, _, _) in enumerate(CELLS))
    labels = run("init", "csv", write(tmp_path, "x,y\n" + cells, "labels.csv"), "dataset.separator=|").stdout
    assert yaml.safe_load(labels)["loss"] == "binary_cross_entropy"
    for text in (labels, several):
        assert run("fit", "--dry-run", write(tmp_path, text, "c.yaml")).exit_code == 0


def test_init_says_what_fit_says(tmp_path):
    path = write(tmp_path, "x,told,y\n" + "".join(f"{a},{'uv'['ab'.index(y)]},{y}\n" for a, _, y in CELLS))
    written = run("init", "csv", path)
    trial = run("fit", "--dry-run", write(tmp_path, written.stdout, "c.yaml"))
    assert "column told tells the target y without fail" in written.stderr
    assert trial.stderr.replace(str(path), "").startswith(written.stderr.replace(str(path), ""))


def test_sheets_of_a_workbook(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.create_sheet("Notes").append(["by hand"])
    data = book.create_sheet("Data")
    for row in (["x", "y"], [1.5, 0], [2.5, 1], [0.5, 1]):
        data.append(row)
    path = tmp_path / "t.xlsx"
    book.save(path)
    with pytest.raises(DataError, match="a header and no rows; the first sheet that holds anything, Notes, is read"):
        load(path)
    for sheet in ("Data", 2):
        assert [column.name for column in load(path, sheet=sheet)[0].columns] == ["x"]
    with pytest.raises(DataError, match=r"no sheet 'data' \(Sheet, Notes, Data\); did you mean 'Data'"):
        load(path, sheet="data")
    data["A3"] = "=A2+1"
    book.save(path)
    with pytest.raises(DataError, match=r"t.xlsx:3:1: error: a formula whose value the file does not hold"):
        load(path, sheet="Data")
    assert yaml.safe_load(run("init", "csv", path, "dataset.sheet=Data").stdout or "a: 1") == {"a": 1}


def test_columns_of_lists_are_left_out_with_a_word(tmp_path):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    from decimal import Decimal

    table = {"bag": [[1, 2], [3], []], "cost": [Decimal("1.50"), Decimal("2.25"), Decimal("0.75")], "y": [0, 1, 1]}
    pq.write_table(pa.table(table), tmp_path / "t.parquet")
    layout, warnings = load(tmp_path / "t.parquet", decimal=",")
    assert [column.name for column in layout.columns] == ["cost"]
    assert any("column bag holds list" in told and told.endswith("left out") for told in warnings)
    written = run("init", "csv", tmp_path / "t.parquet")
    assert written.exit_code == 0
