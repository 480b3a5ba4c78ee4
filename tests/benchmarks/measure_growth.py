"""Seconds and memory of commands for much of everything: directories, lines of a log, columns and classes of a table.

    PYTHONPATH=tests python tests/benchmarks/measure_growth.py [SHARE]

A share of 0.1 takes a tenth of each.  For each: wall seconds, processor seconds, peak resident MB, and those above the
program's own.
"""

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from reliability.configs import MLP, changed
from reliability.program import ENVIRONMENT, command, shell, write_config

DIRECTORIES, LINES, COLUMNS, CLASSES = 20_000, 1_000_000, 100_000, 50_000


def measured(what, *words, cwd):
    begin = time.monotonic()
    with open(os.devnull, "wb") as nothing, tempfile.TemporaryFile() as stderr:
        process = subprocess.Popen(command(*words), cwd=cwd, env=ENVIRONMENT, stdout=nothing, stderr=stderr)
        _, status, usage = os.wait4(process.pid, 0)
        stderr.seek(0)
        text = stderr.read().decode("utf-8", "replace")
    process.returncode = os.waitstatus_to_exitcode(status)
    wall, processor, peak = time.monotonic() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
    said = f" exit {process.returncode}: {text.strip()[:150]}" if process.returncode else ""
    print(f"{what:50} {wall:6.2f} s {processor:6.2f} s of processor {peak:6.0f} MB{said}", flush=True)


def many_directories(folder, count):
    write_config(folder / "c.yaml", changed(MLP, training={"epochs": 2, "early_stopping": None}))
    ended = shell("fit", "c.yaml", "-q", "--run-dir", "one", cwd=folder)
    assert ended.code == 0, ended
    files = {p.relative_to(folder / "one"): p.read_bytes() for p in (folder / "one").rglob("*") if p.is_file()}
    for i in range(count):
        run = folder / "runs" / f"mlp-{i}"
        for name, content in files.items():
            (run / name).parent.mkdir(parents=True, exist_ok=True)
            if len(name.parts) > 1:
                os.link(folder / "one" / name, run / name)
            else:
                (run / name).write_bytes(content)


def long_log(folder, count):
    """A finished run whose log has so many lines."""
    run, chance, digest = folder / "long" / "a", random.Random(0), hashlib.sha256()
    shutil.copytree(folder / "one", run)
    line = (
        '{"epoch":%d,"step":%d,"lr":0.03,"train":{"loss":%r,"accuracy":%r},"validation":{"loss":%r,"accuracy":0.875}}\n'
    )
    with open(run / "metrics.jsonl", "wb") as log:
        for i in range(1, count + 1):
            text = (line % (i, 3 * i, chance.random(), chance.random(), chance.random())).encode()
            digest.update(text)
            log.write(text)
    status = json.loads((run / "status.json").read_text())
    told = {**status, "lines": count, "log_sha256": digest.hexdigest(), "epoch": count, "step": 3 * count}
    (run / "status.json").write_text(json.dumps(told, indent=2))
    shutil.copytree(run, folder / "cut" / "a")  # one that was killed: no summary
    (folder / "cut" / "a" / "summary.json").unlink()
    (folder / "cut" / "a" / "status.json").write_text(json.dumps({**told, "status": "running"}, indent=2))


def table(folder, name, rows):
    (folder / f"{name}.csv").write_text("\n".join(rows) + "\n")
    dataset = {"type": "csv", "path": f"{name}.csv", "target": -1}
    config = {**MLP, "dataset": dataset, "metrics": [], "training": {"steps": 1}}
    write_config(folder / f"{name}.yaml", config)


def main(share):
    directories, lines, columns, classes = (round(share * n) for n in (DIRECTORIES, LINES, COLUMNS, CLASSES))
    chance = random.Random(0)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        many_directories(folder, directories)
        measured("the program: --version", "--version", cwd=folder)
        for words in (("runs", "runs"), ("runs", "runs", "--json"), ("runs", "runs", "--sort", "validation.loss")):
            measured(f"{directories:,} directories: {' '.join(words)}", *words, cwd=folder)
        long_log(folder, lines)
        for words in (
            ("runs", "long"),
            ("runs", "cut"),
            ("plot", "long"),
            ("plot", "cut"),
            ("compare", "long"),
            ("compare", "cut"),
        ):
            measured(f"a log of {lines:,} lines: {' '.join(words)}", *words, cwd=folder)
        numbers = [[f"{chance.random():.2f}" for _ in range(columns)] for _ in range(10)]
        rows = [",".join([*numbers[i % 10][i:], *numbers[i % 10][:i], str(i % 2)]) for i in range(40)]
        table(folder, "wide", [",".join([*(f"gene{i}" for i in range(columns)), "y"]), *rows])
        measured(f"a table of {columns:,} columns, 40 rows: data", "data", "wide.yaml", cwd=folder)
        measured(f"a table of {columns:,} columns, 40 rows: fit", "fit", "wide.yaml", "-q", cwd=folder)
        rows = [f"{chance.random():.3f},{chance.random():.3f},name{i % classes}" for i in range(2 * classes)]
        table(folder, "classes", ["a,b,y", *rows])
        measured(f"a table of {classes:,} classes, 2 rows each: data", "data", "classes.yaml", cwd=folder)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)
