"""`nntrain runs` and `nntrain compare`: which runs, which values, means over seeds."""

import csv
import io
import json
import os
import statistics
import subprocess
import sys

import pytest
from click.testing import CliRunner

from nntrain import runs
from nntrain.cli import main

CONFIG = """\
name: {name}
seed: {seed}
dataset: {{type: digits, batch_size: 32}}
architecture:
  - flatten
  - {{type: dense, units: {units}, bias: true}}
  - {{type: dense, units: 10, name: logits}}
optimizer: {{type: {optimizer}, lr: {lr}}}
metrics:
  - accuracy
"""


def make(root, accuracy, *, name="a", seed=0, units=64, lr=0.1, optimizer="sgd", status="done"):
    with runs.create(root, name) as run:
        run.write_config(CONFIG.format(name=name, seed=seed, units=units, lr=lr, optimizer=optimizer))
        run.write_status(status, epoch=3, step=30)
        if accuracy is not None:
            values = {"loss": 1 - accuracy, "accuracy": accuracy, "confusion": [[1]]}
            run.write_summary({"seconds": 1.5, "final": {"epoch": 3, "validation": values}})


@pytest.fixture
def root(tmp_path):
    make(tmp_path, 0.75, lr=0.1, seed=0)
    make(tmp_path, 0.5, lr=0.1, seed=1)
    make(tmp_path, 0.875, lr=0.01, seed=0)
    make(tmp_path, 0.625, lr=0.01, seed=1, units=32)
    make(tmp_path, None, lr=10.0, optimizer="adam", status="diverged")
    return tmp_path


def call(*arguments, code=0):
    done = CliRunner().invoke(main, [str(a) for a in arguments])
    assert done.exit_code == code, done.output
    return done


def names(*arguments):
    rows = list(csv.DictReader(io.StringIO(call("runs", *arguments, "--csv").stdout)))
    return [row["run"] for row in rows]


@pytest.mark.parametrize(
    ("conditions", "left"),
    [
        (["optimizer.lr=0.1"], [1, 2]),
        (["optimizer.lr=1e-1"], [1, 2]),
        (["optimizer.lr==0.1"], [1, 2]),
        (["optimizer.lr!=0.1"], [3, 4, 5]),
        (["optimizer.lr<0.1"], [3, 4]),
        (["optimizer=adam"], [5]),
        (["status=done", "seed=1"], [2, 4]),
        (["validation.accuracy>=0.75"], [1, 3]),
        (["validation.accuracy>0.75"], [3]),
        (["architecture.dense_1.units=32"], [4]),
        (["architecture.logits.units=10"], [1, 2, 3, 4, 5]),
        (["architecture.1.bias=true", "epoch<=3"], [1, 2, 3, 4, 5]),
        (["architecture.1.bias=1"], []),
    ],
)
def test_where_keeps_the_runs_of_which_it_is_so(root, conditions, left):
    found = names(root, *(part for text in conditions for part in ("--where", text)))
    assert found == [f"a-00{n}" for n in left]


def test_sort_puts_the_best_first_by_what_is_better_and_runs_without_a_value_last(root):
    assert names(root, "--sort", "validation.accuracy") == ["a-003", "a-001", "a-004", "a-002", "a-005"]
    assert names(root, "--sort", "validation.loss") == ["a-003", "a-001", "a-004", "a-002", "a-005"]
    assert names(root, "--sort", "optimizer.lr")[0] == "a-003"


def test_columns_are_metrics_config_keys_and_facts_of_the_run(root):
    columns = ["--columns", "validation.accuracy,optimizer.lr,optimizer,seconds", "--where", "optimizer.lr>=0.1"]
    table = call("runs", root, *columns).stdout.splitlines()
    assert table[0].split() == ["run", "status", "validation.accuracy", "optimizer.lr", "optimizer", "seconds"]
    assert table[1].split() == ["a-001", "done", "0.75", "0.1", "sgd", "1.5"]
    assert table[-1].split() == ["a-005", "diverged", "10", "adam"]
    again = call("runs", root, "--columns", "run,seed,status,seed").stdout.splitlines()
    assert again[0].split() == ["run", "status", "seed"]
    row = json.loads(call("runs", root, *columns, "--json").stdout)[0]
    assert row["optimizer.lr"] == 0.1
    assert row["validation.accuracy"] == 0.75


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--where", "optimizer.lr"], "expected KEY=VALUE"),
        (["--where", "optimizer.lr=>0.1"], "expected KEY=VALUE"),
        (["--where", "optimizer.lr<fast"], "compares numbers"),
        (["--where", "optimizer.ler=1"], "no run has it"),
        (["--columns", "nothing"], "no run has it"),
        (["--sort", "validation.acuracy"], "no run has it; there are validation.accuracy"),
    ],
)
def test_a_key_that_no_run_has_is_one_clear_line(root, arguments, said):
    error = call("runs", root, *arguments, code=2).stderr
    assert said in error
    assert error.count("\n") == 1


def test_compare_shows_what_differs_and_nothing_else(root):
    lines = call("compare", root / "a-001", root / "a-004").stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == [
        "seed",
        "architecture.1.units",
        "optimizer.lr",
        "validation.accuracy",
        "validation.loss",
    ]
    assert lines[0].split() == ["a-001", "a-004"]
    assert lines[2].split() == ["architecture.1.units", "64", "32"]


def test_mean_and_deviation_are_over_the_runs_that_differ_in_their_seed_alone(root):
    make(root, 0.25, seed=7, lr=0.1, name="b")
    told = json.loads(call("compare", root, "--json").stdout)
    first, *others = told["experiments"]
    assert [run.rpartition("/")[2] for run in first["runs"]] == ["a-001", "a-002", "b-001"]
    values = [0.75, 0.5, 0.25]
    assert first["metrics"]["validation.accuracy"] == {"mean": 0.5, "sd": statistics.stdev(values)}
    assert [len(other["runs"]) for other in others] == [1, 1, 1]
    assert others[0]["metrics"]["validation.accuracy"] == {"mean": 0.875, "sd": None}
    assert "0.5 ± 0.25" in call("compare", root).stdout


def test_compare_takes_directories_of_runs_and_says_when_there_are_none(root, tmp_path):
    assert len(call("compare", root, "--csv").stdout.splitlines()) == 6
    (tmp_path / "empty").mkdir()
    assert "no run directory" in call("compare", tmp_path / "empty", code=2).stderr
    assert "no such run directory" in call("compare", tmp_path / "nothing", code=2).stderr


def test_for_a_spreadsheet_no_name_of_a_run_is_a_formula(root):
    os.rename(root / "a-001", root / "=1+1")
    for command in ("runs", "compare"):
        assert "\n=1+1,done" in call(command, root, "--csv").stdout
        assert "\n'=1+1,done" in call(command, root, "--csv", "--spreadsheet").stdout
        assert "--spreadsheet: goes with --csv" in call(command, root, "--spreadsheet", code=2).stderr


def test_listing_comparing_and_plotting_need_no_numpy(root):
    program = """
import sys
from nntrain.cli import main
commands = [
    ["runs", sys.argv[1], "--where", "optimizer.lr=0.1", "--columns", "optimizer,seed", "--json"],
    ["runs", sys.argv[1], "--sort", "validation.loss"],
    ["compare", *sys.argv[2:]],
    ["plot", sys.argv[2]],
]
for command in commands:
    main(command, standalone_mode=False)
    assert "numpy" not in sys.modules, command
"""
    a, b, c = sorted(root.iterdir())[:3]  # these differ in numbers: no class is asked how else a value may be spelled
    line = {"epoch": 1, "step": 10, "lr": 0.1, "train": {"loss": 0.5}}
    (a / "metrics.jsonl").write_text(json.dumps(line) + "\n")
    subprocess.run([sys.executable, "-c", program, str(root), str(a), str(b), str(c)], check=True)


def test_a_listing_of_runs_that_differ_needs_no_parser_of_yaml_and_no_pathlib(root):
    program = """
import sys
before = set(sys.modules)  # an interpreter may have loaded some to find what is installed
from nntrain.cli import main
main(sys.argv[1:], standalone_mode=False)
print(*set(sys.modules) - before)
"""
    command = [sys.executable, "-c", program, "runs", str(root)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    assert "optimizer.lr" in done
    assert not {"yaml", "dataclasses", "pathlib"} & set(done.split())


@pytest.mark.parametrize(
    "damage", [lambda text: text[:-1], lambda text: text[:40], lambda text: b"", lambda text: b"name: ["]
)
def test_a_run_whose_config_is_damaged_is_listed_so_and_compared_with_none(root, damage):
    for name in ("a-001", "a-003"):  # which differ in their learning rate
        path = root / name / "config.yaml"
        path.write_bytes(damage(path.read_bytes()))
    done = call("compare", root, "--json")
    told = json.loads(done.stdout)
    assert [run["status"] for run in told["runs"]] == ["damaged", "done", "damaged", "done", "diverged"]
    assert str(root / "a-001" / "config.yaml") in told["runs"][0]["damage"]
    assert all(str(root / "a-001") not in one["runs"] for one in told["experiments"])
    assert done.stderr.count("warning: ") == 2
    assert "damaged" in call("compare", root).stdout
    assert [row["status"] for row in json.loads(call("runs", root, "--json").stdout)].count("damaged") == 2
    assert "no config.yaml" not in call("runs", root, "--group").stdout
