"""nntrain.fit on arrays, in notebooks and in threads."""

import os
import signal
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import nntrain
from nntrain.errors import ConfigError, DataError
from nntrain.runtime import blas
from nntrain.training.engine import Observer

CONFIG = {
    "dataset": {"batch_size": 8, "validation": 0.2},
    "architecture": [{"dense": 4}, "tanh", {"dense": "$dataset.classes"}],
    "loss": "cross_entropy",
    "optimizer": {"type": "sgd", "lr": 0.1},
    "training": {"epochs": 3},
}
RANDOM = np.random.default_rng(3)
X = RANDOM.standard_normal((40, 3))
LABELS = (X[:, 0] > 0).astype(int)


def bits(run):
    return (run.run_dir / "checkpoints" / "last.npz").read_bytes()


def test_arrays_train_as_the_same_arrays_in_a_file(tmp_path):
    np.savez(tmp_path / "d.npz", x=X, y=LABELS)
    of_file = {**CONFIG, "dataset": {**CONFIG["dataset"], "type": "npz", "path": str(tmp_path / "d.npz")}}
    one = nntrain.fit(of_file, run_dir=tmp_path / "file", quiet=True)
    other = nntrain.fit(CONFIG, X=X, Y=LABELS, run_dir=tmp_path / "arrays", quiet=True)
    assert all(np.array_equal(one.parameters[name], other.parameters[name]) for name in one.parameters)
    assert np.array_equal(other.predict(X), one.predict(X))


OF_LABELS = [np.where(LABELS, "yes", "no"), LABELS.astype(bool), LABELS.tolist(), LABELS * 1.0, np.eye(2)[LABELS]]


@pytest.mark.parametrize("Y", OF_LABELS, ids=["words", "truths", "list", "floats", "one-hot"])
def test_labels_may_be_written_in_many_ways(tmp_path, Y):
    run = nntrain.fit(CONFIG, {"training": {"epochs": 2}}, X=X, Y=Y, run_dir=tmp_path / "run", quiet=True)
    assert run.evaluate(X, Y)["examples"] == 40
    assert run.predict(X).shape == (40,)


def test_a_config_file_keeps_what_every_dataset_has(tmp_path, configs):
    run = nntrain.fit(configs / "iris.yaml", {"training.epochs": 1}, X=X, Y=LABELS, run_dir=tmp_path / "r", quiet=True)
    kept = {key: run.config["dataset"][key] for key in ("type", "batch_size", "standardize", "validation", "test")}
    assert kept == {"type": "arrays", "batch_size": 16, "standardize": True, "validation": 0.15, "test": 0.2}


def test_overrides_are_texts_or_a_mapping(tmp_path):
    as_texts = ["optimizer.lr=0.2", "training.epochs=2", "architecture.0.units=6"]
    as_mapping = {"optimizer": {"lr": np.float64(0.2)}, "training.epochs": 2, "architecture.0.units": np.int64(6)}
    runs = [
        nntrain.fit(CONFIG, overrides, X=X, Y=LABELS, run_dir=tmp_path / name, quiet=True)
        for name, overrides in (("a", as_texts), ("b", as_mapping))
    ]
    assert bits(runs[0]) == bits(runs[1])


def test_a_run_on_arrays_goes_on_with_them_and_says_so_without(tmp_path):
    whole = nntrain.fit(CONFIG, {"training.epochs": 5}, X=X, Y=LABELS, run_dir=tmp_path / "whole", quiet=True)
    run = nntrain.fit(CONFIG, X=X, Y=LABELS, run_dir=tmp_path / "run", quiet=True)
    for call in (lambda: nntrain.resume(run.run_dir, {"training.epochs": 5}), lambda: run.evaluate(split="train")):
        with pytest.raises(DataError, match="no file holds them; give them again"):
            call()
    with pytest.raises((ConfigError, DataError)):
        nntrain.resume(run.run_dir, {"training.epochs": 5}, X=X + 1, Y=LABELS)
    again = nntrain.resume(run.run_dir, {"training.epochs": 5}, X=X, Y=LABELS, quiet=True)
    assert bits(again) == bits(whole)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"Y": LABELS}, "Y is given without X"),
        ({"X": X}, "this dataset has no classes"),
        ({"X": X, "Y": LABELS[:5]}, r"targets for \(?40|5.*targets"),
        ({"X": [{"a": 1}], "Y": [1]}, "write it to a .csv"),
        ({"X": np.array([object()]), "Y": [1]}, "expected numbers"),
        ({"X": np.where(X > 9, X, np.nan), "Y": LABELS}, "not finite|nan"),
    ],
)
def test_what_cannot_be_learned_is_told(tmp_path, given, told):
    with pytest.raises((ConfigError, DataError), match=told):
        nntrain.fit(CONFIG, run_dir=tmp_path / "run", quiet=True, **given)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("X", "Y", "told"),
    [
        (np.ma.masked_less(X, 0), LABELS, "X: error: .* masked numbers"),
        (X, [None, *LABELS[1:]], r"Y: error: None at \[0\], expected numbers or words"),
        (X.astype("datetime64[D]"), LABELS, r"X: error: an array of datetime64\[D\], expected"),
        ((x for x in X), LABELS, "X: error: a generator, which can be read once alone"),
    ],
    ids=["masked", "none", "dates", "generator"],
)
def test_what_is_no_array_of_numbers_or_words_is_called_by_its_name(tmp_path, X, Y, told):
    with pytest.raises(DataError, match=told):
        nntrain.fit(CONFIG, X=X, Y=Y, run_dir=tmp_path / "r", quiet=True)
    assert not (tmp_path / "r").exists()


def test_a_frame_is_told_how_it_becomes_numbers():
    frame = pytest.importorskip("pandas").DataFrame(X, columns=["a", "b", "c"])
    with pytest.raises(ConfigError, match=r"X is a table with names; write it to a \.csv, .* give X\.to_numpy\(\)$"):
        nntrain.fit(CONFIG, X=frame, Y=LABELS)


def test_a_masked_array_without_a_masked_number_is_an_array(tmp_path):
    runs = [
        nntrain.fit(CONFIG, X=x, Y=LABELS, run_dir=tmp_path / k, quiet=True)
        for k, x in (("a", X), ("b", np.ma.array(X)))
    ]
    assert bits(runs[0]) == bits(runs[1])


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"threads": 0}, "threads: .* not 0"),
        ({"threads": "two"}, "not 'two'"),
        ({"on_exist": "overwrite"}, "or replace"),
    ],
    ids=str,
)
def test_options_are_those_of_the_shell(tmp_path, options, told):
    with pytest.raises(ConfigError, match=told):
        nntrain.fit(CONFIG, X=X, Y=LABELS, run_dir=tmp_path / "r", quiet=True, **options)


def test_runs_in_threads_end_in_the_bits_of_one_after_another(tmp_path):
    def train(name, seed):
        return nntrain.fit(CONFIG, {"seed": seed}, X=X, Y=LABELS, run_dir=tmp_path / name, quiet=True, threads=2)

    alone = [train(f"alone-{seed}", seed) for seed in range(3)]
    with ThreadPoolExecutor(3) as pool:
        beside = list(pool.map(lambda seed: train(f"beside-{seed}", seed), range(3)))
    assert [bits(run) for run in alone] == [bits(run) for run in beside]


class Interrupting(Observer):
    def step(self, engine):
        if engine.step == 4:
            os.kill(os.getpid(), signal.SIGINT)


def test_the_stop_button_saves_the_last_finished_step_first(tmp_path):
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        nntrain.fit(CONFIG, X=X, Y=LABELS, run_dir=tmp_path / "run", observer=Interrupting())
    assert signal.getsignal(signal.SIGINT) is before
    run = nntrain.load(tmp_path / "run")
    assert run.status == "interrupted"
    whole = nntrain.fit(CONFIG, X=X, Y=LABELS, run_dir=tmp_path / "whole", quiet=True)
    assert bits(nntrain.resume(tmp_path / "run", X=X, Y=LABELS, quiet=True)) == bits(whole)


def test_in_another_thread_no_handler_is_touched(tmp_path):
    done = []
    thread = threading.Thread(
        target=lambda: done.append(nntrain.fit(CONFIG, X=X, Y=LABELS, run_dir=tmp_path / "run", quiet=True).status)
    )
    thread.start()
    thread.join()
    assert done == ["done"]


def test_progress_shows_on_a_terminal_or_in_a_notebook_unless_quiet(tmp_path, capsys, monkeypatch):
    nntrain.fit(CONFIG, X=X, Y=LABELS, run_dir=tmp_path / "a")
    assert capsys.readouterr().err == ""
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    monkeypatch.setitem(sys.modules, "IPython.display", None)  # a kernel without it gets lines
    nntrain.fit(CONFIG, X=X, Y=LABELS, run_dir=tmp_path / "b")
    assert "epoch 3" in capsys.readouterr().err
    nntrain.fit(CONFIG, X=X, Y=LABELS, run_dir=tmp_path / "c", quiet=True)
    assert capsys.readouterr().err == ""


def test_blas_takes_one_thread_whatever_was_imported_first():
    program = (
        "import numpy, nntrain; from nntrain.runtime.blas import one_blas_thread; import threadpoolctl\n"
        "with one_blas_thread():\n"
        "    found = threadpoolctl.threadpool_info()\n"
        "    print([one['num_threads'] for one in found if one['user_api'] == 'blas'])"
    )
    pytest.importorskip("threadpoolctl")
    environment = {name: value for name, value in os.environ.items() if name not in blas.VARIABLES}
    command = [sys.executable, "-c", program]
    assert subprocess.run(command, env=environment, capture_output=True, text=True).stdout == "[1]\n"


def test_without_threadpoolctl_a_warning_says_what_to_do(monkeypatch):
    for variable in blas.VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    with pytest.warns(UserWarning, match="set OPENBLAS_NUM_THREADS=1"), blas.one_blas_thread():
        pass
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    with warnings.catch_warnings(), blas.one_blas_thread():
        warnings.simplefilter("error")


@pytest.mark.parametrize("config", [None, ["optimizer"], 3])
def test_a_config_is_a_path_or_a_mapping(config):
    with pytest.raises(ConfigError, match="expected a path or a mapping, not"):
        nntrain.fit(config, X=np.eye(4), Y=[0, 1, 0, 1])
