"""Checkpoints of every release since the first are read, measured and taken up.  tests/assets/make.py made them."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from nntrain import __version__
from nntrain.files import checkpoint

ASSETS = Path(__file__).parents[1] / "assets"
FORMATS = sorted(ASSETS.glob("format_*"))


def test_there_is_a_run_of_each_format():
    assert [folder.name for folder in FORMATS] == [f"format_{number + 1}" for number in range(checkpoint.FORMAT)]


def test_a_checkpoint_names_the_first_release_that_reads_its_format_and_not_the_one_that_wrote_it():
    def parts(version):
        return [int(number) for number in version.split(".")]

    needed = [checkpoint.read_manifest(f / "checkpoints" / "last.npz")["requires"] for f in FORMATS]
    assert needed[-1] == checkpoint.REQUIRES
    assert sorted(needed, key=parts) == needed
    assert parts(checkpoint.REQUIRES) <= parts(__version__)


def test_what_this_release_cannot_read_says_which_release_can(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "FORMAT", checkpoint.FORMAT + 1)
    monkeypatch.setattr(checkpoint, "REQUIRES", "7.5")
    checkpoint.write(tmp_path / "last.npz", {"W": np.ones(2)}, {"step": 1})
    monkeypatch.undo()
    with pytest.raises(checkpoint.NewerFormatError, match=r"needs nntrain '7\.5' or newer; this is"):
        checkpoint.read(tmp_path / "last.npz")


@pytest.mark.parametrize("folder", FORMATS, ids=lambda folder: folder.name)
def test_a_checkpoint_of_an_earlier_release_evaluates_to_the_same_numbers(warm, folder):
    for which, expected in json.loads((folder / "expected.json").read_text()).items():
        ended = warm.run("eval", folder, "--which", which, "--split", "test", "--json")
        assert (ended.code, ended.stderr) == (0, "")
        measured = json.loads(ended.stdout)
        assert measured.keys() == expected.keys()
        for name, value in expected.items():  # another BLAS may round the last bits in another way
            assert measured[name] == (value if isinstance(value, str) else pytest.approx(value, rel=1e-5))


@pytest.mark.parametrize("folder", FORMATS, ids=lambda folder: folder.name)
def test_a_run_of_an_earlier_release_is_taken_up_where_it_stopped(warm, folder, tmp_path):
    run = Path(shutil.copytree(folder, tmp_path / "run"))
    before = (run / "metrics.jsonl").read_bytes()
    ended = warm.run("resume", run, "-q")
    assert (ended.code, ended.stderr) == (0, "")
    lines = (run / "metrics.jsonl").read_bytes()
    assert lines.startswith(before)
    whole = checkpoint.read(run / "checkpoints" / "last.npz")
    assert whole.manifest["step"] > 10
    assert all(np.isfinite(array).all() for array in whole.arrays.values())
