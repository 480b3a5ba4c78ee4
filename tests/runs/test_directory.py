"""A run keeps what the contract names, and reads it back whatever state it is in."""

import json
import os
import shutil

import numpy as np
import pytest

from nntrain import __version__
from nntrain.errors import StorageError
from nntrain.files import checkpoint
from nntrain.runs.environment import environment, git_commit

LOGS = {"metrics.jsonl", "timing.jsonl"}
PATHS = LOGS | {"config.yaml", "meta.json", "status.json", "summary.json", "checkpoints", "samples"}


def test_the_directory_holds_what_the_contract_names(run):
    run.write_meta(environment())
    run.write_status("done", epoch=2, step=10)
    run.write_summary({"best": {"loss": float("nan")}})
    line = {"epoch": 1, "step": 10, "lr": 0.1, "train": {"loss": 0.5}}
    run.metrics.append(line)
    run.timing.append({"seconds": 0.5})
    checkpoint.write(run.last, {}, {"step": 10})
    run.samples.mkdir()
    assert set(os.listdir(run.path)) == PATHS | {".nntrain-lock"}
    assert run.read_config() == "name: digits\n"
    assert run.read_status().items() >= {"status": "done", "epoch": 2, "step": 10}.items()
    assert run.read_summary() == {"best": {"loss": None}}
    assert run.read_metrics() == [line]


def test_a_status_that_does_not_exist_is_a_bug_of_the_caller(run):
    with pytest.raises(ValueError, match="none of"):
        run.write_status("finished")


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"\xff", b"[" * 100_000])
def test_a_half_written_json_file_reads_as_empty(run, text):
    run.status_path.write_bytes(text)
    assert run.read_status() == {}


def test_a_summary_of_any_size_is_read_back(run):
    confusion = [[i * j for j in range(400)] for i in range(400)]
    run.write_summary({"best": {"test": {"confusion": confusion}}})
    assert run.summary_path.stat().st_size > 1 << 20
    assert run.read_summary() == {"best": {"test": {"confusion": confusion}}}


def test_a_directory_removed_during_the_run_is_named_at_the_next_write(run):
    shutil.rmtree(run.path)
    for write in (
        lambda: run.write_status("running"),
        lambda: checkpoint.write(run.last, {}, {"step": 1}),
        lambda: run.metrics.append({}),
    ):
        with pytest.raises(StorageError, match="No such file or directory"):
            write()


def test_the_environment_names_what_a_result_could_depend_on():
    facts = environment()
    assert facts["nntrain"] == __version__
    assert facts["numpy"] == np.__version__
    assert facts["blas"] != "unknown"
    assert json.loads(json.dumps(facts)) == facts


def test_the_git_commit_is_found_from_a_subdirectory_in_each_form_git_keeps_it(tmp_path):
    commit, git = "0123456789abcdef" * 2 + "01234567", tmp_path / ".git"
    (tmp_path / "a" / "b").mkdir(parents=True)
    (git / "refs" / "heads").mkdir(parents=True)
    (git / "HEAD").write_text(commit + "\n")
    assert git_commit(tmp_path / "a" / "b") == commit
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    assert git_commit(tmp_path) is None
    (git / "packed-refs").write_text(f"# pack-refs\n{commit} refs/heads/main\n")
    assert git_commit(tmp_path) == commit
    (git / "packed-refs").unlink()
    (git / "refs" / "heads" / "main").write_text(commit)
    assert git_commit(tmp_path) == commit
    (git / "worktrees" / "w").mkdir(parents=True)
    (git / "worktrees" / "w" / "HEAD").write_text("ref: refs/heads/main\n")
    (git / "worktrees" / "w" / "commondir").write_text("../..\n")
    (tmp_path / "a" / ".git").write_text(f"gitdir: {git}/worktrees/w\n")
    assert git_commit(tmp_path / "a") == commit
