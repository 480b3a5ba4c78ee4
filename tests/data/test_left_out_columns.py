"""A column that comes to nothing is named and counted, whoever reads the table: fit, eval, predict."""

import io
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from nntrain.cli import main
from nntrain.config import read
from nntrain.data import Csv, LabelledText, Series

TRAIN = "x,w,id,y\n1,5,9,a\n2,6,8,b\n3,4,7,a\n4,3,6,b\n"
TEXTS = "text,mood,id\na film,good,1\na bore,bad,2\nthe film,good,3\nthe bore,bad,4\n"
STEPS = "day,a,b\n" + "".join(f"2024-01-{i + 1:02d},{i},{i % 3}\n" for i in range(20))


@pytest.fixture
def lab(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in {"t.csv": TRAIN, "m.csv": TEXTS, "s.csv": STEPS}.items():
        Path(name).write_text(text)
    return tmp_path


def told(dataset, text):
    """What is said of a later table."""
    facts = dataset.load(0, "float32").facts
    Path("new.csv").write_text(text)
    return dataset.read_inputs(Path("new.csv"), facts, "float32").told()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x,w\n1,5\n", []),
        ("x,w,y\n1,5,a\n", []),
        ("w,y,id,x\n1,a,9,5\n", []),
        ("x,w,e\n1,5,7\n", ["new.csv:1:3: column e is no input: left out"]),
        ("f,x,w,e,y\n0,1,5,7,a\n", ["new.csv:1:1: 2 columns are no input: left out (f, e)"]),
        (
            ",".join(["x", "w", *(f"c{i}" for i in range(12))]) + "\n" + "1," * 13 + "1\n",
            ["new.csv:1:3: 12 columns are no input: left out (c0, c1, c2, c3, c4, c5, c6, c7 and 4 more)"],
        ),
        ("x,w,\n1,5,7\n", ["new.csv:1:3: column 2 is no input: left out"]),
        ("x,w,e\n1,5,\n", ["new.csv:1:3: column e has no value: left out"]),
    ],
)
def test_columns_that_training_did_not_know_are_named(lab, text, said):
    assert told(Csv(Path("t.csv"), validation=0, drop=("id",)), text) == said


def test_columns_that_are_dropped_by_number_are_known_where_the_table_is_like_that_of_training(lab):
    dataset = Csv(Path("t.csv"), validation=0, drop=(2,))
    assert told(dataset, TRAIN) == []
    assert told(dataset, "x,w,id\n1,5,9\n") == ["new.csv:1:3: column id is no input: left out"]
    assert dataset.load(0, "float32", dataset.load(0, "float32").facts).warnings == []


def test_a_file_of_a_part_and_changed_data_tell_the_same(lab):
    Path("v.csv").write_text("x,w,y,id,e\n1,5,a,3,7\n2,5,b,4,9\n")
    said = "v.csv:1:5: column e is no input: left out"
    dataset = Csv(Path("t.csv"), validation=Path("v.csv"), drop=("id",))
    data = dataset.load(0, "float32")
    assert data.warnings == [said]
    assert Csv(Path("v.csv"), validation=0, drop=("id",)).load(0, "float32", data.facts).warnings == [said]


def test_of_a_table_of_texts(lab):
    dataset = LabelledText(Path("m.csv"), text="text", target="mood", validation=0)
    assert dataset.load(0, "float32").warnings == ["m.csv:1:3: column id is no input: left out"]
    assert told(dataset, "text,mood,e\na film,good,1\n") == ["new.csv:1:3: column e is no input: left out"]
    assert told(dataset, "text\na film\n") == []
    facts = dataset.load(0, "float32").facts
    piped = dataset.read_inputs(io.StringIO("e,text\n1,a film\n"), facts, "float32")
    assert piped.told() == ["<stdin>:1:1: column e is no input: left out"]


def test_of_a_series(lab):
    dataset = Series(Path("s.csv"), columns=("a",), time="day", window=3, validation=0)
    said = "s.csv:1:3: column b is no input: left out"
    data = dataset.load(0, "float32")
    assert data.warnings == [said]
    assert dataset.load(0, "float32", data.facts).warnings == [said]
    assert told(dataset, STEPS.replace("b", "e", 1)) == ["new.csv:1:3: column e is no input: left out"]
    assert told(dataset, "\n".join(row.rsplit(",", 1)[0] for row in STEPS.split())) == []


def train(table, **dataset):
    """A run of one epoch."""
    of_texts = dataset["type"] == "labelled_text"
    config = {
        "optimizer": {"type": "sgd", "lr": 0.1},
        "training": {"epochs": 1},
        "dataset": {"path": table, "validation": 0, **dataset},
        "architecture": [
            *([{"embedding": 2}, {"gru": {"units": 2, "output": "last"}}] if of_texts else []),
            {"dense": 2},
        ],
        "loss": "cross_entropy",
    }
    Path("c.yaml").write_text(yaml.safe_dump(config))
    nntrain("fit", "-q", "c.yaml", "--run-dir", "run")


def nntrain(*arguments, code=0, text=None):
    done = CliRunner().invoke(main, [str(a) for a in arguments], input=text)
    assert done.exit_code == code, done.output
    return done.stdout, done.stderr


def test_columns_that_are_kept_are_no_surprise(lab):
    train("t.csv", type="csv", drop=["id"])
    table = "x,w,e,f\n1,5,7,8\n"
    out, said = nntrain("predict", "run", "-", "--keep", "e", text=table)
    assert out.startswith("e,prediction\n7,")
    assert said == "warning: <stdin>:1:4: column f is no input: left out\n"
    assert nntrain("predict", "run", "-", "--keep", "e", "--keep", "f", text=table)[1] == ""
    assert nntrain("predict", "run", "-", "dataset.drop=[e, f]", text=table)[1] == ""


def test_what_is_kept_is_no_formula_for_a_spreadsheet(lab):
    train("t.csv", type="csv", drop=["id"])
    table = "x,w,e\n1,5,=1+1\n1,5,-7\n"
    for more, kept in ([], ["=1+1", "-7"]), (["--spreadsheet"], ["'=1+1", "-7"]):
        out = nntrain("predict", "run", "-", "--keep", "e", *more, text=table)[0]
        assert [line.partition(",")[0] for line in out.splitlines()] == ["e", *kept]
    refused = nntrain("predict", "run", "-", "--spreadsheet", "-o", "p.npy", text=table, code=2)[1]
    assert "--spreadsheet: goes with csv, not with .npy" in refused


def test_columns_beside_texts_can_be_kept(lab):
    train("m.csv", type="labelled_text", text="text", target="mood")
    table = "no,text,e\n007,a film,x\n008,the bore,y\n"
    out, said = nntrain("predict", "run", "-", "--keep", "no", text=table)
    assert [row.split(",")[0] for row in out.split()] == ["no", "007", "008"]
    assert said == "warning: <stdin>:1:3: column e is no input: left out\n"
    Path("new.txt").write_text("a film\n")
    refused = nntrain("predict", "run", "new.txt", "--keep", "no", code=2)[1]
    assert "--keep: columns are those of a table; new.txt is none" in refused


@pytest.mark.parametrize("target", ["a", ["a"], 1, [1]])
def test_a_series_takes_a_target_as_csv_does(lab, target):
    config = {
        "optimizer": {"type": "sgd", "lr": 0.1},
        "training": {"epochs": 1},
        "dataset": {"type": "series", "path": "s.csv", "target": target, "window": 3, "validation": 0},
        "architecture": ["flatten", {"dense": 1}],
        "loss": "mse",
    }
    Path("c.yaml").write_text(yaml.safe_dump(config))
    assert read(Path("c.yaml")).dataset.load(0, "float32").facts.output_names == ("a",)
