"""What a person does who does not know the program: each time one line says what is taken, or what to do."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from nntrain.cli import main
from nntrain.data import Csv, Images, LabelledText, Npy, Npz, Series
from nntrain.errors import DataError


@pytest.fixture(autouse=True)
def lab(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(files):
    for name, text in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)


def load(dataset):
    return dataset.load(0, "float64")


def refused(dataset, source=None):
    """The error of a training, or of a later table."""
    facts = load(dataset).facts if source else None
    with pytest.raises(DataError) as error:
        dataset.read_inputs(Path(source), facts, "float64") if source else load(dataset)
    return str(error.value)


TABLE = "x,w,y\n" + "".join(f"{i}.5,{i % 7},{'ab'[i % 2]}\n" for i in range(30))


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("abc", "'abc', expected a number as in training; if it stands for no value, say missing_values: ['abc']"),
        ("5%", "'5%', a number with '%': write 5"),
        ("2024-01-31", "'2024-01-31', expected a number as in training; if it stands for no value, say "),
        ("1e400", "'1e400', too large a number"),
    ],
)
def test_of_a_later_table_nothing_is_advised_that_only_training_can_do(cell, said):
    write({"t.csv": TABLE, "new.csv": f"x,w\n1,2\n{cell},2\n"})
    message = refused(Csv(Path("t.csv"), validation=0), "new.csv")
    assert message.startswith(f"new.csv:3:1: error: column x has {said}")
    assert "categorical" not in message
    assert "dates:" not in message


@pytest.mark.parametrize(
    ("arguments", "cell", "said"),
    [
        ({"weights": "w"}, "low", "'low', expected a number; if it stands for no value, say missing_values: ['low']"),
        ({"target": "w", "task": "regression"}, "5 kg", "'5 kg', a number with 'kg': write 5, or say units: [w]"),
        ({"target": "w", "task": "regression"}, "2024-01-31", "'2024-01-31', a date, which is no target"),
        ({"target": "w", "task": "regression"}, "low", "'low', expected a number; if it stands for no value"),
        ({"target": "w"}, "low", "'low', expected a number; say task: classification if these are labels"),
        ({}, "low", "'low', expected a number; words belong into a column of categorical: [w]; if it stands for"),
    ],
)
def test_a_word_among_numbers_gets_the_hint_of_what_the_column_is_for(arguments, cell, said):
    write({"t.csv": TABLE.replace("4.5,4,", f"4.5,{cell},")})
    message = refused(Csv(Path("t.csv"), **arguments))
    assert message.startswith(f"t.csv:6:2: error: column w has {said}")


def test_a_row_of_totals_and_a_note_below_the_table():
    write({"t.csv": TABLE + "Total,90,\n", "u.csv": TABLE + "* source: a friend\n"})
    total = (
        "column x has 'Total', expected a number; the rows before have one: is the last a row of totals? take it out"
    )
    assert refused(Csv(Path("t.csv"))) == f"t.csv:32:1: error: {total}"
    note = "1 cell, expected 3 as in the first row; is it a note? take it out of the file"
    assert refused(Csv(Path("u.csv"))) == f"u.csv:32:2: error: {note}"


def test_an_unseen_category_is_likened_to_those_that_are_known():
    write({"t.csv": "f,y\n" + "TRUE,a\nFALSE,b\n" * 9, "new.csv": "f\ntrue\n"})
    said = "new.csv:2:1: error: column f has 'true', known are FALSE, TRUE; did you mean 'TRUE'?"
    assert refused(Csv(Path("t.csv"), validation=0), "new.csv") == said


def test_of_a_table_of_one_column_no_row_is_lost_without_a_word():
    write({"t.csv": "x,y\n1,a\n2,b\n3,a\n", "new.csv": 'x\n1\n\n2\n""\n3\n\n\n'})
    dataset = Csv(Path("t.csv"), validation=0)
    part = dataset.read_inputs(Path("new.csv"), load(dataset).facts, "float64")
    assert (part.size, part.told()) == (3, ["new.csv: 2 rows are empty: left out (lines 3 to 5)"])


def test_targets_that_are_the_same_in_every_row_are_told_by_all_commands():
    write({"t.csv": "x,p,q\n" + "".join(f"{i}.5,{i % 2},0\n" for i in range(20))})
    said = "t.csv:2:3: target q is '0' in every row"
    assert load(Csv(Path("t.csv"), target=("p", "q"))).warnings == [said]
    ended = CliRunner().invoke(main, ["init", "csv", "t.csv", "--target", "p", "--target", "q"])
    assert (ended.exit_code, ended.stderr) == (0, f"warning: {said}\n")


def test_short_texts_in_a_table_are_sent_to_the_dataset_of_texts():
    write({"t.csv": "text,y\n" + "".join(f"film {i},{i % 2}\n" for i in range(30))})
    said = (
        "column text has 30 different words in 30 rows, no category; leave it out with drop: [text], or learn from the "
    )
    assert refused(Csv(Path("t.csv"))) == f"t.csv:2:1: error: {said}text with dataset type labelled_text, text: text"


def test_a_first_line_of_another_name_is_taken_for_a_text_with_a_word():
    write({"t.csv": "text,y\n" + "a film,a\nthe bore,b\n" * 4, "new.csv": "review\na film\n"})
    dataset = LabelledText(Path("t.csv"), validation=0)
    part = dataset.read_inputs(Path("new.csv"), load(dataset).facts, "float64")
    assert (part.size, part.told()) == (2, ["new.csv: no header text: every row is taken for a text, the first too"])


def test_folders_of_texts_for_the_parts_are_recognised_as_those_of_images_are():
    write({f"d/{part}/{label}/1.txt": f"{label} film" for part in ("train", "test") for label in ("bad", "good")})
    data = load(LabelledText(Path("d"), validation=0))
    assert {name: part.size for name, part in data.parts.items()} == {"train": 2, "test": 2}
    assert data.warnings == ["d: the folders train, test are taken for the parts, not for classes"]
    write({"d/unsup/1.txt": "a film"})
    said = "d: error: test, train are parts, but what is unsup?  path: d/train reads it alone, or take the others out"
    assert refused(LabelledText(Path("d"))) == said


def test_classes_that_are_likely_to_be_one_are_told_wherever_they_stand():
    write({f"d/{label}/1.txt": "film" for label in ("Bad", "bad ", "good")})
    said = "classes 'Bad' and 'bad ', each of its own; call them alike if they are one"
    assert load(LabelledText(Path("d"), validation=0)).warnings == [f"d: {said}"]
    image = pytest.importorskip("PIL.Image")
    for label in ("Bad", "bad ", "good"):
        Path("i", label).mkdir(parents=True)
        image.new("RGB", (2, 2)).save(Path("i", label, "1.png"))
    assert load(Images(Path("i"), validation=0)).warnings == [f"i: {said}"]


STEPS = "day,a,b\n" + "".join(f"2024-01-{i + 1:02d},{i},yes\n" for i in range(20))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"target": "b"}, "the target b holds no numbers"),
        ({"future": ("b",)}, "the future column b holds no numbers"),
        ({"target": "day"}, "the target day is the time"),
        ({"columns": ("a",), "target": "b"}, "the target b is not among the columns that are read"),
    ],
)
def test_a_column_that_a_series_cannot_forecast_says_why(arguments, said):
    write({"s.csv": STEPS})
    assert refused(Series(Path("s.csv"), window=3, time="day", **arguments)) == f"s.csv: error: {said}"


def test_values_of_a_series_that_are_filled_and_columns_that_say_nothing_are_told():
    write({"s.csv": STEPS.replace(",3,", ",,").replace(",4,", ",NA,").replace("yes", "5")})
    assert load(Series(Path("s.csv"), window=3, time="day", gaps="linear", validation=0)).warnings == [
        "s.csv:2:3: column b is '5' in every row; columns says which are read",
        "s.csv:5:2: 2 values are missing: filled",
    ]


def test_a_config_for_a_series_says_what_was_found_out():
    write({"s.csv": "day,a\n" + "".join(f"{2000 + i // 12}-{i % 12 + 1:02d}-01,{i}.5\n" for i in range(60))})
    ended = CliRunner().invoke(main, ["init", "csv", "s.csv"])
    assert "\n  time: day\n" in ended.stdout


def test_a_file_of_another_kind_is_called_what_it_is():
    write({"t.npz": TABLE, "t.npy": TABLE})
    with Path("arrays.csv").open("wb") as arrays, Path("array.csv").open("wb") as array:
        np.savez(arrays, x=np.zeros((3, 2)))
        np.save(array, np.zeros((3, 2)))
    no_arrays = "error: no NumPy file; dataset type csv reads tables, images a folder of pictures"
    assert refused(Npz(Path("t.npz"))) == f"t.npz: {no_arrays}"
    assert refused(Npy(Path("t.npy"))) == f"t.npy: {no_arrays}"
    for path, said in (
        ("arrays.csv", "NumPy arrays (.npz): dataset type npz reads them"),
        ("array.csv", "a NumPy array (.npy): dataset type npy reads it"),
    ):
        assert refused(Csv(Path(path))) == f"{path}: error: {said}"
    with zipfile.ZipFile("book.csv", "w") as archive:
        archive.writestr("[Content_Types].xml", "")
    with zipfile.ZipFile("pictures.zip", "w") as archive:
        archive.writestr("cat/1.png", bytes(range(256)))
    assert refused(Csv(Path("book.csv"))) == "book.csv: error: an Excel table: call it .xlsx"
    assert refused(Csv(Path("pictures.zip"))) == "pictures.zip: error: a zip archive: unpack it"
    folder = "error: a file, expected a folder; unpack it if it is an archive"
    assert refused(Images(Path("pictures.zip"))) == f"pictures.zip: {folder}"
