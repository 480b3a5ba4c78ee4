"""No two runs share a directory, and none is taken that nntrain did not make."""

import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from nntrain import runs
from nntrain.errors import ConfigError, RunDirectoryError, StorageError
from nntrain.files import checkpoint


def content(directory):
    """Every file below `directory` with its bytes."""
    paths = sorted(path for path in Path(directory).rglob("*") if path.is_file())
    return {str(path.relative_to(directory)): path.read_bytes() for path in paths}


def test_names_are_numbered_from_001_and_made_with_their_parents(tmp_path):
    made = []
    for _ in range(3):
        with runs.create(tmp_path / "a" / "b", "digits-mlp") as run:
            made.append(run.path.name)
            assert run.origin == "new"
    assert made == ["digits-mlp-001", "digits-mlp-002", "digits-mlp-003"]


def test_the_number_follows_the_highest_and_knows_other_names_apart(root):
    for name in ("digits-007", "digits-mlp-050", "digits-099x", "digits-1", "digits-0٣٣"):
        (root / name).mkdir(parents=True)
    (root / "digits-008").write_text("a file takes a name too")
    with runs.create(root, "digits") as run:
        assert run.path.name == "digits-009"
    (root / "digits-999").mkdir()
    with runs.create(root, "digits") as run:
        assert run.path.name == "digits-1000"


def look_then_make(root, name):
    """How names collide elsewhere: the harness must catch it."""
    number = 1
    while (path := root / f"{name}-{number:03d}").exists():
        number += 1
    time.sleep(0.0001)
    path.mkdir(parents=True, exist_ok=True)
    return path


def collisions(claim, starts):
    with ThreadPoolExecutor(16) as pool:
        paths = list(pool.map(lambda _: claim(), range(starts)))
    return len(paths) - len(set(paths))


def claim_and_leave(root):
    with runs.create(root, "digits") as run:
        return run.path


def test_starts_at_the_same_time_never_share_a_directory(root):
    assert collisions(lambda: look_then_make(root / "careless", "digits"), 200) > 0
    assert collisions(lambda: claim_and_leave(root), 200) == 0


@pytest.mark.slow
def test_a_thousand_starts_from_64_processes_never_share_a_directory(root):
    script = f"""
from nntrain import runs
for _ in range(16):
    with runs.create({str(root)!r}, "digits") as run:
        print(run.path.name)
"""
    started = [subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) for _ in range(64)]
    names = [name for process in started for name in process.communicate()[0].split()]
    assert len(names) == len(set(names)) == 1024


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/a", "../a", "a\0b"])
def test_a_name_that_is_no_directory_name_is_a_config_error(root, name):
    with pytest.raises(ConfigError, match="cannot name a directory"):
        runs.create(root, name)
    assert not root.exists()


def test_a_directory_that_cannot_be_made_is_one_line_with_exit_code_7(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"file: cannot be made"):
        runs.create(tmp_path / "file", "a")
    with pytest.raises(StorageError, match="cannot be made: File name too long"):
        runs.create(tmp_path, "a" * 255)

    def read_only(*_):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "mkdir", read_only)
    with pytest.raises(StorageError, match=r"a-001: cannot be made: Read-only file system"):
        runs.create(tmp_path, "a")


def test_a_start_that_fails_leaves_no_directory(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(StorageError, match="No space left on device"):
        runs.create(tmp_path, "a")
    assert os.listdir(tmp_path) == []


def test_discard_removes_only_what_this_process_has_just_made(run, root):
    run.discard()
    assert os.listdir(root) == []
    with runs.open_exact(root / "x") as x:
        x.write_config("")
    with runs.open_exact(root / "x", "resume") as x:
        x.discard()
    assert (root / "x").is_dir()


def test_an_exact_directory_is_made_with_its_parents(tmp_path):
    with runs.open_exact(tmp_path / "a" / "b c" / "é") as run:
        assert run.path == tmp_path / "a" / "b c" / "é"
        assert run.origin == "new"
        assert run.checkpoints.is_dir()


@pytest.mark.parametrize("on_exist", runs.ON_EXIST)
def test_whatever_on_exist_says_a_file_or_a_foreign_directory_is_refused_and_untouched(tmp_path, on_exist):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "foreign" / "checkpoints").mkdir(parents=True)
    (tmp_path / "foreign" / "config.yaml").write_text("mine")
    before = content(tmp_path)
    for name in ("file", "foreign"):
        with pytest.raises(RunDirectoryError, match=f"{name}: exists already"):
            runs.open_exact(tmp_path / name, on_exist)
    assert content(tmp_path) == before


def test_error_refuses_even_an_empty_directory(tmp_path):
    (tmp_path / "x").mkdir()
    with pytest.raises(RunDirectoryError, match=r"x: exists already; choose another, or --on-exist"):
        runs.open_exact(tmp_path / "x")


def test_resume_takes_up_an_existing_run_as_it_is(run):
    run.metrics.append({"epoch": 1})
    run.close()
    before = content(run.path)
    with runs.open_exact(run.path, "resume") as again:
        assert again.origin == "resumed"
        assert content(run.path) == before


def test_skip_hands_an_existing_run_back_unlocked(run):
    before = content(run.path)
    assert runs.open_exact(run.path, "skip").origin == "skipped"
    assert content(run.path) == before


def old_run(run):
    """A finished run with a file of a person's; what it holds, but for the lock."""
    run.metrics.append({"epoch": 1, "step": 3, "train": {}})
    run.write_meta({})
    run.write_summary({})
    run.write_status("done")
    checkpoint.write(run.last, {"W": np.ones(3)}, {"step": 3})
    run.samples.mkdir()
    (run.samples / "epoch_0001.txt").write_text("drawn")
    (run.path / "notes.txt").write_text("mine")
    run.close()
    return files(run.path)


def files(path):
    return {
        str(p.relative_to(path)): p.read_bytes() for p in path.rglob("*") if p.is_file() and p.name != ".nntrain-lock"
    }


def test_replace_clears_what_nntrain_made_and_keeps_other_files(run):
    old_run(run)
    with runs.open_exact(run.path, "replace") as again:
        assert again.origin == "new"
        kept = {".nntrain-lock", ".nntrain-replaced", "status.json", "checkpoints", "notes.txt"}
        assert set(os.listdir(run.path)) == kept
        assert os.listdir(run.checkpoints) == []
        assert again.read_status()["status"] == "running"
        again.write_config("name: new\n")
        again.write_checkpoint(again.best, {}, {"step": 1})
        again.write_checkpoint(again.last, {}, {"step": 1})
        assert set(os.listdir(run.path)) == kept - {".nntrain-replaced"} | {"config.yaml"}
    assert checkpoint.read(run.last).manifest["step"] == 1


def test_the_old_run_is_put_back_where_the_new_one_saves_nothing(run):
    before = old_run(run)
    with runs.open_exact(run.path, "replace") as again:
        again.write_config("name: new\n")
        again.metrics.append({"epoch": 1})
        again.discard()  # as where config.yaml cannot be written
    assert files(run.path) == before


def replaced_in_a_child(path, k, saves):
    """Another process replaces the run, and is gone before its k-th call that changes a file; its exit code."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    calls = iter(range(k))

    def counted(call):
        def wrapped(*arguments, **keywords):
            if next(calls, None) is None:
                os._exit(9)
            return call(*arguments, **keywords)

        return wrapped

    try:
        for name in ("mkdir", "open", "write", "replace", "unlink", "fsync", "rmdir"):
            setattr(os, name, counted(getattr(os, name)))
        with runs.open_exact(path, "replace") as again:
            again.write_config("name: new\n")
            if saves:
                again.write_checkpoint(again.last, {}, {"step": 1})
        os._exit(0)
    finally:
        os._exit(1)


@pytest.mark.parametrize("saves", [pytest.param(False, marks=pytest.mark.slow), True])
def test_a_replace_that_is_killed_anywhere_leaves_the_old_run_or_the_new_one(root, saves):
    steps = []
    for k in range(200):
        run = runs.create(root, f"killed{k}")
        run.write_config("name: digits\n")
        before = old_run(run)
        code = replaced_in_a_child(run.path, k, saves)
        assert code in (0, 9)
        with runs.Run.open(run.path) as found:  # as whoever comes next
            steps.append(checkpoint.read(found.last).manifest["step"])
            assert steps[-1] == 3 or found.read_config() == "name: new\n"
        assert not list(run.path.glob(".nntrain-[rd]*"))
        assert steps[-1] == 1 or before.items() <= files(run.path).items()
        if code == 0:
            break
    assert steps == sorted(steps, reverse=True)
    assert steps[-1] == (1 if saves else 3)
    assert k > 20


def test_a_run_killed_at_any_point_of_its_making_can_be_replaced_and_resumed(tmp_path, monkeypatch):
    class Killed(BaseException):
        pass

    calls = {"left": 0}

    def counted(call):
        def wrapped(*arguments, **keywords):
            calls["left"] -= 1
            if calls["left"] < 0:
                raise Killed
            return call(*arguments, **keywords)

        return wrapped

    makings = 0
    for on_exist in ("replace", "resume", "skip"):
        for k in range(1, 40):
            path = tmp_path / f"{on_exist}-{k}"
            calls["left"] = k
            with monkeypatch.context() as patch:
                for name in ("mkdir", "open", "write", "replace", "unlink", "fsync", "rmdir"):
                    patch.setattr(os, name, counted(getattr(os, name)))
                patch.setattr(shutil, "rmtree", counted(shutil.rmtree))
                try:
                    made = runs.open_exact(path)
                except Killed:
                    makings += 1
                else:
                    made.close()
                    break
            if path.exists() and not (on_exist == "skip" and os.listdir(path)):
                with runs.open_exact(path, on_exist) as again:
                    assert again.origin == "new"
        else:
            pytest.fail("no making came to its end")
    assert makings > 15


def test_two_processes_that_want_one_directory_get_it_once(run):
    for on_exist in ("resume", "replace"):
        before = content(run.path)
        with pytest.raises(RunDirectoryError, match=f"in use by process {os.getpid()}; wait for it"):
            runs.open_exact(run.path, on_exist)
        assert content(run.path) == before


def test_replace_leaves_what_a_person_put_among_the_files_of_a_run(run):
    run.close()
    own = ["checkpoints/epoch100.pt", "samples/a.png", "tensorboard/notes.txt", "notes/today.txt"]
    made = ["checkpoints/last.npz", "samples/epoch_0003.png", "tensorboard/events.out.tfevents.17", "summary.json"]
    for name in [*own, *made]:
        (run.path / name).parent.mkdir(exist_ok=True)
        (run.path / name).write_text("x")
    with runs.open_exact(run.path, "replace"):
        assert all((run.path / name).exists() for name in own)
        assert not any((run.path / name).exists() for name in made)


def test_replace_takes_no_directory_whose_files_only_have_the_names(tmp_path):
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "config.yaml").write_text("a: 1\n")
    (foreign / "status.json").write_text("{}\n")
    with pytest.raises(RunDirectoryError, match="nntrain did not make it"):
        runs.open_exact(foreign, "replace")
    assert (foreign / "config.yaml").read_text() == "a: 1\n"


@pytest.mark.parametrize("left", ["checkpoints/last.npz", "checkpoints/best.npz", "metrics.jsonl"])
@pytest.mark.parametrize("instead", ["nothing", "a dangling link", "a directory"])
def test_resume_begins_nothing_anew_where_a_run_has_lost_its_config(run, left, instead):
    run.close()
    run.config_path.unlink()
    if instead == "a dangling link":
        run.config_path.symlink_to("nowhere")
    elif instead == "a directory":
        run.config_path.mkdir()
    (run.path / left).write_text("trained")
    with pytest.raises(RunDirectoryError, match=f"has {left} and no config.yaml"):
        runs.open_exact(run.path, "resume")
    assert (run.path / left).read_text() == "trained"
