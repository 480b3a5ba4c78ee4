"""Hostile configs, tables and checkpoints through the command line: the right exit code, a place, bounded memory."""

import json
import re

import pytest
from reliability.configs import MLP
from reliability.program import write_config

MEGABYTE = 1 << 20
TEXT = json.dumps(MLP)


def with_text(old, new):
    assert old in TEXT
    return TEXT.replace(old, new).encode()


BOMB = "".join(f"k{i}: &k{i} [{', '.join([f'*k{i - 1}'] * 9)}]\n" for i in range(1, 12))
CONFIGS = {
    "tag": b"name: !!python/object/apply:os.system [touch owned]\n",
    "unknown tag": b"name: !thing x\n",
    "alias bomb": b"k0: &k0 [x, x]\n" + BOMB.encode(),
    "recursive alias": b"dataset: &a {type: *a}\n",
    "merge bomb": b"a: &a {x: 1}\nb: {<<: [*a, *a, *a]}\n",
    "100,000 levels": b"name: " + b"[" * 100_000 + b"]" * 100_000,
    "100,000 levels of mappings": b"name: " + b"{a: " * 100_000 + b"}" * 100_000,
    "5 MB of keys": b"".join(b"key%d: 1\n" % i for i in range(430_000)),
    "5 MB in one scalar": b"name: " + b"x" * 5_000_000,
    "not UTF-8": b"name: \xff\xfe\xfa\n",
    "UTF-16 without a mark": "name: x\n".encode("utf-16-le"),
    "NUL": b"name: a\0b\n",
    "tab": b"dataset:\n\ttype: moons\n",
    "two documents": b"name: a\n---\nname: b\n",
    "empty": b"",
    "a list": b"- 1\n",
    "NaN as lr": with_text('"lr": 0.02', '"lr": .nan'),
    "infinite lr": with_text('"lr": 0.02', '"lr": 1e999'),
    "10^9 units": with_text('{"dense": 16}', '{"dense": 1000000000}, {"dense": 1000000000}'),
    "10^400 units": with_text('{"dense": 16}', '{"dense": 1' + "0" * 400 + "}"),
    "a number of a million digits": with_text('{"dense": 16}', '{"dense": 1' + "0" * 1_000_000 + "}"),
    "a reference to itself": with_text('"epochs": 20', '"epochs": "$training.epochs"'),
    "a name that leaves": with_text('"name": "mlp"', '"name": "../../mlp"'),
    "extends itself": b"extends: c.yaml\n",
}


@pytest.mark.parametrize("name", CONFIGS)
def test_a_hostile_config_is_exit_2_with_its_place_and_little_memory(warm, tmp_path, name):
    path = tmp_path / "c.yaml"
    path.write_bytes(CONFIGS[name])
    limits = {"memory_limit": [100 * MEGABYTE], "seconds": [10]}
    ended = warm.run("fit", path, "--runs", tmp_path / "runs", cwd=tmp_path, **limits)
    assert ended.code == 2, str(ended)[-2000:]
    assert all(line.startswith(str(path)) for line in ended.stderr.splitlines()), ended
    assert len(ended.stderr) < 20_000
    assert {p.name for p in tmp_path.iterdir()} == {"c.yaml", "stdout", "stderr"}


HEADER, ROWS = "a,b,y\n", "".join(f"{i},{i % 3},{i % 2}\n" for i in range(60))
WRONG_TABLES = {
    "nan": ROWS + "nan,1,0\n",
    "inf": ROWS + "1,-inf,0\n",
    "empty cell": ROWS + "1,,0\n",
    "ragged": ROWS + "1,2\n",
    "long row": ROWS + "1,2,0,9\n",
    "NUL": ROWS + "1,\0,0\n",
    "underscore": ROWS + "1_0,1,0\n",
    "hex": ROWS + "0x10,1,0\n",
    "1e400": ROWS + "1e400,1,0\n",
    "unclosed quote": ROWS + '"1,1,0\n2,2,0\n',
    "a word among numbers": ROWS + "one,1,0\n",
}
EMPTY_TABLES = {
    "nothing": "",
    "blank lines": "\n\n\n",
    "header only": HEADER,
    "one row": "1,2,0\n",
    "a mark alone": "\ufeff",
}
GOOD_TABLES = {
    "byte order mark": "\ufeff" + HEADER + ROWS,
    "CRLF": (HEADER + ROWS).replace("\n", "\r\n"),
    "constant column": "".join(f"{i},7,{i % 2}\n" for i in range(60)),
    "no last newline": ROWS[:-1],
    "quoted": "".join(f'"{i}","{i % 3}","{"yes" if i % 2 else "no"}"\n' for i in range(60)),
    "fewer rows than a batch": "".join(f"{i},1,{i % 2}\n" for i in range(10)),
}


@pytest.fixture
def fit_table(warm, tmp_path):
    def fit_table(text, **dataset):
        (tmp_path / "data.csv").write_bytes(text.encode("utf-8", "surrogateescape"))
        dataset = {"type": "csv", "path": "data.csv", "task": "classification", "standardize": True, **dataset}
        training = {"steps": 2}
        path = write_config(tmp_path / "c.yaml", {**MLP, "dataset": dataset, "training": training})
        return warm.run("fit", path, "-q", "--run-dir", tmp_path / "run", cwd=tmp_path)

    return fit_table


@pytest.mark.parametrize("name", WRONG_TABLES)
def test_a_wrong_table_is_exit_3_with_row_and_column(fit_table, tmp_path, name):
    ended = fit_table(WRONG_TABLES[name])
    assert ended.code == 3, ended
    row = ended.stderr.removeprefix(f"{tmp_path / 'data.csv'}:").partition(":")[0]
    assert row == "61", ended
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", EMPTY_TABLES)
def test_a_table_without_enough_rows_is_exit_3_and_named(fit_table, tmp_path, name):
    ended = fit_table(EMPTY_TABLES[name])
    assert (ended.code, ended.stderr.startswith(str(tmp_path / "data.csv"))) == (3, True), ended


@pytest.mark.parametrize("name", GOOD_TABLES)
def test_an_unusual_table_is_read(fit_table, name):
    ended = fit_table(GOOD_TABLES[name])
    # a careful person would ask about a column that counts rows, or is always the same: that is told, and no error
    others = [line for line in ended.stderr.splitlines() if not re.search(r"; drop: \[\w+\] leaves it out$", line)]
    assert (ended.code, others) == (0, []), ended


def test_semicolons_are_told_or_read(fit_table, tmp_path):
    ended = fit_table(ROWS.replace(",", ";"))
    assert ended.code == 0 or (ended.code == 3 and ";" in ended.stderr), ended


def test_one_class_alone_is_told_or_trained(fit_table):
    ended = fit_table("".join(f"{i},{i % 3},0\n" for i in range(60)))
    assert ended.code in (0, 2, 3), ended
    assert ended.code == 0 or ended.stderr.count("\n") == 1


def test_a_hostile_checkpoint_costs_little_memory_and_runs_nothing(warm, tmp_path):
    """The shapes of damage are in tests/files; here one of each kind meets the program."""
    import io
    import zipfile

    import numpy as np

    kinds = {}
    stream = io.BytesIO()
    np.savez_compressed(stream, x=np.zeros(50_000_000, np.uint8))
    kinds["compressed"] = stream.getvalue()
    stream = io.BytesIO()
    np.savez(stream, x=np.array([object()], object))
    kinds["pickled"] = stream.getvalue()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("../owned.npy", b"x")
    kinds["leaves"] = stream.getvalue()
    kinds["empty"], kinds["text"] = b"", b"PK\3\4" + b"x" * 100
    for name, content in kinds.items():
        path = tmp_path / f"{name}.npz"
        path.write_bytes(content)
        for arguments in (("eval", path), ("show", path), ("predict", path, path)):
            ended = warm.run(*arguments, cwd=tmp_path, memory_limit=[100 * MEGABYTE])
            assert ended.code == 5, ended
            assert ended.stderr.startswith(f"error: {path}: not a good checkpoint: "), ended
            assert ended.stderr.count("\n") == 1
