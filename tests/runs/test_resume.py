"""A resume starts at the newest good checkpoint, and no line of the log is lost or doubled."""

import os

import numpy as np
import pytest

from nntrain import runs
from nntrain.errors import CheckpointError, StorageError
from nntrain.files import checkpoint


def save(path, step):
    path.parent.mkdir(parents=True, exist_ok=True)
    checkpoint.write(path, {"W": np.full(3, step)}, {"step": step})


def line(epoch):
    return {"epoch": epoch, "step": 10 * epoch, "lr": 0.1, "train": {"loss": 1 / epoch}}


def log_lines(run, *epochs):
    for epoch in epochs:
        run.metrics.append(line(epoch))
        run.timing.append({"epoch": epoch, "step": 10 * epoch, "seconds": 0.5})
    run.metrics.sync()


def test_lines_past_the_checkpoint_are_cut_and_none_is_doubled(run):
    log_lines(run, 1, 2, 3)
    run.close()
    with open(run.metrics_path, "ab") as file:
        file.write(b'{"epoch":4')
    with runs.Run.open(run.path) as again:
        again.go_back(2, "", epoch=2, step=20)
        again.metrics.append(line(3))
        assert again.read_metrics() == [line(1), line(2), line(3)]
        assert again.timing.lines == 2
        again.go_back(0, "", epoch=0, step=0)
        assert again.metrics_path.read_bytes() == b""


def test_lines_that_the_checkpoint_counts_and_the_log_lacks_are_an_error(run):
    log_lines(run, 1)
    with pytest.raises(CheckpointError, match=r"metrics\.jsonl: has 1 whole lines, .* after 2"):
        run.go_back(2, "")


def test_a_line_that_says_something_else_than_the_checkpoint_counts_is_found_though_it_is_good_json(run):
    log_lines(run, 1, 2, 3)
    sha256 = run.metrics.sha256
    run.close()
    text = run.metrics_path.read_bytes()
    for changed in (text.replace(b'"loss":0.5', b'"loss":0.6'), text.replace(b'"lr":0.1', b'"lq":0.1', 1)):
        run.metrics_path.write_bytes(changed)
        with runs.Run.open(run.path) as again, pytest.raises(CheckpointError, match="first 3 lines are not those"):
            again.go_back(3, sha256)
        assert run.metrics_path.read_bytes() == changed


def test_timing_may_have_fewer_lines(run):
    run.metrics.append(line(1))
    run.go_back(1, "")
    assert run.timing.lines == 0


def test_a_damaged_line_that_the_checkpoint_counts_is_found_before_anything_is_changed(run):
    log_lines(run, 1, 2, 3)
    run.close()
    good = run.metrics_path.read_bytes().split(b"\n")[0]
    text = good + b'\n{"epo\n7\n'
    run.metrics_path.write_bytes(text)
    for lines in (2, 3):
        with pytest.raises(CheckpointError, match=r"metrics\.jsonl:2: no line of JSON"):
            run.go_back(lines, "")
    assert run.metrics_path.read_bytes() == text
    run.go_back(1, "")  # what comes after the checkpoint is cut, whatever it is
    assert run.read_metrics() == [line(1)]


@pytest.mark.parametrize("damaged", [b"\0\0", b'{"epoch":2}', b'{"seconds":"x"}', b'{"seconds":1e999}'])
def test_timing_is_cut_at_a_damaged_line_as_no_result_needs_it(run, damaged):
    log_lines(run, 1, 2, 3)
    run.close()
    first, _, third, _ = run.timing_path.read_bytes().split(b"\n")
    run.timing_path.write_bytes(b"\n".join([first, damaged, third, b""]))
    with runs.Run.open(run.path) as again:
        again.go_back(3, "")
        assert again.timing_path.read_bytes() == first + b"\n"
        assert again.seconds() == 0.5


def test_the_newest_checkpoint_is_that_of_the_highest_step_whatever_the_clock(run):
    assert run.newest_checkpoint() == (None, [])
    for last, best in ((5, 3), (3, 5)):
        save(run.last, last)
        save(run.best, best)
        for times in ((0, 0), (4e9, 4e9)):
            os.utime(run.last, times)
            newest, warnings = run.newest_checkpoint()
            assert (newest.manifest["step"], warnings) == (5, [])


def damage(path, where):
    text = bytearray(path.read_bytes())
    text[where] ^= 1
    path.write_bytes(text)


@pytest.mark.parametrize("where", [0, 170, -300])
def test_a_damaged_checkpoint_is_reported_and_the_next_good_one_taken(run, where):
    save(run.last, 5)
    save(run.best, 3)
    damage(run.last, where)
    newest, warnings = run.newest_checkpoint()
    assert newest.manifest["step"] == 3
    assert len(warnings) == 1
    assert "last.npz: not a good checkpoint" in warnings[0]
    damage(run.best, where)
    newest, warnings = run.newest_checkpoint()
    assert newest is None
    assert len(warnings) == 2


def test_a_checkpoint_without_a_step_is_not_taken(run):
    checkpoint.write(run.last, {}, {"step": True})
    newest, warnings = run.newest_checkpoint()
    assert newest is None
    assert "at which step" in warnings[0]


def test_a_newer_or_unreadable_checkpoint_is_an_error_and_not_a_fresh_start(run, monkeypatch):
    monkeypatch.setattr(checkpoint, "FORMAT", 2)
    save(run.last, 5)
    monkeypatch.undo()
    with pytest.raises(checkpoint.NewerFormatError):
        run.newest_checkpoint()
    save(run.last, 5)

    def broken(*_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "open", broken)
    with pytest.raises(StorageError, match=r"last\.npz: cannot be read: Input/output error"):
        run.newest_checkpoint()
