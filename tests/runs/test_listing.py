"""A listing shows every run, each with its true status."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nntrain import runs
from nntrain.errors import ConfigError


def test_a_listing_shows_every_run_with_its_true_status(root, live_process):
    for number, state in enumerate(runs.STATES, 1):
        with runs.create(root, "a") as run:
            run.write_config("")
            run.write_status(state, epoch=number, step=7)
            run.write_summary({"loss": 0.5})
    rows = runs.scan(root)
    assert [row["status"] for row in rows] == ["interrupted", *runs.STATES[1:]]
    assert rows[1] == {"run": str(root / "a-002"), "status": "done", "epoch": 2, "step": 7, "loss": 0.5}
    with live_process(root / "a-001") as process:
        assert runs.scan(root)[0]["status"] == "running"
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert runs.scan(root)[0]["status"] == "interrupted"


def test_a_listing_passes_over_what_is_no_run_and_survives_what_is_broken(root):
    with runs.create(root, "a") as run:
        run.write_summary({"loss": 1})
    run.status_path.write_bytes(b'{"status": "do')
    with runs.create(root, "a") as run:
        pass
    run.status_path.unlink()
    os.mkfifo(run.summary_path)
    with runs.create(root, "a") as run:
        run.write_summary({})
    run.status_path.write_text('{"status": ["unhashable"], "run": 5, "summary": 6}')
    (root / "junk" / "status.json").mkdir(parents=True)
    (root / "empty").mkdir()
    (root / "file").write_text("")
    (root / "dangling").symlink_to("nowhere")
    assert [(Path(row["run"]).name, row["status"]) for row in runs.scan(root)] == [
        ("a-001", "interrupted"),
        ("a-002", "interrupted"),
        ("a-003", "interrupted"),
    ]


def test_a_run_without_a_summary_shows_the_last_line_of_its_log(root):
    with runs.create(root, "a") as run:
        run.metrics.append({"epoch": 1, "train": {"loss": 2.0}})
        run.metrics.append({"epoch": 2, "train": {"loss": 1.0}})
    assert runs.scan(root)[0]["final"] == {"epoch": 2, "train": {"loss": 1.0}}
    run.metrics_path.write_bytes(b"garbage\n")
    assert runs.scan(root)[0]["final"] == {}


def test_a_listing_is_in_the_order_of_names_and_numbers(root):
    for name in ("b-2", "a-1000", "a-999", "b-10", "a"):
        runs.open_exact(root / name).close()
    assert [Path(row["run"]).name for row in runs.scan(root)] == ["a", "a-999", "a-1000", "b-2", "b-10"]


def test_a_listing_of_a_missing_directory_is_a_config_error(root):
    with pytest.raises(ConfigError, match="no such directory"):
        runs.scan(root)


def test_a_listing_needs_no_numpy():
    script = "import sys; from nntrain import runs; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0
