"""`nntrain export`: what it writes where, what it refuses, and that nothing is written that was not tried."""

import json
import re
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
from export.runs import ROOT, train

from nntrain.export import exported
from nntrain.export.onnx_model import _same_labels
from nntrain.files import safetensors


def test_parameters_come_under_their_saved_names(mlp, nntrain, tmp_path):
    result = nntrain("export", mlp, "-o", "mlp.safetensors")
    assert result.stdout == "mlp.safetensors\n"
    arrays, metadata = safetensors.load((tmp_path / "mlp.safetensors").read_bytes())
    with np.load(mlp / "checkpoints" / "best.npz") as saved:
        assert [*arrays] == [name for name in saved.files if "/" not in name and name not in ("manifest", "digest")]
        for name, array in arrays.items():
            np.testing.assert_array_equal(array, saved[name])
    assert metadata["format"] == "nntrain"


EVERY = sorted(path.name for path in (ROOT / "configs").glob("*.yaml"))
SAMPLE = ["moons_gan.yaml", "addition_transformer.yaml"]


@pytest.mark.parametrize("name", [n if n in SAMPLE else pytest.param(n, marks=pytest.mark.slow) for n in EVERY])
def test_parameters_of_every_config_go_out_and_are_a_beginning_for_the_same_config(name, nntrain, configs, tmp_path):
    run = train(nntrain, configs, name, tmp_path)
    said = nntrain("export", run, "-o", "p.safetensors", "--which", "last").stderr
    assert "verified: read back: largest difference 0" in said
    config = configs / name
    config.write_text(re.sub(r"(?m)^freeze:.*|^start:.*\n(  .*\n)*", "", config.read_text()))
    begun = train(nntrain, configs, name, tmp_path, f"start.from={tmp_path / 'p.safetensors'}")
    told = json.loads((tmp_path / begun / "meta.json").read_text())["start"]
    assert told["taken"]
    assert not told["not_taken"]


def test_labels_behind_the_end_of_a_sequence_are_not_compared(nntrain, configs, tmp_path):
    pytest.importorskip("onnxruntime")
    run = train(nntrain, configs, "names_gru.yaml", tmp_path)
    assert "verified: onnxruntime on" in nntrain("export", run, "-o", "names.onnx").stderr


def test_of_two_classes_that_are_as_probable_either_is_right():
    P = np.array([[0.5, 0.5 - 1e-7], [0.2, 0.8]], np.float32)
    examples = SimpleNamespace(answers=P, Z=P, counted=lambda Y: Y)
    assert _same_labels(np.array([1, 1]), examples)
    assert not _same_labels(np.array([0, 0]), examples)


def test_which_checkpoint_is_told(mlp, nntrain, tmp_path):
    nntrain("export", mlp / "checkpoints" / "last.npz", "-o", "a.safetensors", "--no-verify")
    nntrain("export", mlp, "--which", "last", "-o", "b.safetensors", "--no-verify")
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


@pytest.mark.slow  # starts a Python with PyTorch
def test_parameters_by_pytorchs_names_come_with_the_module_that_takes_them(mlp, nntrain, tmp_path):
    pytest.importorskip("torch")
    result = nntrain("export", mlp, "-o", "mlp.safetensors", "--module", "torch")
    assert "verified: PyTorch on 200 examples: largest difference" in result.stderr
    assert {"mlp.safetensors", "mlp.py"} <= {path.name for path in tmp_path.iterdir()}
    assert "dense_1.weight" in safetensors.load((tmp_path / "mlp.safetensors").read_bytes())[0]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-o", "x.bin"], "--output x.bin: .c or .onnx or .py or .safetensors"),
        (["-o", "x"], "a name without a suffix"),
        (["-o", "x.safetensors", "--module", "torch", "--names", "nntrain"], "--module torch"),
        (["-o", "numpy.py"], "numpy.py would hide the module numpy"),
        (["-o", "torch.safetensors", "--module", "torch"], "torch.py would hide the module torch"),
        (["-o", "json.py"], "hide the module json"),
        (["-o", 'a"b.c'], "C cannot include a header of this name"),
    ],
)
def test_what_cannot_be_is_one_line_and_exit_2(mlp, nntrain, tmp_path, arguments, said):
    result = nntrain("export", mlp, *arguments, code=2)
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not [*tmp_path.iterdir()]


def test_what_does_not_agree_is_not_written(mlp, nntrain, tmp_path, monkeypatch):
    monkeypatch.setitem(exported.BOUNDS, "float32", -1.0)
    (tmp_path / "mlp.safetensors").write_text("earlier")
    result = nntrain("export", mlp, "-o", "mlp.safetensors", code=1)
    assert "largest difference" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert (tmp_path / "mlp.safetensors").read_text() == "earlier"
    nntrain("export", mlp, "-o", "mlp.safetensors", "--no-verify")
    assert (tmp_path / "mlp.safetensors").read_bytes()[:7] != b"earlier"


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
@pytest.mark.parametrize("name", ["./-x.c", "try_x.c", "1 é.c", "math.c", "int.c"])
def test_files_of_c_may_have_any_other_name(mlp, nntrain, tmp_path, name):
    assert "verified" in nntrain("export", mlp, "-o", name).stderr
    assert (tmp_path / name).with_suffix(".h").exists()


def test_a_folder_that_is_not_there_is_exit_7(mlp, nntrain):
    nntrain("export", mlp, "-o", "nowhere/mlp.safetensors", "--no-verify", code=7)


def test_no_checkpoint_is_exit_5(nntrain):
    nntrain("export", "nowhere", "-o", "x.safetensors", code=5)


def test_data_that_are_gone_are_told_and_drawn_ones_taken(nntrain, configs, tmp_path):
    nntrain("fit", "-q", configs / "iris.yaml", "training.epochs=1", "--run-dir", "run")
    (configs / "data" / "iris.csv").unlink()
    result = nntrain("export", "run", "-o", "x.py")
    assert "warning: the run's data cannot be read" in result.stderr
    assert "verified" in result.stderr
