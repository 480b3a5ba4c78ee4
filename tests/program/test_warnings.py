"""What was taken of the data without being said is told by every command, once, on stderr."""

import pytest

CONFIG = """\
name: t
dataset: {type: csv, path: data.csv, validation: 0.2, batch_size: 8}
architecture: [dense: 4, relu, dense: $dataset.classes]
loss: cross_entropy
optimizer: {type: sgd, lr: 0.01}
training: {epochs: 2}
"""
ROWS = "".join(f"{i % 7},{i % 5},{'ä' if i % 2 else 'o'}\n" for i in range(40))


@pytest.fixture
def warned(nntrain, tmp_path):
    """A run of a csv file in Latin-1."""
    (tmp_path / "c.yaml").write_text(CONFIG)
    (tmp_path / "data.csv").write_bytes(ROWS.encode("latin-1"))
    return nntrain("fit", "c.yaml", "-q", "--run-dir", "run")


def told(ended):
    return [line for line in ended.stderr.splitlines() if "read as Latin-1" in line]


COMMANDS = [
    ["fit", "c.yaml", "--dry-run"],
    ["data", "c.yaml"],
    ["show", "c.yaml"],
    ["check", "c.yaml"],
    ["find-lr", "c.yaml"],
    ["eval", "run"],
    ["resume", "run", "training.epochs=3"],
    ["sweep", "c.yaml", "--seeds", "2", "--jobs", "1"],
]


def test_fit_tells_a_warning_with_its_place(warned, tmp_path):
    (line,) = told(warned)
    assert line == f"warning: {tmp_path / 'data.csv'}:2: not UTF-8; read as Latin-1; encoding says what it is"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_every_command_that_reads_the_data_tells_it_once(warned, nntrain, command):
    ended = nntrain(*command)
    assert len(told(ended)) == 1, ended.stderr
    assert "warning" not in ended.stdout


def test_predict_tells_it_of_its_input(warned, nntrain, tmp_path):
    (tmp_path / "new.csv").write_bytes("1,2,ä\n".encode("latin-1"))
    (line,) = told(nntrain("predict", "run", "new.csv"))
    assert line.startswith("warning: new.csv:1: not UTF-8")


def test_what_is_said_is_not_told(warned, nntrain):
    assert told(nntrain("fit", "c.yaml", "--dry-run", "dataset.encoding=latin-1")) == []
