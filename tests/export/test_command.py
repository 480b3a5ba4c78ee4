"""`nntrain export`: what it writes where, what it refuses, and that nothing is written that was not tried."""

import numpy as np
import pytest

from nntrain.export import exported
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


def test_a_folder_that_is_not_there_is_exit_7(mlp, nntrain):
    nntrain("export", mlp, "-o", "nowhere/mlp.safetensors", "--no-verify", code=7)


def test_no_checkpoint_is_exit_5(nntrain):
    nntrain("export", "nowhere", "-o", "x.safetensors", code=5)


def test_data_that_are_gone_are_told_and_drawn_ones_taken(nntrain, configs, tmp_path):
    nntrain("fit", "-q", configs / "iris.yaml", "training.epochs=1", "--run-dir", "run")
    (configs / "data" / "iris.csv").unlink()
    result = nntrain("export", "run", "-o", "x.safetensors")
    assert "warning: the run's data cannot be read" in result.stderr
    assert "verified" in result.stderr
