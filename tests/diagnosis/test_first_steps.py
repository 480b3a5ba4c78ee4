"""On the way to a first training: a config for a csv file, a look at the data, a learning rate, one batch by heart."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from nntrain.cli import main
from nntrain.config import read

ROOT = Path(__file__).parents[2]
MOONS = """\
name: moons
dataset: {type: moons, examples: 200, validation: 0.2}
architecture:
  - dense: 16
  - tanh
  - dense: 2
loss: cross_entropy
optimizer: {type: sgd, lr: 0.5, momentum: 0.9}
schedule: {type: cosine, warmup: 1000}
metrics: [accuracy]
training: {epochs: 3}
"""


def call(*arguments, code=0):
    done = CliRunner().invoke(main, [str(a) for a in arguments])
    assert done.exit_code == code, done.output
    return done


def houses(path, rows=60, header=True):
    draws = np.random.default_rng(0)
    lines = ["id,size,town,constant,price"] if header else []
    for i in range(rows):
        size = "" if i == 7 else f"{draws.uniform():.3f}"
        lines.append(f"h{i:03}x,{size},{'abc'[i % 3]},5,{draws.uniform() * 100:.2f}")
    path.write_text("\n".join(lines) + "\n")


def test_a_config_for_a_csv_file_says_what_was_found_and_trains(tmp_path):
    houses(tmp_path / "houses.csv")
    text = call("init", "csv", tmp_path / "houses.csv").stdout
    assert "60 rows, 2 inputs (1 of them categories), target price with 60 different values" in text
    assert re.search(r"drop: \[id, constant\] +# id: nearly every row has its own; constant: it is the same", text)
    assert re.search(r"missing: mean +# 1 in size", text)
    (tmp_path / "config.yaml").write_text(text)
    draft = read(tmp_path / "config.yaml")
    assert draft.dataset.task == "regression"
    assert draft.dataset.standardize_target
    done = call("fit", tmp_path / "config.yaml", "training.epochs=2", "--json", "-q", "--runs", tmp_path / "runs")
    assert {"mae", "r2"} <= json.loads(done.stdout)["final"]["test"].keys()


@pytest.mark.parametrize(
    ("target", "task"), [("town", "classification"), ("size", "regression"), ("2", "classification")]
)
def test_the_target_is_chosen_by_name_or_number_and_decides_the_task(tmp_path, target, task):
    houses(tmp_path / "houses.csv")
    (tmp_path / "c.yaml").write_text(call("init", "csv", tmp_path / "houses.csv", "--target", target).stdout)
    assert read(tmp_path / "c.yaml").dataset.task == task
    call("fit", tmp_path / "c.yaml", "training.epochs=1", "-q", "--runs", tmp_path / "runs")


def test_a_file_without_header_has_its_columns_by_number(tmp_path):
    houses(tmp_path / "houses.csv", header=False)
    (tmp_path / "c.yaml").write_text(call("init", "csv", tmp_path / "houses.csv").stdout)
    dataset = read(tmp_path / "c.yaml").dataset
    assert (dataset.target, dataset.drop) == (4, (0, 3))


def test_dates_and_values_become_a_forecast(tmp_path):
    rows = [f"{1900 + i}-01,{100 + 10 * np.sin(i):.2f}" for i in range(120)]
    (tmp_path / "year.csv").write_text("date,value\n" + "\n".join(rows) + "\n")
    (tmp_path / "c.yaml").write_text(call("init", "csv", tmp_path / "year.csv").stdout)
    assert read(tmp_path / "c.yaml").dataset.type == "series"
    call("fit", tmp_path / "c.yaml", "training.epochs=1", "-q", "--runs", tmp_path / "runs")


@pytest.mark.parametrize("name", ["odd: name.csv", "yes.csv", "ünï.csv", "with #hash.csv"])
def test_any_file_name_comes_through(tmp_path, name):
    houses(tmp_path / name)
    (tmp_path / "c.yaml").write_text(call("init", "csv", tmp_path / name).stdout)
    assert read(tmp_path / "c.yaml").dataset.path == tmp_path / name
    call("fit", tmp_path / "c.yaml", "training.epochs=1", "-q", "--runs", tmp_path / "runs")


@pytest.mark.parametrize(
    "header",
    [
        '"id\nnumber","in\nm²",ville,"c: #","the\nprice"',
        "编号,größe,город,נ,η",
        "no,on,yes,true,~",
        ",b,c,d,",
        "$id,$size,town,$,$price",
    ],
)
def test_any_header_comes_through(tmp_path, header):
    houses(tmp_path / "h.csv", header=False)
    (tmp_path / "h.csv").write_text(header + "\n" + (tmp_path / "h.csv").read_text())
    (tmp_path / "c.yaml").write_text(call("init", "csv", tmp_path / "h.csv").stdout)
    call("fit", tmp_path / "c.yaml", "training.epochs=1", "-q", "--runs", tmp_path / "runs")


@pytest.mark.parametrize(
    ("content", "arguments", "said", "code"),
    [
        ("a,b\n1,2\n3,4\n5,6\n", ["--target", "c"], "no column 'c' (a, b)", 3),
        ("a,Price\n1,2\n3,4\n5,6\n", ["--target", "price"], "no column 'price' (a, Price); did you mean 'Price'?", 3),
        ("a,b\n1,2\n3,2\n5,2\n", [], "target b is the same in every row", 3),
        ("a,b\n1,2\n1,4\n1,6\n", [], "no column is an input: a: it is the same in every row", 3),
        ("a,b\n1,2\n", [], "fewer than 2 rows of data (1)", 3),
        ("a,a\n1,2\n2,3\n", [], "t.csv:1:2: error: two columns are called a", 3),
        ("a;b\n1,5;2\n2;3\n", [], "t.csv:2:1: error: column a has '1,5': write the decimals after a point", 3),
    ],
)
def test_a_file_that_nothing_can_be_learned_from_is_told(tmp_path, content, arguments, said, code):
    (tmp_path / "t.csv").write_text(content)
    error = call("init", "csv", tmp_path / "t.csv", *arguments, code=code).stderr
    assert said in error
    assert error.count("\n") == 1


def test_data_counts_every_class_of_every_part_and_gives_the_ranges(tmp_path):
    (tmp_path / "c.yaml").write_text(MOONS)
    told = json.loads(call("data", tmp_path / "c.yaml", "--json").stdout)
    assert told["sizes"] == {"train": 160, "validation": 40}
    assert told["counts"] == {"train": {"0": 80, "1": 80}, "validation": {"0": 20, "1": 20}}
    draft = read(tmp_path / "c.yaml")
    data = draft.dataset.load(0, np.float32)
    X = data.parts["train"].batch(np.arange(160)).X
    assert told["ranges"]["train"] == pytest.approx([X.min(), X.mean(), X.max()], rel=1e-5)
    table = call("data", tmp_path / "c.yaml").stdout
    assert re.search(r"^train +160 ", table, re.MULTILINE)
    assert re.search(r"^1 +80 +20$", table, re.MULTILINE)


NAMES = """\
dataset: {type: names, path: names.txt, validation: 0}
architecture: [{embedding: 2}, {gru: 3}, {dense: $dataset.vocabulary}]
loss: cross_entropy
optimizer: adam
training: {epochs: 1}
"""


def test_data_counts_the_letters_of_names_and_no_padding(tmp_path):
    names = ["ab" * 40 if i == 600 else f"a{i} b" for i in range(700)]  # more than one batch, one of them wide
    (tmp_path / "names.txt").write_text("\n".join([*names, "a3 b", "a699 b"]) + "\n")
    (tmp_path / "c.yaml").write_text(NAMES)
    told = json.loads(call("data", tmp_path / "c.yaml", "--json").stdout)
    counts = told["counts"]["train"]
    assert counts["a"] == counts["b"] == 40 + 699 + 2
    assert counts["\n"] == told["sizes"]["train"] == 702
    assert counts["\ufffd"] == 0
    assert (told["within"]["train"], told["contradicting"]) == (4, 0)
    table = call("data", tmp_path / "c.yaml").stdout
    assert table.startswith("names: 81 symbols an example, 15 classes\n")
    assert re.search(r"^'\\n' +702$", table, re.MULTILINE)
    assert re.search(r"^a +741$", table, re.MULTILINE)


def test_data_finds_rows_that_stand_in_two_parts_and_contradictions_and_gaps(tmp_path):
    draws = np.random.default_rng(0)
    rows = [f"{a:.4f},{b:.4f},{i % 2}" for i, (a, b) in enumerate(draws.uniform(size=(40, 2)))]
    (tmp_path / "train.csv").write_text("a,b,y\n" + "\n".join([*rows, rows[0], rows[1][:-1] + "0", ",1,0"]) + "\n")
    (tmp_path / "test.csv").write_text("a,b,y\n" + "\n".join([*rows[:3], "9,9,1"]) + "\n")
    (tmp_path / "c.yaml").write_text(
        MOONS.replace(
            "{type: moons, examples: 200, validation: 0.2}",
            "{type: csv, path: train.csv, test: test.csv, validation: 0, missing: mean}",
        )
    )
    done = call("data", tmp_path / "c.yaml", "--json")
    told = json.loads(done.stdout)
    assert told["repeated"] == {"train": 0, "test": 3}
    assert told["within"]["train"] == 4
    assert told["contradicting"] == 1
    assert told["missing"] == {"a": 1}
    assert "warning: 3 of 4 examples of the test part stand in an earlier part too" in done.stderr


def test_data_writes_a_grid_of_the_images_and_of_nothing_else(tmp_path):
    config = MOONS.replace("{type: moons, examples: 200, validation: 0.2}", "digits").replace(
        "  - dense: 16", "  - flatten\n  - dense: 16"
    )
    (tmp_path / "d.yaml").write_text(config)
    call("data", tmp_path / "d.yaml", "-o", tmp_path / "grid.png")
    assert (tmp_path / "grid.png").read_bytes().startswith(b"\x89PNG")
    (tmp_path / "m.yaml").write_text(MOONS)
    assert "are no images" in call("data", tmp_path / "m.yaml", "-o", tmp_path / "none.png", code=2).stderr
    assert not (tmp_path / "none.png").exists()


def test_the_suggested_learning_rate_trains_better_than_ones_far_from_it(tmp_path):
    (tmp_path / "c.yaml").write_text(MOONS)
    done = call("find-lr", tmp_path / "c.yaml")
    assert re.fullmatch(r"optimizer\.lr=[\d.e-]+\n", done.stdout)
    assert re.search("[▁▂▃▄▅▆▇█]{20}", done.stderr)
    rate = float(done.stdout.partition("=")[2])

    def loss(lr):
        out = call(
            "fit",
            tmp_path / "c.yaml",
            f"optimizer.lr={lr}",
            "schedule=constant",
            "--json",
            "-q",
            "--runs",
            tmp_path / "r",
        )
        return json.loads(out.stdout)["final"]["validation"]["loss"]

    assert loss(rate) < loss(rate / 100)
    assert 1e-3 < rate < 10


@pytest.mark.parametrize("seed", range(6))
def test_the_first_batches_chance_suggests_no_learning_rate(seed):
    suggested = call("find-lr", ROOT / "configs" / "iris.yaml", f"seed={seed}").stdout
    assert float(suggested.partition("=")[2]) > 1e-3  # the lowest rate tried is 1e-6


@pytest.mark.parametrize("seed", range(6))
def test_the_noise_of_small_batches_is_no_fall_of_the_loss(tmp_path, seed):
    (tmp_path / "c.yaml").write_text(MOONS)
    done = call("find-lr", tmp_path / "c.yaml", "dataset.batch_size=4", f"seed={seed}")
    assert 1e-3 < float(done.stdout.partition("=")[2]) < 1


def test_find_lr_says_when_no_rate_helps(tmp_path):
    (tmp_path / "c.yaml").write_text(
        MOONS.replace(
            "optimizer: {type: sgd, lr: 0.5, momentum: 0.9}", "optimizer: {type: sgd, lr: 0.5, weight_decay: 1e30}"
        )
    )
    assert "falls at no learning rate" in call("find-lr", tmp_path / "c.yaml", code=2).stderr


def test_overfit_learns_one_batch_whatever_the_schedule(tmp_path):
    (tmp_path / "c.yaml").write_text(MOONS)
    out = call("check", "--overfit", tmp_path / "c.yaml").stdout
    assert re.search(r"one batch learned by heart: loss [\d.]+ -> [\d.e-]+, 100% right", out)


def test_overfit_learns_values_whose_least_loss_is_above_0(tmp_path):
    (tmp_path / "c.yaml").write_text(
        "dataset: {type: digits, reconstruct: true, batch_size: 8}\n"
        "architecture: [flatten, {dense: 32}, relu, {dense: $dataset.outputs}]\n"
        "loss: binary_cross_entropy\noptimizer: {type: adam, lr: 1e-2}\ntraining: {epochs: 1}\n"
    )
    assert re.search(r", (99|100)% of the variance after", call("check", "--overfit", tmp_path / "c.yaml").stdout)
    assert ", -" in call("check", "--overfit", tmp_path / "c.yaml", "optimizer.lr=1e-9", code=2).stderr


def test_overfit_fails_where_nothing_can_be_learned(tmp_path):
    (tmp_path / "c.yaml").write_text(MOONS.replace("lr: 0.5", "lr: 1e-12"))
    error = call("check", "--overfit", tmp_path / "c.yaml", code=2).stderr
    assert "one batch is not learned" in error
    assert error.count("\n") == 1
