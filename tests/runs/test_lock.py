"""One process a run, for as long as it lives."""

import os
import re
import shutil
import signal
import time

import pytest

from nntrain import runs
from nntrain.errors import CheckpointError, RunDirectoryError
from nntrain.runs import lock


def test_a_live_run_cannot_be_resumed_and_a_killed_one_can(run, live_process):
    run.close()
    with live_process(run.path) as process:
        with pytest.raises(RunDirectoryError, match=f"in use by process {process.pid}"):
            runs.Run.open(run.path)
        assert runs.Run(run.path).is_live()
        process.send_signal(signal.SIGKILL)
        process.wait()
        with runs.Run.open(run.path) as again:
            assert again.origin == "resumed"


def test_a_listing_at_the_same_moment_stops_no_start(run):
    run.close()
    descriptor = os.open(run.path / ".nntrain-lock", os.O_RDONLY)
    assert lock.flock(descriptor, exclusive=False)

    def give_back(_):
        nonlocal descriptor
        if descriptor is not None:
            os.close(descriptor)
            descriptor = None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "sleep", give_back)
        runs.Run.open(run.path).close()


def test_a_file_system_without_locks_is_used_with_a_warning(run, monkeypatch):
    run.close()
    monkeypatch.setattr(lock, "flock", lambda descriptor, exclusive: None)
    with runs.Run.open(run.path) as again:
        assert re.search("no file locks here", again.warnings[0])


def test_opening_removes_what_a_killed_writer_left(run):
    run.close()
    for directory in (run.path, run.checkpoints):
        (directory / ".nntrain-0123456789abcdef.tmp").write_bytes(b"half")
    runs.Run.open(run.path).close()
    assert not list(run.path.rglob("*.tmp"))


def test_what_is_no_run_cannot_be_opened_and_stays_as_it_is(tmp_path):
    (tmp_path / "empty").mkdir()
    for name in ("missing", "empty"):
        with pytest.raises(CheckpointError, match=f"{name}: no "):
            runs.Run.open(tmp_path / name)
    assert os.listdir(tmp_path / "empty") == []


def test_a_copy_without_hidden_files_can_be_resumed(run, tmp_path):
    shutil.copytree(run.path, tmp_path / "copy", ignore=shutil.ignore_patterns(".*"))
    runs.Run.open(tmp_path / "copy").close()
