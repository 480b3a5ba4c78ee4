"""Examples as people hand them over: the answer is right, or one line says what is wrong."""

import re
import sys
from io import StringIO

import numpy as np
import pytest

import nntrain
from nntrain.errors import ConfigError, DataError
from nntrain.messages import is_terminal

ROWS = [{"age": 20 + i, "colour": ("red", "green")[i % 2], "y": ("no", "yes")[i % 3 == 0]} for i in range(30)]
CONFIG = {
    "architecture": [{"dense": "$dataset.classes"}],
    "loss": "cross_entropy",
    "optimizer": {"type": "sgd", "lr": 0.01},
    "training": {"steps": 2},
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clumsy")
    (folder / "t.csv").write_text("\n".join(["age,colour,y", *(",".join(map(str, row.values())) for row in ROWS)]))
    dataset = {"type": "csv", "path": str(folder / "t.csv"), "target": "y", "test": 0.2, "standardize": True}
    return nntrain.fit({**CONFIG, "dataset": dataset}, quiet=True, run_dir=folder / "run")


WITHOUT = [{"age": row["age"], "colour": row["colour"]} for row in ROWS]


def test_rows_may_be_lists_tuples_and_arrays_of_anything(run):
    wanted = run.predict(WITHOUT)
    lists = [list(row.values()) for row in WITHOUT]
    for given in (tuple(WITHOUT), lists, tuple(map(tuple, lists)), np.array(lists, object), np.array(lists)):
        np.testing.assert_array_equal(run.predict(given), wanted)
    turned = [{"colour": row["colour"], "age": str(row["age"])} for row in WITHOUT]
    np.testing.assert_array_equal(run.predict(turned), wanted)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((row for row in WITHOUT), r"^X: error: a generator, which can be read once alone; give a list$"),
        ({"age": [1], "colour": ["red"]}, r"^X: error: a mapping; give a list of rows, of a single one \[X\]$"),
        ([WITHOUT[0], 5], r"^X: error: 1 rows of names among 2; give a list of dicts, or of lists$"),
        ([30, "red"], r"^X\[0\]: error: '30', expected a row of 2 columns; give one alone as \[X\]$"),
        ([[30, "red"], [30]], r"^X\[1\]: error: 1 columns, expected 2: age, colour$"),
        ([], r"^X: error: no rows$"),
        (30, r"^X: error: no rows$"),
        ([{"age": 30}], r"^X:1:1: error: no column 'colour'"),
    ],
)
def test_what_is_no_table_is_one_line(run, given, words):
    with pytest.raises(DataError, match=words):
        run.predict(given)


def test_frames_of_pandas_go_by_the_names_of_columns_and_these_are_unique(run):
    pandas = pytest.importorskip("pandas")
    frame, wanted = pandas.DataFrame(WITHOUT), run.predict(WITHOUT)
    np.testing.assert_array_equal(run.predict(frame[["colour", "age"]].set_axis(range(7, 37))), wanted)
    with pytest.raises(DataError, match=r"^X: error: two columns are called 'age'$"):
        run.predict(pandas.concat([frame, frame[["age"]]], axis=1))
    with pytest.raises(DataError, match=r"^X\[0\]: error: .* give one alone as \[X\]$"):
        run.predict(frame.iloc[0])


def test_rows_that_are_given_are_measured_all_those_of_training_too(run, capsys):
    assert run.evaluate(ROWS)["examples"] == 30
    assert re.fullmatch(r"warning: X: these are .*all of them are measured.*\n", capsys.readouterr().err)
    assert run.evaluate(ROWS[:7])["examples"] == 7
    assert run.evaluate(run.config["dataset"]["path"])["examples"] == 30
    assert run.evaluate()["examples"] == 6
    with pytest.raises(ConfigError, match=r"^evaluate: split: expected train, validation or test, not int$"):
        run.evaluate(split=3)


def test_nan_among_words_is_no_word(tmp_path):
    words = np.array([float("nan"), "a", "b", "a"], object)
    with pytest.raises(DataError, match=r"^Y\[0\]: error: nan among words: no value; leave it out, or give it a name$"):
        nntrain.fit(CONFIG, X=np.zeros((4, 2)), Y=words, quiet=True, run_dir=tmp_path / "run")


class Plain:
    """What some editors have for stderr."""

    def write(self, text):
        return len(text)

    def flush(self):
        pass


def test_a_stderr_that_knows_nothing_of_terminals_is_none(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stderr", Plain())
    X = np.arange(20.0)[:, None]
    assert nntrain.fit(CONFIG, X=X, Y=np.arange(20) % 2, run_dir=tmp_path / "run").status == "done"
    closed = StringIO()
    closed.close()
    assert not any(map(is_terminal, (None, Plain(), closed)))


SEQUENCES = np.random.default_rng(0).standard_normal((20, 5, 2))
SIGNS = (SEQUENCES[:, :, 0] > 0).astype(int)
LAST = [{"gru": {"units": 3, "output": "last"}}]


@pytest.mark.parametrize(
    ("layers", "loss", "Y", "other", "words"),
    [
        ([{"gru": 3}, {"dense": 2}], "cross_entropy", SIGNS, SIGNS[:, 0], "one an example, expected one a step"),
        ([*LAST, {"dense": 2}], "cross_entropy", SIGNS[:, 0], SIGNS, "one a step, expected one an example"),
        ([{"gru": 3}, {"dense": 2}], "mse", SEQUENCES, SEQUENCES[:, 0], "one an example, expected one a step"),
        ([*LAST, {"dense": 2}], "mse", SEQUENCES[:, 0], SEQUENCES, "one a step, expected one an example"),
    ],
)
def test_targets_of_steps_and_of_examples_are_told_apart_when_a_run_is_measured(
    tmp_path, layers, loss, Y, other, words
):
    run = nntrain.fit(
        {**CONFIG, "architecture": layers, "loss": loss}, X=SEQUENCES, Y=Y, quiet=True, run_dir=tmp_path / "run"
    )
    assert run.evaluate(SEQUENCES, Y)["examples"] == 20
    with pytest.raises(DataError, match=f"the targets are {words}"):
        run.evaluate(SEQUENCES, other)
