"""eval, predict and summary.json tell the same numbers."""

import csv
import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from nntrain import config
from nntrain.builder import build
from nntrain.cli import main


def lines(text):
    return dict(line.split(" ", 1) for line in text.splitlines())


@pytest.fixture
def digits(configs, nntrain):
    return Path(nntrain("fit", "-q", configs / "digits_mlp.yaml", "training.epochs=4").stdout.strip())


@pytest.mark.parametrize("which", ["best", "last"])
def test_eval_of_run_and_file_print_what_the_summary_holds(digits, nntrain, which):
    summary = json.loads((digits / "summary.json").read_text())
    held = summary["best" if which == "best" else "final"]["test"]
    for target in (digits, digits / "checkpoints" / f"{which}.npz"):
        printed = lines(nntrain("eval", target, "--which", which).stdout)
        assert printed.pop("split") == "test"
        assert printed.pop("examples") == "359"
        assert {name: float(value) for name, value in printed.items()} == held
    as_json = json.loads(nntrain("eval", digits, "--which", which, "--json").stdout)
    assert as_json == {"split": "test", "examples": 359, **held}


def test_eval_measures_any_split(digits, nntrain):
    summary = json.loads((digits / "summary.json").read_text())
    found = json.loads(nntrain("eval", digits, "--split", "validation", "--json").stdout)
    assert {k: found[k] for k in ("loss", "accuracy")} == summary["best"]["validation"]
    assert "has no test part" in nntrain("eval", digits, "dataset.test=0", "--split", "test", code=2).stderr


def test_predictions_for_the_test_examples_have_the_accuracy_of_eval(digits, configs, nntrain):
    built = build(config.read(configs / "digits_mlp.yaml"))
    test = built.data.parts["test"]
    batch = test.batch(np.arange(test.size))
    np.save("images.npy", np.moveaxis(batch.X, -1, 0))
    accuracy = float(lines(nntrain("eval", digits).stdout)["accuracy"])

    rows = list(csv.DictReader(io.StringIO(nntrain("predict", digits, "images.npy").stdout)))
    assert np.mean([int(row["prediction"]) == label for row, label in zip(rows, batch.Y, strict=True)]) == accuracy

    nntrain("predict", digits, "images.npy", "--probabilities", "-o", "p.npy")
    P = np.load("p.npy")
    assert P.shape == (359, 10)
    np.testing.assert_allclose(P.sum(1), 1, rtol=1e-5)
    assert np.mean(P.argmax(1) == batch.Y) == accuracy


def test_predictions_of_words_and_numbers_are_in_the_data_s_own_terms(configs, nntrain):
    flowers = Path(nntrain("fit", "-q", configs / "iris.yaml").stdout.strip())
    told = nntrain("predict", flowers, "-", stdin="5.1,3.5,1.4,0.2\n6.3,3.3,6.0,2.5\n").stdout
    assert told.splitlines() == ["prediction", "Iris-setosa", "Iris-virginica"]
    wine = Path(nntrain("fit", "-q", configs / "wine_quality.yaml", "training.epochs=20").stdout.strip())
    rows = [line.rsplit(",", 1) for line in (configs / "data" / "winequality-red.csv").read_text().splitlines()]
    Path("wine.csv").write_text("\n".join(row[0] for row in rows) + "\n")
    nntrain("predict", wine, "wine.csv", "-o", "quality.npz")
    errors = np.load("quality.npz")["predictions"] - [float(row[1]) for row in rows]
    assert np.abs(errors).mean() < 0.55  # the mean would be off by 0.68


def test_suffixes_in_capitals_are_the_same_kinds_of_file(digits, nntrain):
    X = np.random.default_rng(0).random((3, 64))
    np.save("X.npy", X)
    Path("X.npy").rename("X.NPY")
    np.savetxt("X.CSV", X, delimiter=",")
    told = nntrain("predict", digits, "X.NPY").stdout
    assert nntrain("predict", digits, "X.CSV", "-o", "Y.CSV").stdout == ""
    assert Path("Y.CSV").read_text() == told


def test_an_output_of_an_unknown_kind_is_refused_before_the_work(digits, nntrain):
    np.save("images.npy", np.zeros((1, 1, 8, 8)))
    assert ".csv, .npy or .npz" in nntrain("predict", digits, "images.npy", "-o", "p.txt", code=2).stderr


def test_eval_needs_neither_the_config_nor_the_place_of_the_data(configs, nntrain, tmp_path):
    run = Path(nntrain("fit", "-q", configs / "iris.yaml", "training.epochs=3").stdout.strip())
    before = nntrain("eval", run).stdout
    (tmp_path / "moved").mkdir()
    (configs / "data" / "iris.csv").rename(tmp_path / "moved" / "flowers.csv")
    (configs / "iris.yaml").unlink()
    assert "No such file" in nntrain("eval", run, code=3).stderr
    assert nntrain("eval", run, "dataset.path=moved/flowers.csv").stdout == before


class Typed(io.StringIO):
    """What a person types."""

    def isatty(self):
        return True


def test_a_table_that_is_read_from_the_terminal_is_asked_for(configs, nntrain, monkeypatch, capsys):
    flowers = nntrain("fit", "-q", configs / "iris.yaml", "training.epochs=1").stdout.strip()
    monkeypatch.setattr(sys, "stdin", Typed("5.1,3.5,1.4,0.2\n"))
    main(["predict", flowers, "-"], standalone_mode=False)
    told = capsys.readouterr()
    assert "read from this terminal" in told.err
    assert told.out.startswith("prediction\n")
    assert "terminal" not in nntrain("predict", flowers, "-", stdin="5.1,3.5,1.4,0.2\n").stderr
