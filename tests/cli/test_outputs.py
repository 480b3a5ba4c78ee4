"""No command writes over the files of a run, or over what it reads."""

import shutil

import pytest

TABLE = "a,b,y\n" + "".join(f"{i % 7},{i % 5},{i % 2}\n" for i in range(40))
CONFIG = """
dataset: {type: csv, path: d.csv, target: y}
architecture: [dense: 2]
loss: cross_entropy
optimizer: sgd
training: {steps: 2, checkpoint: {steps: 1}}
"""


@pytest.fixture
def run(nntrain, tmp_path):
    (tmp_path / "d.csv").write_text(TABLE)
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    (tmp_path / "c.yaml").write_text(CONFIG)
    nntrain("fit", "c.yaml", "-q", "--run-dir", "run")
    return tmp_path / "run"


def contents(run):
    return {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}


@pytest.mark.parametrize("output", ["run/checkpoints/best.npz", "run/../run/checkpoints/last.npz", "link/last.npz"])
def test_predictions_take_the_place_of_no_checkpoint(nntrain, run, tmp_path, output):
    (tmp_path / "link").symlink_to("run/checkpoints")
    before = contents(run)
    ended = nntrain("predict", "run", "x.csv", "-o", output, code=2)
    assert f"{output}: a file of the run {run}" in ended.stderr
    assert contents(run) == before


@pytest.mark.parametrize("name", ["config.yaml", "metrics.jsonl", "status.json", ".nntrain-lock"])
def test_samples_take_the_place_of_no_file_of_a_run(nntrain, run, name):
    before = contents(run)
    ended = nntrain("sample", "run", "-o", f"run/{name}", code=2)
    assert "a file of the run" in ended.stderr
    assert contents(run) == before


def test_predictions_take_the_place_of_no_input_and_of_no_checkpoint_outside_a_run(nntrain, run, tmp_path):
    shutil.copy(run / "checkpoints/best.npz", tmp_path / "net.npz")
    before = contents(tmp_path)
    for output in ("x.csv", "net.npz"):
        ended = nntrain("predict", "net.npz", "x.csv", "-o", output, code=2)
        assert "is what the command reads" in ended.stderr
    assert contents(tmp_path) == before


def test_files_of_another_name_may_stand_in_a_run(nntrain, run):
    for _ in range(2):
        nntrain("predict", "run", "x.csv", "-o", "run/predicted.csv")
