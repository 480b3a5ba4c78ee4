"""Targets of tables: several numbers, several yes or no, several labels in a cell; weights of rows; gaps as a class."""

import json

import numpy as np
import pytest

from nntrain.data import Csv
from nntrain.data.facts import Facts
from nntrain.errors import DataError


@pytest.fixture
def load(tmp_path):
    """Load a text as csv, all of it for training unless said otherwise."""

    def load(text, facts=None, **arguments):
        path = tmp_path / "t.csv"
        path.write_text(text)
        return Csv(path, **{"validation": 0, **arguments}).load(0, "float64", facts)

    return load


def batch(data, part="train"):
    return data.parts[part].batch(np.arange(data.parts[part].size))


def kept(data):
    """The facts as a checkpoint brings them back."""
    return Facts.from_json(json.loads(json.dumps(data.facts.as_json())))


def test_several_numbers_are_outputs_of_a_regression(load):
    data = load("x,u,v\n1,0.5,7\n2,1.5,8\n", target=("v", "u"))
    assert (data.facts.target, data.facts.outputs, data.facts.output_names) == ("values", 2, ("v", "u"))
    np.testing.assert_array_equal(batch(data).Y, [[7, 8], [0.5, 1.5]])
    np.testing.assert_array_equal(batch(load("v,x,u\n7,1,0.5\n", kept(data), target=("v", "u"))).Y, [[7], [0.5]])


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ("yes no", ("no", "yes")),
        ("True False", ("False", "True")),
        ("0 1", ("0", "1")),
        ("Y N", ("N", "Y")),
        ("1 1", ("0", "1")),
    ],
)
def test_several_yes_or_no_columns_are_questions(load, cells, words):
    a, b = cells.split()
    data = load(f"x,p,q\n1,{a},0\n2,{b},1\n", target=("p", "q"))
    layout = data.facts.preparation.layout
    assert layout.questions
    assert layout.targets[0].categories == words
    np.testing.assert_array_equal(batch(data).Y, [[words.index(a), words.index(b)], [0, 1]])


@pytest.mark.parametrize(
    ("text", "task", "said"),
    [
        ("x,p,q\n1,yes,0.5\n2,no,1\n", None, ":2:3: error: target q has '0.5', expected yes or no (1 or 0, true or fa"),
        ("x,p,q\n1,cat,0\n2,dog,1\n", None, ":2:2: error: target p has 'cat', expected yes or no"),
        ("x,p,q\n1,yes,0\n2,YES,1\n", None, ":2:2: error: target p has 'YES' and 'yes', expected one word for yes"),
        ("x,p,q\n1,yes,0\n2,no,1\n", "regression", ":2:2: error: column p has 'yes', expected a number"),
        ("x,p,q\n1,5,0\n2,6,1\n", "classification", ":2:2: error: target p has '5', expected yes or no"),
        ("x,p,q\n1,,0\n2,6,1\n", None, ":2:2: error: column p has no value; say missing: drop (the row)"),
    ],
)
def test_targets_of_two_kinds_are_refused(load, text, task, said):
    with pytest.raises(DataError) as caught:
        load(text, target=("p", "q"), task=task)
    assert said in str(caught.value)


def test_labels_in_a_cell(load):
    text = "x,tags\n1,a|b\n2,\n3,b| c\n"
    data = load(text, separator="|")
    assert data.facts.output_names == ("a", "b", "c")
    np.testing.assert_array_equal(batch(data).Y.T, [[1, 1, 0], [0, 0, 0], [0, 1, 1]])
    assert data.warnings[0].endswith(
        ":3:2: column tags has an empty cell: no label; missing: drop leaves such rows out"
    )
    assert load(text, separator="|", missing="drop").parts["train"].size == 2
    with pytest.raises(DataError, match=r":2:2: error: column tags has 'd', known are a, b, c"):
        load("x,tags\n1,a|d\n", kept(data), separator="|")


def test_labels_in_a_cell_may_be_numbers(load):
    data = load("x;tags\n1;1|3\n2;3\n3;20\n", separator="|")
    assert data.facts.output_names == ("1", "3", "20")
    np.testing.assert_array_equal(batch(data).Y.T, [[1, 1, 0], [0, 1, 0], [0, 0, 1]])


def test_a_separator_that_no_cell_has_is_told(load):
    assert "no cell of column tags has '|'" in load("x,tags\n1,a;b\n2,c\n", separator="|").warnings[0]


def test_weights_are_no_input_and_stand_in_every_batch(load):
    data = load("x,w,y\n1,2,0\n2,0.5,1\n3,0,1\n", weights="w", test=1 / 3)
    assert data.facts.input_shape == (1,)
    found = {
        x: w for part in data.parts for x, w in zip(batch(data, part).X[0], batch(data, part).weights, strict=True)
    }
    assert found == {1: 2, 2: 0.5, 3: 0}
    assert batch(load("w,y,x\n3,0,9\n", kept(data), weights="w")).weights == [3]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x,w,y\n1,2,0\n2,-1,1\n", ":3:2: error: weights: column w has -1, expected 0 or more"),
        ("x,w,y\n1,2,0\n2,,1\n", ":3:2: error: column w has no value; say missing: drop (the row)"),
        ("x,w,y\n1,2,0\n2,a,1\n", ":3:2: error: column w has 'a', expected a number"),
        ("x,w,y\n1,0,0\n2,0,1\n", ":2:2: error: weights: every row counts for 0"),
    ],
)
def test_weights_that_are_none(load, text, said):
    with pytest.raises(DataError) as caught:
        load(text, weights="w")
    assert said in str(caught.value)


def test_a_gap_is_a_class_of_its_own(load):
    data = load("n,c,y\n1,a,0\n,b,1\n3,,1\n", missing="category")
    # n, whether it is missing; a, b, missing
    np.testing.assert_array_equal(batch(data).X.T, [[1, 0, 1, 0, 0], [2, 1, 0, 1, 0], [3, 0, 0, 0, 1]])
    np.testing.assert_array_equal(batch(load("n,c,y\n,,1\n", kept(data), missing="category")).X.T, [[2, 1, 0, 0, 1]])
    assert data.facts.cells(np.array([2.0, 1, 0, 0, 1]), 9) == [("n", "missing"), ("c", "missing")]


def test_a_gap_where_training_had_none_is_refused(load):
    data = load("n,c,y\n1,a,0\n,b,1\n3,a,1\n", missing="category")
    with pytest.raises(DataError, match=r":2:2: error: column c has no value; no row of the training table lacks it"):
        load("n,c,y\n1,,1\n", kept(data), missing="category")


def test_gaps_are_not_standardized(load):
    data = load("n,c,y\n1,a,0\n,b,1\n3,,1\n", missing="category", standardize=True)
    np.testing.assert_array_equal(batch(data).X[1], [0, 1, 0])


def test_an_unseen_category_is_refused_or_ignored_with_a_word(load):
    facts = kept(load("c,y\na,0\nb,1\n", target="y"))
    with pytest.raises(DataError, match=r":3:1: error: column c has 'd', known are a, b"):
        load("c,y\na,0\nd,1\nd,1\n", facts)
    data = load("c,y\na,0\nd,1\nd,1\n", facts, unknown="ignore")
    np.testing.assert_array_equal(batch(data).X.T, [[1, 0], [0, 0], [0, 0]])
    assert data.warnings[0].endswith(
        ":3:1: column c has 'd', which training did not have: it is taken for none of the categories (2 rows have such)"
    )


def test_few_whole_numbers_are_classes_with_a_word(load):
    text = "x,y\n" + "".join(f"{i}.5,{i % 3}\n" for i in range(12))
    (word,) = load(text).warnings
    assert word.endswith("t.csv:2:2: y has 3 different whole numbers: classes; task: regression reads values")
    for task in ("regression", "classification"):
        assert load(text, task=task).warnings == []
    assert load(text.replace(",2\n", ",0\n")).warnings == []


@pytest.mark.parametrize(
    ("cells", "sign"),
    [(["a|b", "b", "a|c", "c"], "|"), (["a;b", "a;c", "b;c"], ";"), (["red, blue", "red", "blue"], ",")],
)
def test_labels_that_look_like_several_in_a_cell_are_told(tmp_path, cells, sign):
    path = tmp_path / "t.csv"
    path.write_text("x\ttags\n" + "".join(f"{i / 4}\t{cells[i % len(cells)]}\n" for i in range(24)))
    told = Csv(path, delimiter="\t").load(0, "float32").warnings
    assert told == [
        f"{path}:2:2: column tags has {cells[0]!r}, a class of its own; separator: {sign!r} reads several labels in a "
        "cell"
    ]


@pytest.mark.parametrize("cells", [["Smith, J", "Smith, K", "Wu, A"], ["a|b", "c|d"], ["x|", "y|"], ["|", "a"]])
def test_labels_with_signs_of_their_own_are_classes_without_a_word(tmp_path, cells):
    path = tmp_path / "t.csv"
    path.write_text("x\ty\n" + "".join(f"{i / 4}\t{cells[i % len(cells)]}\n" for i in range(24)))
    assert not Csv(path, delimiter="\t").load(0, "float32").warnings


@pytest.mark.parametrize(("odd", "more"), [(["c"], ""), (["c", "d"], ", as have 1 more")])
def test_a_class_of_a_single_row_is_told(tmp_path, odd, more):
    path = tmp_path / "t.csv"
    labels = ["a", "b"] * 10 + odd
    path.write_text("x,y\n" + "".join(f"{i / 4},{label}\n" for i, label in enumerate(labels)))
    [told] = Csv(path).load(0, "float32").warnings
    assert told == f"{path}:22:2: class {odd[0]!r} of y has a single row{more}: it can be learned or measured, not both"
