"""A trained network in Python: what it predicts is what the shell predicts, in whatever form the examples come."""

import copy
import datetime
import io
import pickle
import subprocess
import sys

import numpy as np
import pytest

import nntrain
from nntrain import plugins
from nntrain.cli import main
from nntrain.errors import CheckpointError, ConfigError, DataError
from nntrain.layers import Context

CSV = "size,colour,kind\n" + "".join(
    f"{i % 7}.{i % 10},{'red' if i % 3 else 'blue'},{'big' if i % 7 > 3 else 'small'}\n" for i in range(60)
)
CONFIG = {
    "name": "table",
    "architecture": [{"dense": 5}, "tanh", {"residual": [{"dense": 5}, "tanh"]}, {"dense": "$dataset.classes"}],
    "loss": "cross_entropy",
    "optimizer": {"type": "adam", "lr": 0.02},
    "metrics": ["accuracy"],
    "training": {"epochs": 3},
}


@pytest.fixture
def table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text(CSV)
    return nntrain.fit({**CONFIG, "dataset": {"type": "csv", "path": "t.csv", "test": 0.2}}, run_dir="run", quiet=True)


ROWS = [{"size": 1.5, "colour": "red"}, {"size": 5.25, "colour": "blue"}]


def test_a_run_says_what_its_directory_holds(table, tmp_path):
    for run in (table, nntrain.load("run"), nntrain.load(tmp_path / "run" / "checkpoints" / "best.npz")):
        assert run.run_dir.resolve() == (tmp_path / "run").resolve()
        assert (run.status, len(run.history), run.summary["epochs"]) == ("done", 3, 3)
        assert run.config["optimizer"]["lr"] == 0.02
        assert run.facts.label_names == ("big", "small")
        with np.load(run.path) as saved:
            assert all(np.array_equal(run.parameters[name], saved[name]) for name in run.parameters)
            assert {name for name in saved.files if "/" not in name} == {*run.parameters, "manifest", "digest"}
        with pytest.raises(ValueError, match="read-only"):
            run.parameters["dense_1.W"][0, 0] = 1


def test_rows_frames_arrays_and_files_are_one(table, tmp_path):
    (tmp_path / "x.csv").write_text("size,colour\n1.5,red\n5.25,blue\n")
    expected = table.predict("x.csv")
    assert set(expected) <= {"big", "small"}
    array = np.array([[1.5, "red"], [5.25, "blue"]], dtype=object)
    for X in (ROWS, array, tmp_path / "x.csv"):
        assert np.array_equal(table.predict(X), expected)
        assert np.array_equal(table.probabilities(X), table.probabilities("x.csv"))
    assert table.probabilities(ROWS).shape == (2, 2)


def test_a_frame_of_pandas_is_taken_where_pandas_is(table):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(ROWS)
    assert np.array_equal(table.predict(frame), table.predict(ROWS))


def test_rows_and_frames_for_a_table_without_a_header_have_its_columns_in_their_order(configs, tmp_path, capsys):
    path = configs / "data" / "iris.csv"
    run = nntrain.fit(configs / "iris.yaml", {"training.epochs": 2}, quiet=True, run_dir=tmp_path / "run")
    table = [line.split(",") for line in path.read_text().split()]
    expected = run.predict(path)
    by_number = [dict(enumerate(row)) for row in table]
    by_another_name = [dict(zip("abcde", row, strict=True)) for row in table]
    in_another_order = [{str(i): row[i] for i in (2, 0, 4, 1, 3)} for row in table]
    for rows in (by_number, by_another_name, in_another_order):
        assert np.array_equal(run.predict(rows), expected)
        assert run.evaluate(rows)["examples"] == len(table)
    without_targets = [{key: row[key] for key in "abcd"} for row in by_another_name]
    assert np.array_equal(run.predict(without_targets), expected)
    assert "rows.csv" not in capsys.readouterr().err


def test_a_day_of_a_frame_is_a_date_of_the_table(tmp_path):
    (tmp_path / "d.csv").write_text("day,y\n" + "".join(f"2020-01-{i:02d},{i}\n" for i in range(1, 29)))
    dataset = {"type": "csv", "path": str(tmp_path / "d.csv"), "dates": ["day"], "target": "y"}
    config = {**CONFIG, "dataset": dataset, "architecture": [{"dense": 1}], "loss": "mse", "metrics": []}
    run = nntrain.fit(config, run_dir=tmp_path / "run", quiet=True)
    as_text = run.predict([{"day": "2020-01-05"}])
    for day in (datetime.datetime(2020, 1, 5), datetime.date(2020, 1, 5), np.datetime64("2020-01-05")):
        assert np.array_equal(run.predict([{"day": day}]), as_text)
    for Y in (["a"], [np.nan]):
        with pytest.raises(DataError, match="Y: error: expected finite numbers"):
            run.evaluate([{"day": "2020-01-05"}], Y)


def test_a_run_is_copied_and_pickled(table):
    expected = table.predict(ROWS)
    for copied in (copy.deepcopy(table), pickle.loads(pickle.dumps(table))):
        assert np.array_equal(copied.predict(ROWS), expected)
        assert copied.status == "done"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (ROWS[0], "a mapping; give a list of rows"),
        ([[1.5], [1.5, 2]], "inhomogeneous"),
        (None, "expected numbers or words"),
        ("nowhere.csv", "No such file"),
    ],
    ids=str,
)
def test_what_is_no_example_is_one_line(table, given, said):
    plain = nntrain.fit({**CONFIG, "dataset": {}}, X=np.eye(8), Y=[0, 1] * 4, run_dir="plain", quiet=True)
    for run in (plain, table) if given is not None and not isinstance(given, list) else (plain,):
        with pytest.raises(DataError, match=said) as caught:
            run.predict(given)
        assert "\n" not in str(caught.value)


def test_a_part_and_examples_are_not_evaluated_at_once_and_a_checkpoint_is_best_or_last(table):
    with pytest.raises(ConfigError, match="not both"):
        table.evaluate(ROWS, ["big", "small"], split="test")
    with pytest.raises(ConfigError, match="best or last"):
        nntrain.load("run", which="first")
    with pytest.raises(ConfigError, match="not NoneType"):
        nntrain.load(None)


def test_it_is_what_the_shell_predicts(table, nntrain):
    printed = nntrain("predict", "run", "t.csv").stdout.splitlines()[1:]
    assert printed == table.predict("t.csv").tolist()


def test_evaluating_takes_a_part_a_file_rows_or_arrays(table, nntrain):
    import json

    assert table.evaluate(split="test") == json.loads(nntrain("eval", "run", "--json").stdout)
    rows = [dict(zip(("size", "colour", "kind"), line.split(","), strict=True)) for line in CSV.splitlines()[1:]]
    Y = [row["kind"] for row in rows]
    measured = table.evaluate([{key: row[key] for key in ("size", "colour")} for row in rows], Y)
    assert measured["examples"] == 60
    assert measured["accuracy"] == np.mean(table.predict(rows) == np.array(Y))
    numbers = [("big", "small").index(label) for label in Y]
    assert table.evaluate(rows, numbers) == measured
    assert table.evaluate(rows)["accuracy"] == table.evaluate("t.csv")["accuracy"]
    for wrong, told in ((Y[:3], "3 targets for 60 examples"), (["huge"] * 60, "'huge' is none of big, small")):
        with pytest.raises(DataError, match=told):
            table.evaluate(rows, wrong)


def test_a_layer_gives_what_the_network_has_there(table, nntrain):
    A = table.output(ROWS, layer="tanh_1")
    assert A.shape == (2, 5)
    assert table.output(ROWS, "residual_1.tanh_1").shape == (2, 5)
    Z = table.output(ROWS, "dense_2")
    P = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(P, table.probabilities(ROWS), rtol=1e-5)
    printed = nntrain("predict", "run", "t.csv", "--layer", "tanh_1").stdout
    rows = np.loadtxt(io.StringIO(printed), delimiter=",", skiprows=1, dtype=np.float32)
    np.testing.assert_allclose(rows, table.output("t.csv", "tanh_1"), rtol=1e-6)
    assert printed.startswith("tanh_1_0,tanh_1_1,")
    with pytest.raises(ConfigError, match="layer: there is no 'tanh_2'; did you mean 'tanh_1'"):
        table.output(ROWS, "tanh_2")
    assert "stands alone" in nntrain("predict", "run", "t.csv", "--layer", "tanh_1", "--probabilities", code=2).stderr


def test_values_come_in_the_units_of_the_data(tmp_path):
    X = np.linspace(0, 1, 50)[:, None]
    Y = 1000 + 50 * X[:, 0]
    np.savez(tmp_path / "d.npz", x=X, y=Y)
    rows = "x,y\n" + "".join(f"{x},{y}\n" for x, y in zip(X[:, 0], Y, strict=True))
    (tmp_path / "d.csv").write_text(rows)
    config = {**CONFIG, "architecture": [{"dense": 1}], "loss": "mse", "metrics": ["rmse"]}
    dataset = {"type": "csv", "path": str(tmp_path / "d.csv"), "standardize_target": True, "batch_size": 5}
    run = nntrain.fit({**config, "dataset": dataset}, {"training.epochs": 20}, run_dir=tmp_path / "r", quiet=True)
    found = run.predict(X)
    assert found.shape == (50,)
    assert np.abs(found - Y).max() < 30
    assert run.evaluate(X, Y)["rmse"] == pytest.approx(np.sqrt(np.mean((found - Y) ** 2)), rel=1e-4)


def test_two_threads_share_a_run(table):
    from concurrent.futures import ThreadPoolExecutor

    expected = table.probabilities(ROWS)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: nntrain.load("run").probabilities(ROWS), range(8)):
            assert np.array_equal(found, expected)


def test_what_is_no_run_is_told(tmp_path):
    for path in (tmp_path, tmp_path / "nothing", tmp_path / "x.npz"):
        with pytest.raises(CheckpointError):
            nntrain.load(path)


def test_a_missing_component_is_told_when_the_run_is_loaded(tmp_path):
    (tmp_path / "mine.py").write_text(
        "from nntrain.components import component\nfrom nntrain.layers import Tanh\n\n\n"
        "@component('my_tanh')\nclass MyTanh(Tanh):\n    'A = tanh Z.'\n"
    )
    plugins.import_from(str(tmp_path / "mine.py"))
    config = {**CONFIG, "dataset": {"type": "moons", "examples": 20}, "architecture": ["my_tanh", {"dense": 2}]}
    run = nntrain.fit(config, run_dir=tmp_path / "run", quiet=True)
    assert run.output(np.zeros((1, 2)), "my_tanh_1").shape == (1, 2)
    plugins.forget(str(tmp_path / "mine.py"))
    with pytest.raises(CheckpointError, match=r"needs the layer 'my_tanh', .*mine\.py; import that module first"):
        nntrain.load(tmp_path / "run")


def test_loading_imports_numpy_and_what_reads_the_file_alone(table):
    program = (
        "import sys, nntrain; assert 'numpy' not in sys.modules; nntrain.load('run'); "
        "print(*[name for name in sys.modules if name.startswith('nntrain.')], 'pathlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    imported = {name for name in done.stdout.split() if name.startswith("nntrain.")}
    needed = {"api", "api.trained_run", "errors", "files", "files.archive", "files.checkpoint", "files.plain_values"}
    assert imported == {f"nntrain.{name}" for name in needed | {"files.storage", "runtime", "runtime.blas"}}


def test_the_names_stay():
    assert main is not None
    assert Context is not None
    assert sorted(nntrain.__all__) == ["TrainedRun", "__version__", "fit", "load", "resume"]
