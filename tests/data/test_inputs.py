"""What `predict` reads: the checkpoint's facts are enough."""

import io
from pathlib import Path

import numpy as np
import pytest

from nntrain.data import Csv, Digits, Npz
from nntrain.errors import DataError


def everything(part):
    return part.batch(np.arange(part.size)).X


@pytest.fixture
def table(tmp_path):
    """A csv dataset with a header, words and an id column, and its facts."""
    path = tmp_path / "table.csv"
    path.write_text("id,size,colour,price\n1,1.5,red,10\n2,2.5,blue,20.5\n3,5,red,30\n")
    dataset = Csv(path, drop=("id",), validation=0, standardize=True)
    data = dataset.load(0, "float64")
    return dataset, data.facts, everything(data.parts["train"])


@pytest.mark.parametrize(
    "text",
    [
        "id,size,colour,price\n1,1.5,red,10\n2,2.5,blue,20.5\n3,5,red,30\n",
        "colour,size\nred,1.5\nblue,2.5\nred,5\n",
        "size;extra;colour\n1.5;?;red\n2.5;;blue\n5;x;red\n",
        "1,1.5,red,\n2,2.5,blue,\n3,5,red,\n",
        "1,1.5,red\n2,2.5,blue\n3,5,red\n",
        "1.5,red\n2.5,blue\n5,red\n",
    ],
)
def test_csv_is_read_by_names_or_by_places_and_needs_no_target(table, text):
    dataset, facts, expected = table
    part = dataset.read_inputs(io.StringIO(text), facts, "float64")
    np.testing.assert_array_equal(everything(part), expected)
    assert part.batch(np.arange(2)).Y.shape == (0, 2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("size,color\n1.5,red\n", r"<stdin>:1:1: error: no column 'colour' in the header; did you mean 'color'\?"),
        ("size,colour\n1.5,green\n", r"<stdin>:2:2: error: column colour has 'green', known are blue, red"),
        ("size,colour\n1.5,red\nx,red\n", r"<stdin>:3:1: error: column size has 'x', expected a number"),
        ("size,colour\n,red\n", r"<stdin>:2:1: error: column size has no value; leave the row out"),
        ("1,2,3,4,5\n", r"<stdin>:1:5: error: 5 columns, expected 4 as in the training data"),
        ("size,colour\n", "a header and no rows"),
        ("", "the file is empty"),
    ],
)
def test_csv_that_does_not_fit_is_refused_with_its_place(table, text, words):
    dataset, facts, _ = table
    with pytest.raises(DataError, match=words):
        dataset.read_inputs(io.StringIO(text), facts, "float64")


def test_the_target_may_be_absent_wherever_it_stood(tmp_path):
    path = tmp_path / "plain.csv"
    path.write_text("9,1,0,2\n8,3,1,4\n")
    dataset = Csv(path, target=2, drop=(0,), validation=0)
    facts = dataset.load(0, "float64").facts
    for text in ("9,1,0,2\n8,3,1,4\n", "9,1,2\n8,3,4\n", "1,2\n3,4\n"):
        part = dataset.read_inputs(io.StringIO(text), facts, "float64")
        np.testing.assert_array_equal(everything(part), [[1, 3], [2, 4]])


def test_a_header_is_passed_over_where_training_had_none(tmp_path):
    path = tmp_path / "plain.csv"
    path.write_text("1,2,0\n3,4,1\n")
    dataset = Csv(path, validation=0)
    facts = dataset.load(0, "float64").facts
    part = dataset.read_inputs(io.StringIO("a,b\n5,6\n"), facts, "float64")
    np.testing.assert_array_equal(everything(part), [[5], [6]])
    np.save(tmp_path / "inputs.npy", [[5.0, 6.0]])
    np.testing.assert_array_equal(
        everything(dataset.read_inputs(tmp_path / "inputs.npy", facts, "float64")), [[5], [6]]
    )


def test_words_cannot_come_as_arrays(table, tmp_path):
    np.save(tmp_path / "inputs.npy", np.zeros((2, 3)))
    with pytest.raises(DataError, match="words must come as csv"):
        table[0].read_inputs(tmp_path / "inputs.npy", table[1], "float64")


@pytest.fixture
def digits():
    dataset = Digits(validation=0)
    data = dataset.load(0, "float64")
    return dataset, data.facts, everything(data.parts["train"])[..., :3]


def test_images_come_as_pixels_or_as_floats_in_any_form(digits, tmp_path):
    dataset, facts, expected = digits
    first = np.moveaxis(expected, -1, 0)
    np.save(tmp_path / "floats.npy", first)
    np.save(tmp_path / "pixels.npy", (first * 16).astype(np.uint8))
    np.save(tmp_path / "flat.npy", first.reshape(3, 64))
    np.savez(tmp_path / "only.npz", anything=first)
    np.savez(tmp_path / "named.npz", x=first, y=[0, 1, 2])
    np.savetxt(tmp_path / "rows.csv", first.reshape(3, 64), delimiter=",")
    for path in tmp_path.iterdir():
        np.testing.assert_allclose(everything(dataset.read_inputs(path, facts, "float64")), expected, err_msg=path.name)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.full((2, 1, 8, 8), 16.0), r"pixels from 16 to 16, expected 0 to 1; multiply them by 0\.0625"),
        (
            np.full((2, 1, 8, 8), 17),
            r"pixels from 17 to 17, expected whole numbers from 0 to 16, or numbers from 0 to 1",
        ),
        (np.full((2, 1, 8, 8), -1), r"pixels from -1 to -1, expected whole numbers"),
        (np.zeros((2, 1, 8, 9)), r"shape \(2, 1, 8, 9\), expected \(N, 1, 8, 8\)$"),
        (np.zeros((1, 8, 8)), "a single example needs an axis of examples too"),
        (np.full((2, 64), np.nan), r"\[0, 0, 0, 0\]: error: nan"),
        (np.array(["a"]), "expected an array of numbers|shape"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(digits, tmp_path, array, words):
    np.save(tmp_path / "bad.npy", array)
    with pytest.raises(DataError, match=words):
        digits[0].read_inputs(tmp_path / "bad.npy", digits[1], "float32")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1,0,1\n", r"<stdin>:1:4: error: 3 numbers in a row, expected 64 \(1, 8, 8\)"),
        (",".join(["0"] * 63 + ["x"]), r"<stdin>:1:64: error: 'x' where a number was expected"),
        (",".join(["0"] * 63 + [""]), r"<stdin>:1:64: error: '' where a number was expected"),
    ],
)
def test_rows_of_numbers_that_do_not_fit_are_refused_with_their_place(digits, text, words):
    with pytest.raises(DataError, match=words):
        digits[0].read_inputs(io.StringIO(text), digits[1], "float32")


def test_other_files_are_refused(digits):
    with pytest.raises(DataError, match=r"image\.png: error: expected a file \.npy, \.npz or \.csv"):
        digits[0].read_inputs(Path("image.png"), digits[1], "float32")


def test_an_npz_dataset_looks_for_the_array_it_was_trained_on(tmp_path):
    np.savez(tmp_path / "train.npz", features=np.eye(4), y=[0, 1, 0, 1])
    dataset = Npz(tmp_path / "train.npz", inputs="features", validation=0)
    facts = dataset.load(0, "float64").facts
    np.testing.assert_array_equal(everything(dataset.read_inputs(tmp_path / "train.npz", facts, "float64")), np.eye(4))
