"""A disk that fails anywhere in a run: exit 7 with the file's name, the earlier checkpoint whole, no temporary file."""

import errno
import shutil
from itertools import count

import pytest
from reliability.configs import MLP, changed
from reliability.program import differing, left_behind, temporary_files, wait_for, write_config

from nntrain.files import checkpoint

SHORT = changed(MLP, training={"steps": 6, "checkpoint": {"steps": 2}})
LONG = changed(MLP, training={"epochs": 100_000, "early_stopping": None})
FAULTS = [
    (["write"], errno.ENOSPC),
    (["fsync"], errno.EIO),
    (["replace"], errno.EACCES),
    (["open", "mkdir"], errno.EROFS),
]


def failures(warm, undisturbed, folder, config, names, code, first, step):
    """The k-th of the calls fails, for every k of the range; how many, and what was wrong.  Then the run goes on."""
    path, expected = undisturbed(config)
    wrong, failed, harmless = [], 0, 0
    for k in count(first, step):
        run = folder / f"run{k}"
        arguments = ("fit", path, "-q", "--run-dir", run)
        ended = warm.run(*arguments, fail_at=[k, names, code])
        if ended.code == 0 and ended.stderr == "":
            harmless += 1  # as a parent that cannot be made since it is there; three in a row: the run has ended before
            if harmless == 3:
                return failed, wrong
            continue
        failed, harmless, line = failed + 1, 0, ended.stderr
        if not (ended.code == 7 and line.startswith(f"error: {run}") and line.count("\n") == 1) or ended.stdout:
            wrong.append((k, ended))
        if temporary_files(folder):
            wrong.append((k, temporary_files(folder)))
        for name in ("last.npz", "best.npz"):
            if (run / "checkpoints" / name).exists():
                checkpoint.read(run / "checkpoints" / name)
        ended = warm.run(*arguments, "--on-exist", "resume")
        if (ended.code, ended.stderr) != (0, "") or differing(left_behind(run), expected):
            wrong.append((k, ended, differing(left_behind(run), expected)))
    raise AssertionError


@pytest.mark.parametrize(("names", "code"), FAULTS, ids=["write", "fsync", "rename", "open"])
def test_any_failing_call_is_exit_7_and_costs_nothing_that_was_saved(warm, undisturbed, tmp_path, names, code):
    k, wrong = failures(warm, undisturbed, tmp_path, SHORT, names, code, 2, 7)
    assert not wrong
    assert k >= 1


@pytest.mark.slow
@pytest.mark.parametrize(("names", "code"), FAULTS, ids=["write", "fsync", "rename", "open"])
def test_every_single_call_fails_in_turn(warm, undisturbed, tmp_path, names, code):
    k, wrong = failures(warm, undisturbed, tmp_path, SHORT, names, code, 1, 1)
    print(names, k, "failures")
    assert not wrong
    assert k > 3


def test_the_proof_catches_a_writer_over_the_file(warm, undisturbed, tmp_path):
    path, _ = undisturbed(SHORT)
    torn = 0
    for k in range(6, 16):
        run = tmp_path / f"run{k}"
        warm.run("fit", path, "-q", "--run-dir", run, writes_over_the_file=[], fail_at=[k, ["write"], errno.ENOSPC])
        ended = warm.run("resume", run, "-q")
        torn += ended.code != 0 or ended.stderr != ""
    assert torn


@pytest.mark.parametrize("size", [500, 2000, 4000])
def test_a_limit_of_the_file_size_is_exit_7_and_the_run_goes_on_without_it(warm, undisturbed, tmp_path, size):
    path, expected = undisturbed(SHORT)
    run = tmp_path / "run"
    ended = warm.run("fit", path, "-q", "--run-dir", run, file_size_limit=[size])
    assert (ended.code, ended.stdout) == (7, "")
    assert ended.stderr.startswith(f"error: {run}")
    assert ended.stderr.endswith("cannot be written: File too large\n")
    assert warm.run("fit", path, "-q", "--run-dir", run, "--on-exist", "resume").code == 0
    assert not differing(left_behind(run), expected)


def test_a_directory_that_cannot_be_written_is_exit_7_before_any_training(warm, undisturbed, tmp_path):
    path, _ = undisturbed(SHORT)
    (tmp_path / "runs").mkdir(mode=0o555)
    ended = warm.run("fit", path, "--runs", tmp_path / "runs", obeys_permissions=[])
    directory = tmp_path / "runs" / "mlp-001"
    assert (ended.code, ended.stderr) == (7, f"error: {directory}: cannot be made: Permission denied\n")


def test_a_run_whose_directory_is_removed_ends_at_the_next_save_with_exit_7(warm, tmp_path):
    run = tmp_path / "run"
    process = warm.start("fit", write_config(tmp_path / "c.yaml", LONG), "-q", "--run-dir", run)
    wait_for((run / "checkpoints" / "last.npz").exists)
    run.rename(tmp_path / "gone")
    ended = process.wait()
    assert ended.code == 7
    assert ended.stderr.startswith(f"error: {run}")
    assert ended.stderr.count("\n") == 1
    assert not run.exists()


def test_a_finished_run_that_cannot_be_written_is_still_read(warm, undisturbed, tmp_path):
    path, _ = undisturbed(SHORT)
    run = shutil.copytree(path.parent / "run", tmp_path / "run")
    for folder in (run / "checkpoints", run):
        folder.chmod(0o555)
    for arguments in (("eval", run), ("show", run), ("runs", tmp_path, "--json")):
        ended = warm.run(*arguments, obeys_permissions=[])
        assert (ended.code, ended.stderr) == (0, "")
    for folder in (run, run / "checkpoints"):
        folder.chmod(0o755)
