"""What a resume takes up and what it refuses: divergence, changed configs and data, clocks, torn logs, lost files."""

import json
import os
import shutil
from functools import partialmethod

import numpy as np
import pytest
from reliability.configs import MLP, changed
from reliability.program import differing, left_behind, write_config

import nntrain
from nntrain.data.generators import Moons
from nntrain.errors import ConfigError, Interrupted
from nntrain.files import checkpoint

SHORT = changed(MLP, training={"steps": 9, "checkpoint": {"steps": 4}})


@pytest.fixture
def cut(warm, undisturbed, tmp_path):
    """A run killed late, its config, and what it would have left behind."""

    def cut(config=SHORT, k=60, **planted):
        path, expected = undisturbed(config)
        run = tmp_path / "run"
        assert warm.run("fit", path, "-q", "--run-dir", run, kill_at=[k], **planted).code == -9
        return run, path, expected

    return cut


def status(run):
    return json.loads((run / "status.json").read_text())


def last(run):
    return checkpoint.read(run / "checkpoints" / "last.npz")


@pytest.mark.parametrize("step", [1, 2, 3, 5, 8, 9])
def test_nan_in_a_gradient_is_exit_4_at_that_step_and_the_state_before_it_stays(warm, tmp_path, step):
    config = changed(SHORT, training={"checkpoint": {"seconds": 10}})
    path, run = write_config(tmp_path / "c.yaml", config), tmp_path / "run"
    ended = warm.run("fit", path, "-q", "--run-dir", run, nan_at_step=[step])
    assert (ended.code, ended.stdout) == (4, "")
    assert ended.stderr.startswith(f"error: diverged at step {step}: the norm of the gradient is nan")
    assert (status(run)["status"], status(run)["step"]) == ("diverged", step - 1)
    saved = last(run)
    assert saved.manifest["step"] == step - 1
    assert all(np.isfinite(array).all() for array in saved.arrays.values())
    assert (run / "checkpoints" / "best.npz").exists() == (step > 3)
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    summary = json.loads((run / "summary.json").read_text())
    assert (summary["status"], summary["steps"]) == ("diverged", step - 1)
    assert summary["final"] == ({key: lines[-1][key] for key in summary["final"]} if lines else {})
    if step > 3:
        best = min(lines, key=lambda line: line["validation"]["loss"])
        assert (summary["best"]["step"], summary["best"]["validation"]) == (best["step"], best["validation"])
    again = warm.run("resume", run, "-q", nan_at_step=[step])
    assert (again.code, again.stderr) == (4, ended.stderr)


def test_nan_in_validation_alone_is_exit_4_at_that_step_and_again_when_resumed(warm, undisturbed, tmp_path):
    path, expected = undisturbed(SHORT)
    run = tmp_path / "run"
    ended = warm.run("fit", path, "-q", "--run-dir", run, nan_in_evaluation=[2])
    assert (ended.code, ended.stderr) == (4, "error: diverged at step 6: validation.loss is nan\n")
    assert (status(run)["status"], last(run).manifest["step"]) == ("diverged", 6)
    assert checkpoint.read(run / "checkpoints" / "best.npz").manifest["step"] == 3
    ended = warm.run("resume", run, "-q", nan_in_evaluation=[1])
    assert (ended.code, ended.stderr) == (4, "error: diverged at step 6: validation.loss is nan\n")
    assert warm.run("resume", run, "-q").code == 0  # the reason is gone: the line of step 6 is not missing
    assert not differing(left_behind(run), expected)


def test_a_diverged_run_is_listed_with_its_best_values_so_far(warm, tmp_path):
    path, run = write_config(tmp_path / "c.yaml", SHORT), tmp_path / "runs" / "r"
    assert warm.run("fit", path, "-q", "--run-dir", run, nan_in_evaluation=[2]).code == 4
    best = json.loads((run / "metrics.jsonl").read_text().splitlines()[0])["validation"]
    (row,) = json.loads(warm.run("runs", tmp_path / "runs", "--json").stdout)
    assert (row["status"], row["best"]["validation"]) == ("diverged", best)
    (compared,) = json.loads(warm.run("compare", run, "--json").stdout)["runs"]
    assert compared["metrics"]["validation.loss"] == best["loss"]


def test_a_rate_far_too_high_is_exit_4_and_what_is_saved_is_finite(warm, tmp_path):
    config = changed(SHORT, optimizer={"type": "sgd", "lr": 1e30}, architecture=[{"dense": 9}, {"dense": 2}])
    path, run = write_config(tmp_path / "c.yaml", config), tmp_path / "run"
    ended = warm.run("fit", path, "-q", "--run-dir", run)
    assert ended.code == 4
    assert status(run)["status"] == "diverged"
    for file in (run / "checkpoints").iterdir():
        assert all(np.isfinite(array).all() for array in checkpoint.read(file).arrays.values())


def kept(run):
    """What a run has but for the temporary file that a kill leaves, which goes."""
    return {name: content for name, content in left_behind(run).items() if not name.endswith(".tmp")}


@pytest.mark.parametrize("k", [30, 60])
def test_a_changed_config_is_exit_2_with_every_differing_key_and_both_values(warm, cut, k, tmp_path):
    """Also where there is no checkpoint yet."""
    run, _, expected = cut(k=k)
    assert (run / "checkpoints" / "last.npz").exists() == (k == 60)
    before = kept(run)
    other = changed(SHORT, optimizer={"type": "adam", "lr": 0.5}, dataset={"batch_size": 8}, seed=1)
    lines = ["optimizer.lr: was 0.02, is 0.5", "dataset.batch_size: was 16, is 8", "seed: was 0, is 1"]
    ended = warm.run("fit", write_config(tmp_path / "o.yaml", other), "--run-dir", run, "--on-exist", "resume")
    assert ended.code == 2
    assert {f"error: resume: {line}" for line in lines} <= set(ended.stderr.splitlines())
    ended = warm.run("resume", run, "optimizer.lr=0.5", "dataset.batch_size=8", "seed=1")
    assert ended.code == 2
    assert {f"error: resume: {line}" for line in lines} <= set(ended.stderr.splitlines())
    assert kept(run) == before
    assert warm.run("resume", run, "-q").code == 0
    assert not differing(left_behind(run), expected)


@pytest.mark.parametrize("k", [30, 60])
def test_changed_data_are_exit_2_and_moved_data_are_not(warm, tmp_path, k):
    rows = np.random.default_rng(0).standard_normal((90, 3)).round(3)
    rows[:, 2] = np.arange(90) % 2
    data, run = tmp_path / "data.csv", tmp_path / "run"
    np.savetxt(data, rows, "%g", ",")
    dataset = {"type": "csv", "path": "data.csv", "batch_size": 16}
    path = write_config(tmp_path / "c.yaml", {**SHORT, "dataset": dataset})
    assert warm.run("fit", path, "-q", "--run-dir", run, kill_at=[k]).code == -9
    good = data.read_text()
    data.write_text(good.replace(good.split(",")[0], "9.5", 1))
    ended = warm.run("resume", run)
    assert ended.code == 2
    assert "error: resume: the data: SHA-256 was " in ended.stderr
    data.unlink()
    (tmp_path / "moved.csv").write_text(good)
    assert warm.run("resume", run, "-q").code == 3
    assert warm.run("resume", run, "-q", f"dataset.path={tmp_path / 'moved.csv'}").code == 0


def test_drawn_data_may_end_in_other_bits_as_processors_round_sines_and_logarithms(tmp_path, monkeypatch):
    run, draw = tmp_path / "run", Moons.draw
    with pytest.raises(Interrupted):
        nntrain.fit(SHORT, run_dir=run, stop=lambda: 15)

    def elsewhere(self, stream, difference):
        points, labels = draw(self, stream)
        return points + difference, labels

    monkeypatch.setattr(Moons, "draw", partialmethod(elsewhere, difference=0.001))
    with pytest.raises(ConfigError, match="the data: SHA-256 was"):
        nntrain.resume(run)
    monkeypatch.setattr(Moons, "draw", partialmethod(elsewhere, difference=1e-15))
    assert nntrain.resume(run).status == "done"


def test_limits_may_change(warm, undisturbed, cut):
    run, _, _ = cut()
    assert warm.run("resume", run, "-q", "training.steps=12").code == 0
    assert status(run)["step"] == 12
    assert warm.run("resume", run, "-q", "training.steps=15", "training.early_stopping.patience=9").code == 0
    assert status(run)["step"] == 15


@pytest.mark.parametrize("times", [(0, 0), (1e9, 1e9), (4e9, 0), (0, 4e9)])
def test_the_newest_checkpoint_is_that_of_the_highest_step_whatever_the_clock(warm, cut, times):
    run, _, expected = cut()
    for name, time in zip(("last.npz", "best.npz"), times, strict=True):
        os.utime(run / "checkpoints" / name, (time, time))
    ended = warm.run("resume", run, "-q")
    assert (ended.code, ended.stderr) == (0, "")
    assert not differing(left_behind(run), expected)


def test_the_proof_of_clocks_catches_the_newest_by_time(warm, cut):
    run, _, _ = cut()
    os.utime(run / "checkpoints" / "last.npz", (0, 0))
    before = last(run).manifest["step"]
    ended = warm.run("resume", run, takes_the_newest_by_time=[], nan_at_step=[before])
    assert ended.code == 4, "it went back behind the newest checkpoint"


@pytest.mark.parametrize("tail", [b"", b'{"epoch":', b'{"epoch":9,"step":9}\n' * 3, b'{}\n{"ep', b"\n\n\xff\0"])
def test_a_torn_or_longer_log_is_cut_back(warm, cut, tail):
    run, _, expected = cut()
    for name in ("metrics.jsonl", "timing.jsonl"):
        with open(run / name, "ab") as file:
            file.write(tail)
    assert warm.run("resume", run, "-q").code == 0
    assert not differing(left_behind(run), expected)
    assert (run / "timing.jsonl").read_bytes().count(b"\n") == expected["metrics.jsonl"].count(b"\n")


def test_a_log_that_lost_lines_is_exit_5(warm, cut):
    run, _, _ = cut()
    (run / "metrics.jsonl").write_bytes(b"")
    ended = warm.run("resume", run)
    assert ended.code == 5
    assert "the checkpoint was saved after" in ended.stderr


@pytest.mark.parametrize("loss", ["removed", "damaged"])
def test_a_lost_best_checkpoint_is_told_and_does_not_stop_the_run(warm, cut, loss):
    run, _, _ = cut()
    best = run / "checkpoints" / "best.npz"
    step = checkpoint.read(best).manifest["step"]
    best.unlink() if loss == "removed" else best.write_bytes(best.read_bytes()[:-1])
    ended = warm.run("resume", run, "-q")
    assert ended.code == 0
    assert f"warning: {best} is not that of step {step}: the best from here on is kept\n" in ended.stderr
    assert warm.run("eval", run).code == 0


def test_both_checkpoints_damaged_start_again_with_a_warning_and_the_same_end(warm, cut):
    run, _, expected = cut()
    for file in (run / "checkpoints").iterdir():
        file.write_bytes(file.read_bytes()[:-1])
    ended = warm.run("resume", run, "-q")
    assert ended.code == 0
    assert ended.stderr.count("warning: ") == 2
    assert not differing(left_behind(run), expected)


def test_the_checkpoint_of_another_run_is_refused(warm, cut, undisturbed):
    run, _, _ = cut()
    other, _ = undisturbed(changed(SHORT, architecture=[{"dense": 7}, {"dense": 2}]))
    shutil.copy(other.parent / "run" / "checkpoints" / "last.npz", run / "checkpoints" / "last.npz")
    ended = warm.run("resume", run)
    assert ended.code == 2
    assert "error: resume: architecture.0.units: was 7, is 16" in ended.stderr


@pytest.mark.parametrize("key", ["config", "dataset", "data_sha256", "lines", "line_step", "monitor", "training"])
def test_a_manifest_that_nntrain_did_not_write_is_one_line(warm, cut, key):
    run, _, _ = cut()
    saved = last(run)
    for value in (None, "x"):
        checkpoint.write(run / "checkpoints" / "last.npz", saved.arrays, {**saved.manifest, key: value})
        ended = warm.run("eval", run, "--which", "last")
        assert ended.code == (5 if key in ("config", "dataset") else 0), ended
        if key != "dataset":  # resuming reads the data again
            ended = warm.run("resume", run, "-q")
            assert ended.code in (2, 5), ended
            assert ended.stderr
