"""csv: what is found out, what is refused and where, and that a checkpoint's facts are enough."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nntrain.data import Csv
from nntrain.data.facts import Facts
from nntrain.errors import DataError

PLAIN = "1,2,0\n3,4,1\n5,6,0\n7,9,1\n"


@pytest.fixture
def load(tmp_path):
    """Load a text as csv; the training part is all of it unless said otherwise."""

    def load(text, facts=None, dtype="float64", **arguments):
        path = tmp_path / "table.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return Csv(path, **{"validation": 0, **arguments}).load(0, dtype, facts)

    return load


def everything(data, part="train"):
    return data.parts[part].batch(np.arange(data.parts[part].size))


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        "a,b,y\n" + PLAIN,
        "\ufeffa,b,y\n" + PLAIN,
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", "\r"),
        PLAIN.replace(",", ";"),
        PLAIN.replace(",", "\t"),
        PLAIN.replace(",", " , "),
        PLAIN.replace("3", '"3"'),
        PLAIN.rstrip("\n"),
        PLAIN + "\n\n",
        PLAIN.replace("9", "9e0").replace("5", "+5.").replace("3", "0.3E+1"),
    ],
)
def test_the_same_table_in_any_writing(load, text):
    batch = everything(load(text))
    np.testing.assert_array_equal(batch.X, [[1, 3, 5, 7], [2, 4, 6, 9]])
    np.testing.assert_array_equal(batch.Y, [0, 1, 0, 1])


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("1,2,0\n3,nan,1\n", ":2:2: ", "has no value; say missing: drop (the row) or mean"),
        ("a,b,y\n1,2,0\n3,,1\n", ":3:2: ", "column b has no value"),
        ("1,2,0\n3,4,?\n5,6,1\n", ":2:3: ", "has no value; say missing: drop (the row)"),
        ("1,2,0\n3,inf,1\n", ":2:2: ", "'inf', expected a number"),
        ("1,2,0\n-Infinity,1,1\n", ":2:1: ", "expected a number"),
        ("1,2,0\n1_0,4,1\n", ":2:1: ", "'1_0', expected a number"),
        ("1,2,0\n0x1F,4,1\n", ":2:1: ", "expected a number"),
        ("1,2,0\n１,4,1\n", ":2:1: ", "expected a number"),
        ("1,2,0\n1e400,4,1\n", ":2:1: ", "'1e400', too large"),
        ("1,2,0\n4,1e300,1\n", ":2:2: ", "'1e300', too large"),
        ("1,5;2;0\n3,5;4;1\n", ":1:1: ", "'1,5': write the decimals after a point"),
        ("1,2,0\n3,4\n", ":2:3: ", "2 cells, expected 3"),
        ("1,2,0\n3,4,1,6\n", ":2:4: ", "4 cells, expected 3"),
        ("1,2,0\n3,\0,1\n", ":2:1: ", "NUL"),
        ('1,2,0\n"3,4,1\n5,6,0\n', ":2:1: ", "a quote is never closed"),
        ('1,2,0\n"3"4,1,1\n', ":2:1: ", "expected after"),
        ("a,b,y\n", ": ", "a header and no rows"),
        ("", ": ", "the file is empty"),
        ("\n \n", ": ", "the file is empty"),
        ("1\n2\n", ": ", "1 columns leave no input beside the target"),
        ("a,a,y\n" + PLAIN, ":1:2: ", "two columns are called a"),
        ("1,2,0\n3,4,0\n", ":1:3: ", "every target is '0'; a classification needs two classes"),
        ("1,2,0\n1,3,x\n", ":2:3: ", "say task: classification if these are labels"),
        ("1,?,0\n2,,1\n", ":1:2: ", "no value at all; leave it out with drop: [1]"),
    ],
)
def test_what_is_doubtful_is_refused_with_its_place(load, tmp_path, text, place, words):
    with pytest.raises(DataError) as caught:
        load(text)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'table.csv'}{place}error: ")
    assert words in message
    assert "\n" not in message


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"none\.csv: error: No such file"):
        Csv(tmp_path / "none.csv").load(0, "float32")


def test_rows_are_counted_as_lines_of_the_file(load):
    with pytest.raises(DataError, match=r":5:2: error"):
        load('1,2,a\n3,4,"b\nc"\n\n5,x,b\n')


def test_an_error_stays_one_line_whatever_a_cell_holds(load):
    with pytest.raises(DataError, match=r":3:1: error: column a b has no value"):
        load('"a\nb",y\n,0\n2,1\n')


@pytest.mark.parametrize(
    ("text", "target", "classes"),
    [
        ("1,0\n2,1\n", "labels", 2),
        ("1,0.5\n2,1\n", "values", None),
        ("".join(f"1,{i}\n" for i in range(20)), "labels", 20),
        ("".join(f"1,{i}\n" for i in range(21)), "values", None),
        ("1,b\n2,a\n", "labels", 2),
    ],
)
def test_the_task_is_found_out(load, text, target, classes):
    facts = load(text).facts
    assert (facts.target, facts.classes) == (target, classes)


def test_the_task_can_be_said(load):
    assert load(PLAIN, task="regression").facts.target == "values"
    facts = load("1,0.5\n2,1.5\n3,0.5\n", task="classification").facts
    assert facts.label_names == ("0.5", "1.5")
    with pytest.raises(DataError, match=r":1:2: error: column 1 has 'a', expected a number"):
        load("1,a\n2,b\n", task="regression")


def test_labels_are_numbered_in_the_order_of_their_names(load):
    data = load("1,10\n2,9\n3,9.0\n4,-1\n")
    assert data.facts.label_names == ("-1", "9", "10")
    assert everything(data).Y.tolist() == [2, 1, 1, 0]
    data = load("1,b\n2,B\n3,a\n")
    assert data.facts.label_names == ("B", "a", "b")


@pytest.mark.parametrize("target", ["y", 0, -3])
def test_the_target_is_named_or_numbered_from_0(load, target):
    batch = everything(load("y,a,b\n0,1,2\n1,3,4\n", target=target))
    assert batch.Y.tolist() == [0, 1]
    np.testing.assert_array_equal(batch.X, [[1, 3], [2, 4]])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"target": "z"}, r"target: no column 'z' \(a, b, y\)"),
        ({"target": 3}, "target: no column 3"),
        ({"target": "Y1"}, r"target: no column 'Y1' \(a, b, y\); did you mean 'y'\?"),
        ({"drop": ("z",)}, "drop: no column 'z'"),
        ({"drop": (0, 1)}, "no input"),
        ({"categorical": (9,)}, "categorical: no column 9"),
        ({"standardize_target": True}, "standardize_target is for regression"),
    ],
)
def test_columns_that_are_not_there(load, arguments, words):
    with pytest.raises(DataError, match=words):
        load("a,b,y\n" + PLAIN, **arguments)


@pytest.mark.parametrize(
    ("text", "header"),
    [("a,b\nc,d\ne,f\n", True), ("a,b\nc,a\na,b\n", False), ("a,1\nb,2\n", False), (",x\n0,1\n1,2\n", True)],
)
def test_a_header_is_found_out(load, text, header):
    assert load(text).facts.preparation.layout.header is header


def test_a_header_can_be_said(load):
    text = "2019,2020,2021\n" + PLAIN
    assert everything(load(text, header=True, target="2021")).size == 4
    assert everything(load(text, task="regression")).size == 5


def test_words_become_one_column_each(load):
    data = load("red,1,0\nblue,2,1\nred,3,0\n", standardize=True)
    X = everything(data).X
    np.testing.assert_array_equal(X[:2], [[0, 1, 0], [1, 0, 1]])  # blue, red; standardize leaves them alone
    np.testing.assert_allclose(X[2].mean(), 0, atol=1e-15)
    assert data.facts.input_shape == (3,)


def test_numbers_can_be_categories(load):
    assert load("7,1,0\n3,2,1\n7.0,3,0\n", categorical=(0,)).facts.input_shape == (3,)


def test_rows_with_missing_values_can_be_left_out(load):
    batch = everything(load("1,a,0\n,a,1\n3,,0\n4,b,\n5,b,1\n", missing="drop"))
    np.testing.assert_array_equal(batch.X[0], [1, 5])
    np.testing.assert_array_equal(batch.Y, [0, 1])


def test_missing_values_can_be_filled_from_the_training_part_alone(load, tmp_path):
    (tmp_path / "test.csv").write_text("?,?,1\n100,b,0\n")
    data = load("1,a,0\n3,a,1\n,b,0\n4,,1\n", missing="mean", test=tmp_path / "test.csv")
    np.testing.assert_allclose(everything(data).X[0], [1, 3, 8 / 3, 4])
    np.testing.assert_array_equal(everything(data).X[1], [1, 1, 0, 1])
    np.testing.assert_allclose(everything(data, "test").X, [[8 / 3, 100], [1, 0], [0, 1]])


def test_a_share_for_validation_has_no_say_in_what_is_filled(load):
    text = "".join(f"{i * i},{i % 2}\n" for i in range(20)) + "?,0\n?,1\n?,0\n?,1\n"
    data = load(text, missing="mean", validation=0.5)
    values = [everything(data, part).X[0] for part in ("train", "validation")]
    fill = data.facts.preparation.layout.columns[0].fill
    known = values[0][values[0] != fill]
    assert 0 < len(known) < len(values[0])
    np.testing.assert_allclose(fill, known.mean())
    assert fill in values[1]


def test_everything_is_standardized_by_the_training_part_alone(load):
    data = load(
        "".join(f"{i * i},{i**3 + 0.5}\n" for i in range(20)), test=0.5, standardize=True, standardize_target=True
    )
    train, test = (everything(data, part) for part in ("train", "test"))
    for values in (train.X, train.Y):
        np.testing.assert_allclose([values.mean(), values.std()], [0, 1], atol=1e-12)
    for values in (test.X, test.Y):
        assert abs(values.mean()) > 1e-3


def test_a_missing_target_is_never_made_up(load):
    with pytest.raises(DataError, match=r":2:2: error: column 1 has no value; say missing: drop"):
        load("1,0.5\n2,\n3,1.5\n", missing="mean")


def test_a_constant_column_becomes_zero_when_standardized(load):
    X = everything(load("0.1,2,0\n0.1,4,1\n0.1,6,0\n", standardize=True)).X
    np.testing.assert_allclose(X[0], 0, atol=1e-15)
    assert np.isfinite(X).all()


def test_standardized_targets_return_to_their_units(load):
    data = load("1,10.5\n2,20\n3,60\n", standardize_target=True)
    Y = everything(data).Y
    np.testing.assert_allclose([Y.mean(), Y.std()], [0, 1], atol=1e-12)
    np.testing.assert_allclose(data.facts.to_units(Y), [[10.5, 20, 60]])


def test_parts_can_be_files_of_their_own(load, tmp_path):
    (tmp_path / "validation.csv").write_text("y,b,a\n1,20,10\n")
    data = load("a,b,y\n" + PLAIN, validation=tmp_path / "validation.csv", test=0.5)
    assert [part.size for part in data.parts.values()] == [2, 1, 2]
    np.testing.assert_array_equal(everything(data, "validation").X, [[10], [20]])
    (tmp_path / "validation.csv").write_text("a,b,y\n1,20,7\n")
    with pytest.raises(DataError, match=r"validation\.csv:2:3: error: column y has '7', known are 0, 1"):
        load("a,b,y\n" + PLAIN, validation=tmp_path / "validation.csv")


def test_with_a_checkpoints_facts_nothing_is_fitted_anew(load):
    text = "1,red,a\n2,blue,b\n9,red,a\n4,blue,b\n"
    facts = load(text, standardize=True).facts
    saved = Facts.from_json(json.loads(json.dumps(facts.as_json())))
    moved = load("4,red,b\n", saved, standardize=False)
    assert everything(moved).Y.tolist() == [1]
    np.testing.assert_allclose(everything(moved).X, [[0], [0], [1]], atol=1e-12)  # 4 is the mean
    with pytest.raises(DataError, match=r":2:2: error: column 1 has 'green', known are blue, red"):
        load("1,red,a\n1,green,a\n", saved)


def test_the_checksum_belongs_to_the_data_not_to_their_place(load, tmp_path):
    first = load(PLAIN).sha256
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "other.csv").write_text(PLAIN)
    assert Csv(tmp_path / "elsewhere" / "other.csv").load(1, "float32").sha256 == first
    assert load(PLAIN.replace("9", "8")).sha256 != first


def test_a_delimiter_is_one_character():
    with pytest.raises(ValueError, match="delimiter: one character"):
        Csv(Path("a.csv"), delimiter="::")


cells = st.sampled_from(
    [
        "1",
        "2.5",
        "-3e2",
        "",
        "nan",
        "inf",
        "1e400",
        "1_0",
        "a",
        "b c",
        '"',
        '""',
        '"x,y"',
        "\0",
        "é",
        "0x1",
        "1,5",
        " ",
        "?",
    ]
)
tables = st.lists(st.lists(cells, max_size=5).map(",".join), max_size=8).map("\n".join)


@settings(deadline=None)
@given(
    st.one_of(tables, st.text(), tables.map(lambda t: t.replace(",", ";"))).map(str.encode)
    | st.binary(max_size=60)
    | st.tuples(st.integers(0, len(PLAIN)), st.binary(max_size=3)).map(
        lambda change: PLAIN.encode()[: change[0]] + change[1] + PLAIN.encode()[change[0] + 1 :]
    ),
    st.sampled_from(["error", "drop", "mean"]),
    st.booleans(),
)
def test_any_content_is_data_or_a_data_error(tmp_path_factory, content, missing, standardize):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(content)
    message = None
    try:
        data = Csv(path, missing=missing, standardize=standardize).load(0, "float32")
        assert np.isfinite(everything(data).X).all()
    except DataError as error:
        message = str(error)
    assert message is None or (message.startswith(f"{path}:") and "\n" not in message)
