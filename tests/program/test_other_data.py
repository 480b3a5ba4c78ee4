"""A checkpoint knows its data: what is measured, gone on with and compared is told apart from runs of other data."""

import json
import random

import pytest

CONFIG = """\
name: t
dataset: {type: csv, path: data.csv, validation: 0.2, test: 0.2, batch_size: 16}
architecture: [dense: 4, relu, dense: $dataset.classes]
loss: cross_entropy
optimizer: {type: sgd, lr: 0.1}
metrics: [accuracy]
training: {epochs: 2}
"""
ROWS = [f"{random.Random(i).gauss(0, 1):.3f},{i % 7},{'ab'[i % 2]}" for i in range(60)]
LEAK = "examples of training may stand in the test part; dataset.test=FILE measures other examples"


@pytest.fixture
def write(tmp_path):
    (tmp_path / "c.yaml").write_text(CONFIG)

    def write(name, rows):
        (tmp_path / name).write_text("x,y,k\n" + "\n".join(rows) + "\n")

    write("data.csv", ROWS)
    return write


@pytest.fixture
def run(write, nntrain):
    nntrain("fit", "c.yaml", "-q", "--run-dir", "run")
    return "run"


def measured(ended):
    return json.loads(ended.stdout), [line for line in ended.stderr.splitlines() if "warning" in line]


def test_the_data_of_training_are_measured_without_a_word(run, nntrain):
    values, warnings = measured(nntrain("eval", run, "--json"))
    assert (values["split"], values["examples"], warnings) == ("test", 12, [])


def test_data_that_have_changed_in_place_are_told(run, write, nntrain, tmp_path):
    write("data.csv", ["0.5,1,a", *ROWS])
    values, (warning,) = measured(nntrain("eval", run, "--json"))
    assert values["split"] == "test"
    assert warning == f"warning: {tmp_path / 'data.csv'}: these are not the data of training: {LEAK}"
    assert measured(nntrain("eval", run, "--json", "--split", "train"))[1] == []


def test_other_data_are_measured_whole(run, write, nntrain):
    write("new.csv", ROWS[:7])
    values, (warning,) = measured(nntrain("eval", run, "dataset.path=new.csv", "--json"))
    assert (values["split"], values["examples"]) == ("all", 7)
    assert "all of them are measured, and examples of training that stand in them too" in warning
    write("one.csv", ROWS[:1])
    assert measured(nntrain("eval", run, "dataset.path=one.csv", "--json"))[0]["examples"] == 1


def test_data_that_moved_are_those_of_training(run, write, nntrain):
    before = nntrain("eval", run).stdout
    write("moved.csv", ROWS)
    ended = nntrain("eval", run, "dataset.path=moved.csv")
    assert (ended.stdout, ended.stderr) == (before, "")


def test_a_part_of_other_data_can_be_asked_for_and_is_told(run, write, nntrain):
    write("new.csv", [*ROWS, *ROWS[:9]])
    values, (warning,) = measured(nntrain("eval", run, "dataset.path=new.csv", "--split", "test", "--json"))
    assert values["split"] == "test"
    assert LEAK in warning


def test_parts_that_are_cut_anew_are_told(run, nntrain):
    values, (warning,) = measured(nntrain("eval", run, "dataset.test=0.5", "--json"))
    assert values["examples"] == 30
    assert f"these are not the parts of training: {LEAK}" in warning


def test_a_test_file_of_its_own_leaks_nothing(run, write, nntrain):
    write("new.csv", ROWS[:9])
    values, warnings = measured(nntrain("eval", run, "dataset.test=new.csv", "--json"))
    assert (values["split"], values["examples"], warnings) == ("test", 9, [])


def test_a_report_judges_nothing_on_other_data(run, write, nntrain, tmp_path):
    from nntrain.report.findings import find

    assert find(tmp_path / run).problem == ""
    write("data.csv", ROWS[:50])
    assert "the data are not those of training any more" in find(tmp_path / run).problem


def test_a_sweep_takes_no_run_of_other_data_for_done(write, nntrain):
    nntrain("sweep", "c.yaml", "-g", "optimizer.lr=0.1", "--jobs", "1", "--runs", "s", "-q")
    write("data.csv", [row[:-1] + "ba"[i % 2] for i, row in enumerate(ROWS)])
    ended = nntrain("sweep", "c.yaml", "-g", "optimizer.lr=0.1,0.03", "--jobs", "1", "--runs", "s", code=2)
    assert "the data have changed since: SHA-256 was" in ended.stderr
    assert len(ended.stdout.splitlines()) == 1  # the new one
    assert "best: optimizer.lr=0.03" in ended.stderr
    quiet = nntrain("sweep", "c.yaml", "-g", "optimizer.lr=0.1,0.03", "--jobs", "1", "--runs", "s", "-q", code=2)
    assert "the data have changed since" in quiet.stderr


def test_on_exist_notices_runs_of_other_data(run, write, nntrain):
    again = ("fit", "c.yaml", "-q", "--run-dir", run, "--on-exist")
    assert "other data" not in nntrain(*again, "skip").stderr
    write("data.csv", ROWS[:50])
    assert "run is of other data: SHA-256 was" in nntrain(*again, "skip").stderr
    assert "the data: SHA-256 was" in nntrain(*again, "resume", code=2).stderr
