"""A listing shows every run, each with its true status."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nntrain import runs
from nntrain.errors import ConfigError
from nntrain.runs import records
from nntrain.runs.log_reader import last_line


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


DAMAGED = {
    "status.json": [
        *(b"", b'{"status": "do', b"[]", b'{"status": ["unhashable"]}', b'{"status": "won"}', b"\xff", b"[" * 100_000),
        *(b'{"status": "done", "epoch": "x"}', b'{"status": "done", "step": 1.5}', b'{"status": "done", "pid": true}'),
    ],
    "summary.json": [
        *(b'{"best": "x"}', b'{"final": []}', b'{"final": {"train": 1}}', b'{"seconds": NaN}', b'{"seconds": 1e999}'),
        *(b'{"parameters": 1%s}' % (b"0" * 400), b'{"seconds": 1%s}' % (b"0" * 400), b'{"epochs": -1}'),
        *(b'{"best": {"epoch": null}}', b'{"best": {"test": {"loss": "low"}}}', b'{"monitor": 7}'),
    ],
    "metrics.jsonl": [
        *(b"garbage\n", b'{"epoch":1,"step":1,"lr":0.1}\n', b'{"epoch":null,"step":1,"train":{}}\n'),
        *(b'{"epoch":1,"step":1,"lr":"x","train":{}}\n', b'{"epoch":1,"step":1,"train":{"loss":true}}\n'),
    ],
    "config.yaml": [b"", b"name: digits\n", b"[", b"\xff\xfe"],
}


@pytest.mark.parametrize(("name", "content"), [(name, content) for name in DAMAGED for content in DAMAGED[name]])
def test_a_run_of_which_a_file_is_damaged_is_listed_as_damaged_with_its_place(root, name, content):
    with runs.create(root, "a") as run:
        run.write_config("name: a\n")
        run.write_status("done", epoch=2, step=7)
    (run.path / name).write_bytes(content)
    [row] = runs.scan(root)
    assert (row["run"], row["status"]) == (str(run.path), "damaged")
    assert row["damage"].startswith(str(run.path / name))
    assert row.keys() == {"run", "status", "damage"}


def test_a_listing_passes_over_what_is_no_run(root):
    runs.create(root, "a").close()
    (root / "junk" / "status.json").mkdir(parents=True)
    (root / "empty").mkdir()
    (root / "file").write_text("")
    (root / "dangling").symlink_to("nowhere")
    assert [(Path(row["run"]).name, row["status"]) for row in runs.scan(root)] == [("a-001", "interrupted")]


@pytest.mark.parametrize("name", ["status.json", "summary.json", "metrics.jsonl", "config.yaml"])
@pytest.mark.parametrize("put", [os.mkfifo, os.mkdir, lambda path: os.symlink("nowhere", path)])
def test_a_listing_waits_for_no_pipe_and_follows_no_link(root, name, put):
    with runs.create(root, "a") as run:
        run.write_config("name: a\n")
        run.write_status("done", epoch=2, step=7)
    (run.path / name).unlink(missing_ok=True)
    put(run.path / name)
    assert runs.scan(root)[0]["damage"].startswith(str(run.path / name))


def test_a_run_without_a_summary_shows_the_last_line_of_its_log(root):
    lines = [{"epoch": epoch, "step": epoch, "train": {"loss": 1 / epoch}} for epoch in (1, 2)]
    with runs.create(root, "a") as run:
        for line in lines:
            run.metrics.append(line)
        run.write_config("name: a\n")
    assert runs.scan(root)[0]["final"] == lines[1]
    with open(run.metrics_path, "ab") as file:
        file.write(b'{"epoch":3')  # as a live run writes it
    assert runs.scan(root)[0]["final"] == lines[1]


@pytest.mark.parametrize("length", [0, 1, 100, 1 << 16, 200_000])
def test_the_last_line_is_found_from_the_end_of_a_log_whatever_its_length(tmp_path, length):
    path, line = tmp_path / "metrics.jsonl", {"epoch": 1, "step": 1, "train": {}, "more": "x" * length}
    text = json.dumps(line).encode() + b"\n"
    for before, behind in ((b"", b""), (b"{}\n" * 3, b""), (b"{}\n", b"torn" * length), (b"\n", b"")):
        path.write_bytes(before + text + behind)
        assert last_line(path, records.wrong_line) == (line, "")
    path.write_bytes(b"torn")
    assert last_line(path, records.wrong_line) == ({}, "")


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


@pytest.mark.parametrize("written", ["runs", "./runs", "runs/", "runs//", ".//runs/."])
def test_a_run_has_one_path_however_its_folder_was_written(tmp_path, monkeypatch, written):
    monkeypatch.chdir(tmp_path)
    runs.create(tmp_path / "runs", "a").close()
    assert [row["run"] for row in runs.scan(written)] == ["runs/a-001"]
    monkeypatch.chdir("runs")
    assert [row["run"] for row in runs.scan(".")] == ["a-001"]
