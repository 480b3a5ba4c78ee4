"""`--tensorboard` beside kills, resumes and what stands in its place: the points are those of the log."""

import json
import signal

import pytest
from files.test_event_file import events
from reliability.configs import MLP, changed
from reliability.program import write_config

CONFIG = changed(
    MLP, training={"steps": 9, "early_stopping": None, "evaluate": {"steps": 1}, "checkpoint": {"steps": 3}}
)


def points(run):
    """What TensorBoard shows: a session that starts takes back what stands at its step and behind it."""
    shown = {}
    for path in sorted((run / "tensorboard").iterdir()):
        for step, values, starts in events(path):
            if starts:
                shown = {at: value for at, value in shown.items() if at < step}
            else:
                shown[step] = values["loss/train"]
    return shown


def logged(run):
    lines = map(json.loads, (run / "metrics.jsonl").read_text().splitlines())
    return {line["step"]: pytest.approx(line["train"]["loss"], rel=1e-6) for line in lines}


def train(warm, run, config, **planted):
    return warm.run("fit", config, "-q", "--run-dir", run, "--on-exist", "resume", "--tensorboard", **planted)


def wrong(warm, folder, calls):
    """Kills before these system calls: how many struck, and those after which the points are not those of the log."""
    config = write_config(folder / "c.yaml", CONFIG)
    killed, found = 0, []
    for k in calls:
        run = folder / f"call{k}"
        killed += train(warm, run, config, kill_at=[k]).code == -signal.SIGKILL
        ended = train(warm, run, config)
        if (ended.code, ended.stderr) != (0, "") or points(run) != logged(run):
            found.append((k, ended, points(run)))
    return killed, found


def test_no_point_is_lost_or_kept_by_a_kill(warm, tmp_path):
    killed, found = wrong(warm, tmp_path, (14, 22, 60))
    assert not found
    assert killed == 3


@pytest.mark.slow
def test_no_point_is_lost_or_kept_by_a_kill_before_any_system_call(warm, tmp_path):
    killed, found = wrong(warm, tmp_path, range(1, 150))
    print(killed, "kills")
    assert not found
    assert killed > 90


def test_a_link_in_place_of_the_folder_goes_and_what_it_leads_to_stays(warm, tmp_path):
    config = write_config(tmp_path / "c.yaml", CONFIG)
    theirs, run = tmp_path / "theirs", tmp_path / "run"
    theirs.mkdir()
    assert warm.run("fit", config, "-q", "--run-dir", run, "--max-seconds", 0).code == 143
    (run / "tensorboard").symlink_to(theirs)
    assert train(warm, run, config).code == 0
    assert points(run) == logged(run)
    assert not list(theirs.iterdir())


def test_a_file_in_place_of_the_folder_is_exit_7(warm, tmp_path):
    config = write_config(tmp_path / "c.yaml", CONFIG)
    run = tmp_path / "run"
    assert warm.run("fit", config, "-q", "--run-dir", run, "--max-seconds", 0).code == 143
    (run / "tensorboard").write_text("theirs")
    ended = train(warm, run, config)
    assert (ended.code, ended.stderr) == (7, f"error: {run}/tensorboard: cannot be made: File exists\n")
