"""Names, locales, closed streams, missing homes: it works, or says in one line why not."""

import errno
import json
import os
import subprocess

import numpy as np
import pytest
from reliability.configs import MLP, changed
from reliability.program import ENVIRONMENT, command, differing, left_behind, shell, write_config

QUICK = changed(MLP, training={"steps": 3})


@pytest.fixture
def config(tmp_path):
    return write_config(tmp_path / "c.yaml", QUICK)


def without(*names, **more):
    return {**{key: value for key, value in ENVIRONMENT.items() if key not in names}, **more}


SURROUNDINGS = {
    "no HOME, another hash seed": ((), without("HOME", "USER", "LOGNAME", PYTHONHASHSEED="12345")),
    "locale C": ((), without("LANG", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")),
    "optimized": (("-OO",), ENVIRONMENT),
    "warnings are errors": (("-W", "error"), ENVIRONMENT),
    "development mode": (("-B", "-X", "dev"), ENVIRONMENT),
}


@pytest.mark.parametrize("name", SURROUNDINGS)
def test_the_same_bytes_in_all_surroundings(undisturbed, tmp_path, name):
    path, expected = undisturbed(QUICK)
    python, environment = SURROUNDINGS[name]
    ended = shell(
        "fit", path, "-q", "--run-dir", tmp_path / "run", cwd=tmp_path, python=python, environment=environment
    )
    assert (ended.code, ended.stderr) == (0, "")
    assert not differing(left_behind(tmp_path / "run"), expected)


def test_a_processor_without_any_extension_that_numpy_looks_for(tmp_path, config):
    found = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    plain = without(NPY_DISABLE_CPU_FEATURES=" ".join(found))
    ended = shell("fit", config, "-q", "--dry-run", cwd=tmp_path, environment=plain)
    assert (ended.code, ended.stderr) == (0, "")


NAMES = ["a path with spaces", "é中文🙂", "quote'\"$(x)", "new\nline", "-dash", "x" * 255]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_run_directory_of_any_name(warm, tmp_path, config, name):
    run = tmp_path / name
    ended = warm.run("fit", config, "-q", "--run-dir", run)
    assert (ended.code, ended.stdout, ended.stderr) == (0, f"{run}\n", "")
    assert warm.run("resume", run, "-q").stdout == f"{run}\n"
    assert warm.run("eval", run).code == 0
    assert json.loads(warm.run("runs", tmp_path, "--json").stdout)[0]["run"] == str(run)


def test_names_outside_the_encoding_of_stdout(tmp_path, config):
    ascii_only = without(PYTHONIOENCODING="ascii", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    run = os.fsencode(tmp_path) + b"/" + "é中".encode() + b"\xff"
    program = [*command("fit", config), "--run-dir", run]
    ended = subprocess.run(program, env=ascii_only, capture_output=True, cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (0, run + b"\n")
    for arguments in (("runs", tmp_path), ("runs", tmp_path, "--json"), ("runs", tmp_path, "--csv")):
        ended = shell(*arguments, cwd=tmp_path, environment=ascii_only)
        assert (ended.code, ended.stderr) == (0, "")


def test_a_name_that_is_too_long_is_one_line(warm, tmp_path, config):
    ended = warm.run("fit", config, "--run-dir", tmp_path / ("x" * 256))
    assert ended.code == 7
    assert ended.stderr.endswith("File name too long\n")
    assert ended.stderr.count("\n") == 1


def through_bash(script, folder):
    program = " ".join(command())
    script = f'nntrain() {{ {program} "$@"; }}; {script}'
    ended = subprocess.run(["bash", "-c", script], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True)
    return ended.returncode, ended.stdout, ended.stderr


def test_a_reader_who_goes_away_does_not_stop_a_run_or_make_noise(tmp_path, config):
    write_config(tmp_path / "long.yaml", changed(MLP, training={"steps": 150, "epochs": 100, "early_stopping": None}))
    script = "nntrain fit long.yaml --run-dir run 2>&1 >out | head -1 >/dev/null; echo ${PIPESTATUS[0]}"
    assert through_bash(script, tmp_path) == (0, "0\n", "")
    assert (tmp_path / "out").read_text() == "run\n"
    assert json.loads((tmp_path / "run" / "status.json").read_text())["status"] == "done"
    for line in ("nntrain runs . | true", "nntrain schema | head -c 1"):
        code, _, errors = through_bash(line, tmp_path)
        assert (code, errors) == (0, "")


@pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-", ">/dev/full", "2>/dev/full"])
def test_closed_and_full_streams(tmp_path, config, closed):
    code, _, errors = through_bash(f"nntrain fit c.yaml --run-dir run {closed}", tmp_path)
    assert json.loads((tmp_path / "run" / "status.json").read_text())["status"] == "done"
    if closed == ">/dev/full":  # the result could not be told
        assert code == 7
        assert errors.splitlines()[-1] == "error: the output: No space left on device"
    else:
        assert code == 0
        assert "Traceback" not in errors


def test_resume_of_a_finished_run_is_exit_0_and_changes_nothing(warm, tmp_path, config):
    run = tmp_path / "run"
    warm.run("fit", config, "-q", "--run-dir", run)

    def state():
        return {p: (p.stat().st_mtime_ns, p.is_file() and p.read_bytes()) for p in [run, *run.rglob("*")]}

    before = state()
    for arguments in (("resume", run), ("fit", config, "--run-dir", run, "--on-exist", "resume")):
        ended = warm.run(*arguments)
        assert (ended.code, ended.stdout) == (0, f"{run}\n")
        assert state() == before


def test_a_finished_run_on_a_disk_that_takes_nothing_is_exit_0(nntrain, tmp_path, config, monkeypatch):
    run = tmp_path / "run"
    nntrain("fit", config, "-q", "--run-dir", run)
    opened = os.open

    def read_only(path, flags, *more, **options):
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and os.fsdecode(path).startswith(str(run)):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)
        return opened(path, flags, *more, **options)

    monkeypatch.setattr(os, "open", read_only)
    nntrain("resume", run)
    for on_exist in ("resume", "skip"):
        nntrain("fit", config, "--run-dir", run, "--on-exist", on_exist)
    ended = nntrain("resume", run, "training.epochs=50", "training.steps=5", code=7)
    assert "Read-only file system" in ended.stderr


@pytest.mark.parametrize("damage", ["missing", "cut"])
def test_a_finished_run_that_lost_its_last_checkpoint_is_exit_5_with_the_command_that_makes_it_whole(
    warm, tmp_path, config, damage
):
    run = tmp_path / "run"
    warm.run("fit", config, "-q", "--run-dir", run)
    last, expected = run / "checkpoints" / "last.npz", left_behind(run)
    last.unlink() if damage == "missing" else last.write_bytes(last.read_bytes()[:300])
    ended = warm.run("resume", run)
    assert (ended.code, ended.stdout) == (5, "")
    assert ended.stderr.startswith(f"error: {last}: ")
    assert len(ended.stderr.splitlines()) == 1
    advised = ended.stderr.rpartition("nntrain ")[2].split()
    assert warm.run(*advised, "-q").code == 0
    assert not differing(left_behind(run), expected)
