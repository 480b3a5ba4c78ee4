"""nntrain predict on tables: names, several files, columns that are kept, what cannot be the table of training."""

import pytest
import yaml
from click.testing import CliRunner

from nntrain.cli import main

TRAINING = {
    "optimizer": {"type": "sgd", "lr": 0.1},
    "training": {"epochs": 1},
    "dataset": {"type": "csv", "path": "train.csv", "validation": 0},
}


@pytest.fixture
def lab(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def nntrain(*arguments, code=0, text=None):
    """stdout, stderr."""
    done = CliRunner().invoke(main, [str(a) for a in arguments], input=text)
    assert done.exit_code == code, done.output
    return done.stdout, done.stderr


def train(lab, table, outputs, loss, metrics=(), **dataset):
    (lab / "train.csv").write_text(table)
    config = {
        **TRAINING,
        "dataset": {**TRAINING["dataset"], **dataset},
        "architecture": [{"dense": outputs}],
        "loss": loss,
        "metrics": list(metrics),
    }
    (lab / "c.yaml").write_text(yaml.safe_dump(config))
    nntrain("fit", "-q", "c.yaml", "--run-dir", "run")


COLOURS = "id,size,colour,y\n007,1,red,a\n008,2,blue,b\n009,3,red,a\n"


@pytest.fixture
def colours(lab):
    train(lab, COLOURS, 2, "cross_entropy", drop=["id"])
    return lab


def test_several_numbers_are_predicted_by_name(lab):
    train(lab, "x,u,v\n1,0.5,7\n2,1.5,8\n", 2, "mse", ["mae"], target=["u", "v"])
    assert nntrain("predict", "run", "-", text="x\n1\n")[0].splitlines()[0] == "u,v"


def test_yes_or_no_is_predicted_in_the_words_of_the_table(lab):
    table = "x,p,q\n1,yes,0\n2,no,1\n"
    train(lab, table, 2, "binary_cross_entropy", ["accuracy", "per_class"], target=["p", "q"])
    lines = nntrain("predict", "run", "-", text="x\n1\n")[0].splitlines()
    assert lines[0] == "p,q"
    assert lines[1].split(",")[0] in ("yes", "no")
    assert lines[1].split(",")[1] in ("0", "1")
    head, row = nntrain("predict", "run", "-", "--probabilities", text="x\n1\n")[0].splitlines()
    assert head == "p,q"
    assert all(0 < float(p) < 1 for p in row.split(","))
    assert "per_class.p" in nntrain("eval", "run")[0]


def test_labels_in_a_cell_come_back_in_a_cell(lab):
    # far behind the boundary of both labels, so that one epoch decides
    train(lab, "x,tags\n-100,a|b\n100,c\n-99,a|b\n99,c\n", 3, "binary_cross_entropy", separator="|")
    assert nntrain("predict", "run", "-", text="x\n-100\n100\n")[0] == "tags\na|b\nc\n"


def test_weights_are_not_needed_to_predict_but_to_measure(lab):
    train(lab, "x,w,y\n1,2,0\n2,1,1\n", 2, "cross_entropy", weights="w")
    assert len(nntrain("predict", "run", "-", text="x\n1\n")[0].splitlines()) == 2
    (lab / "train.csv").write_text("x,y\n1,0\n2,1\n")
    assert "no column 'w' in the header" in nntrain("eval", "run", code=3)[1]


def test_what_a_row_counts_for_counts_in_training_and_measuring(lab):
    """A row of weight 3 is three rows: the same loss, of the same gradient."""
    (lab / "twice.csv").write_text("x,y\n1,0\n" + "2,1\n" * 3)
    train(lab, "x,w,y\n1,1,0\n2,3,1\n", 2, "cross_entropy", weights="w", shuffle=False)
    of_weights = nntrain("eval", "run", "--json")[0]
    nntrain("fit", "-q", "c.yaml", "dataset.weights=null", "dataset.path=twice.csv", "--run-dir", "other")
    of_rows = nntrain("eval", "other", "--json")[0]
    loss = [yaml.safe_load(text)["loss"] for text in (of_weights, of_rows)]
    assert loss[0] == pytest.approx(loss[1], rel=1e-6)


def test_columns_are_kept_as_they_are_written(colours):
    (colours / "new.csv").write_text("colour,size,id\nred,1.50,0012\nblue,2,0013\n")
    lines = nntrain("predict", "run", "new.csv", "--keep", "id", "--keep", "size")[0].splitlines()
    assert [line.rsplit(",", 1)[0] for line in lines] == ["id,size", "0012,1.50", "0013,2"]
    piped = nntrain("predict", "run", "-", "--keep", "id", text="size,colour,id\n1,red,x7\n")[0]
    assert piped.splitlines()[1].startswith("x7,")


def test_a_column_that_is_not_there_cannot_be_kept(colours):
    (colours / "new.csv").write_text("colour,size,id\nred,1,0012\n")
    assert (
        "--keep: no column 'ID'; did you mean 'id'?" in nntrain("predict", "run", "new.csv", "--keep", "ID", code=3)[1]
    )


def test_of_several_files_the_name_stands_beside_each_prediction(colours):
    for name, text in {"a.csv": "size,colour\n1,red\n2,red\n", "b.csv": "colour,size\nblue,3\n"}.items():
        (colours / name).write_text(text)
    lines = nntrain("predict", "run", "a.csv", "b.csv")[0].splitlines()
    assert [line.split(",")[0] for line in lines] == ["file", "a.csv", "a.csv", "b.csv"]
    nntrain("predict", "run", "a.csv", "b.csv", "-o", "out.csv")
    assert (colours / "out.csv").read_text().splitlines() == lines
    assert (
        "file beside the predictions go into a .csv"
        in nntrain("predict", "run", "a.csv", "b.csv", "-o", "o.npy", code=2)[1]
    )


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("1,red\n2,blue\n", None),
        ("7,1,red,a\n", None),
        ("1\n2\n", ":1:2: error: 1 columns, expected 4 as in the training data"),
        ("1,2,red,a,5\n", ":1:5: error: 5 columns, expected 4 as in the training data"),
        ("length,hue\n1,red\n2,blue\n", ":1:1: error: no column 'size' in the header"),
        ("size,Colour\n1,red\n", ":1:1: error: no column 'colour' in the header; did you mean 'Colour'?"),
    ],
)
def test_a_table_of_other_columns_is_refused(colours, table, said):
    out, warnings = nntrain("predict", "run", "-", code=0 if said is None else 3, text=table)
    if said is None:
        assert "no header: columns are taken as in training, inputs are size, colour" in warnings
        assert out.startswith("prediction\n")
    else:
        assert said in warnings


def test_an_unseen_category_is_refused_or_ignored(colours):
    text = "size,colour\n1,green\n"
    assert "column colour has 'green', known are blue, red" in nntrain("predict", "run", "-", code=3, text=text)[1]
    out, warnings = nntrain("predict", "run", "-", "dataset.unknown=ignore", text=text)
    assert "taken for none of the categories" in warnings
    assert len(out.splitlines()) == 2
