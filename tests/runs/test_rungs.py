"""The note of the rung at which halving has left a run."""

import json

import pytest

from nntrain.runs import rungs
from nntrain.runs.run_files import RunFiles


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "status.json").write_text(json.dumps({"status": "done", "epoch": 3, "step": 18}))
    return folder


def stands(run):
    return rungs.read(RunFiles(run), 18)


def test_a_run_stands_at_a_rung_that_it_has_reached_and_at_no_other(run):
    rungs.write(run, 1, 3, "epochs", 1)
    assert stands(run) is None
    rungs.write(run, 2, 3, "epochs", 3)
    assert stands(run) == "rung 2 of 3"
    assert rungs.read(RunFiles(run), 24) is None


@pytest.mark.parametrize(
    "cut", ["", '{"rung": 2, "ru', '{"rung": 2, "rungs": 3}', '{"rung": "x", "rungs": 3, "step": 18}']
)
def test_a_note_that_was_cut_says_nothing_and_is_written_anew(run, cut):
    (run / rungs.FILE).write_text(cut)
    assert stands(run) is None
    rungs.write(run, 2, 3, "epochs", 3)
    assert stands(run) == "rung 2 of 3"


@pytest.mark.parametrize("link", ["symlink_to", "hardlink_to"])
def test_nothing_is_written_through_a_link(run, tmp_path, link):
    other = tmp_path / "other"
    other.write_text("mine")
    getattr(run / rungs.FILE, link)(other)
    rungs.write(run, 2, 3, "epochs", 3)
    assert other.read_text() == "mine"
    assert stands(run) == "rung 2 of 3"


def test_nothing_is_left_behind_by_a_write_that_was_cut_short(run, monkeypatch):
    monkeypatch.setattr(rungs.storage, "json_bytes", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        rungs.write(run, 2, 3, "epochs", 3)
    assert {path.name for path in run.iterdir()} <= {"status.json", rungs.FILE}


def test_what_cannot_be_written_stops_nothing(run):
    (run / rungs.FILE).mkdir()
    rungs.write(run, 2, 3, "epochs", 3)
    assert stands(run) is None
