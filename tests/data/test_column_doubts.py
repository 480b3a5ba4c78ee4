"""Columns that a careful person would ask about are told of, once, with the key that says otherwise."""

import pytest

from nntrain.data import Csv
from nntrain.errors import DataError

ROWS = 30


@pytest.fixture
def load(tmp_path):
    """Load columns (name -> cells) as a csv file; what is warned of, without the file."""

    def load(columns, **arguments):
        path = tmp_path / "t.csv"
        rows = zip(*columns.values(), strict=True)
        path.write_text("\n".join(",".join(map(str, row)) for row in [columns, *rows]) + "\n")
        data = Csv(path, **{"validation": 0, "task": "classification", **arguments}).load(0, "float64")
        return [text.removeprefix(f"{path}") for text in data.warnings]

    return load


X = [(i * 7) % 11 / 2 for i in range(ROWS)]
Y = [i % 3 for i in range(ROWS)]
SPECIES = [("setosa", "lily", "iris")[i] for i in Y]


@pytest.mark.parametrize(
    ("name", "cells", "said"),
    [
        (
            "id",
            [i * 3 for i in range(ROWS)],
            ":2:1: column id has another whole number in every row, like an id; drop:",
        ),
        (
            "n",
            list(range(100, 100 + ROWS)),
            ":2:1: column n has another whole number in every row, like an id; drop: [n]",
        ),
        ("c", [5] * ROWS, ":2:1: column c is '5' in every row; drop: [c] leaves it out"),
        ("c", ["a"] * ROWS, ":2:1: column c is 'a' in every row"),
        ("z", Y, ":2:1: column z is the same as the target y in every row"),
        ("species", SPECIES, ":2:1: column species tells the target y without fail, value by value"),
        (
            "street",
            [2 * chr(97 + i % 12) for i in range(ROWS)],
            ":2:1: column street has 12 different words in 30 rows",
        ),
    ],
)
def test_a_doubtful_column_is_told(load, name, cells, said):
    warnings = load({name: cells, "x": X, "y": Y})
    assert len(warnings) == 1
    assert warnings[0].startswith(said)


@pytest.mark.parametrize("target", ["y", "species"])
def test_what_tells_the_target_is_told_of_labels_too(load, target):
    assert "the target" in load({"species": SPECIES, "x": X, "y": Y}, target=target)[0]


@pytest.mark.parametrize(
    "columns",
    [
        {"age": [20 + i % 9 for i in range(ROWS)]},
        {"id": [i % 7 for i in range(ROWS)]},
        {"income": [i * 37 for i in range(ROWS)]},
        {"colour": [2 * chr(97 + i % 10) for i in range(ROWS)]},
        {"answer": [("I do not agree at all", "I agree in every point")[i % 2] for i in range(ROWS)]},
    ],
)
def test_a_column_as_any_other_is_not(load, columns):
    assert load({**columns, "x": X, "y": Y}) == []


def test_what_is_said_is_not_asked(load):
    streets = [2 * chr(97 + i % 12) for i in range(ROWS)]
    assert load({"street": streets, "x": X, "y": Y}, categorical=("street",)) == []
    assert load({"id": list(range(ROWS)), "x": X, "y": Y}, drop=("id",)) == []


def test_sentences_are_no_categories(load):
    reviews = [f"this was number {i} of all films" for i in range(ROWS)]
    with pytest.raises(DataError) as caught:
        load({"review": reviews, "x": X, "y": Y})
    message = str(caught.value)
    assert ":2:1: error: column review has sentences such as 'this was number 0 of all films', no categories" in message
    assert "drop: [review]" in message
    assert "dataset type labelled_text" in message
    load({"review": reviews[:3] * 10, "x": X, "y": Y})
    load({"review": reviews[:20] * 1 + reviews[:10], "x": X, "y": Y}, categorical=("review",))
