"""Every shell snippet about many runs works, in bash with `set -euo pipefail`, and run again trains nothing anew."""

import json
import re
import shutil

import pytest
from docs.conftest import ROOT, Desk, blocks

SNIPPETS = blocks((ROOT / "nntrain" / "docs" / "sweeps.md").read_text("utf-8"), "bash")

# sbatch as Slurm would: checks the script, then runs it once for every task with the variables it would get
SBATCH = """#!/bin/bash
set -euo pipefail
bash -n "$1"
[[ $(head -n 1 "$1") == '#!/bin/bash' ]]
array=$(sed -n 's/^#SBATCH --array=\\([0-9]*\\)-\\([0-9]*\\)$/\\1 \\2/p' "$1")
cpus=$(sed -n 's/^#SBATCH --cpus-per-task=//p' "$1")
for task in $(seq $array); do
  SLURM_ARRAY_TASK_ID=$task SLURM_CPUS_PER_TASK=$cpus SLURM_JOB_ID=1 bash "$1"
done
"""


# the runs that a snippet leaves, by the start of their directory's name
EXPECTED = {
    "runs/lr-": 3,
    "runs/xargs-": 6,
    "runs/parallel-": 4,
    "runs/slurm-": 6,
    "runs/grid": 6,
    "runs/random": 6,
    "runs/halving": 9,
    "runs/printed": 4,
    "runs/file": 8,
    "runs/look": 4,
    "runs/asked": 6,
    "runs/told": 4,
}


@pytest.fixture
def desk(tmp_path):
    """With `sbatch` too, and a config that trains in a moment."""
    desk = Desk(tmp_path)
    config = tmp_path / "configs" / "digits_mlp.yaml"
    config.write_text(re.sub(r"training: \{epochs: \d+", "training: {epochs: 3", config.read_text()))
    desk.program("sbatch", SBATCH)
    return desk


def bash(desk, snippet):
    code, printed, errors = desk.bash(f"set -euo pipefail\n{snippet}")
    assert code == 0, errors
    return printed


def runs_of(desk):
    """Run directory -> status, and when its files changed."""
    found = {}
    for status in desk.folder.glob("runs/**/status.json"):
        run = status.parent
        times = {f.name: f.stat().st_mtime_ns for f in run.glob("*.json*") if f.name != "status.json"}
        found[str(run.relative_to(desk.folder))] = (json.loads(status.read_text())["status"], times)
    return found


def test_there_is_a_snippet_for_each_way_to_run_many():
    for word in ("for lr in", "xargs -P", "parallel nntrain", "sbatch", "nntrain sweep"):
        assert any(word in snippet for snippet in SNIPPETS), word


def cases():
    """All but the first; those of many short processes, whose commands have tests of their own, in the slow suite."""
    for snippet in SNIPPETS[1:]:
        many = "nntrain ask" in snippet or "sbatch digits" in snippet
        yield pytest.param(snippet, marks=pytest.mark.slow if many else (), id=snippet.split("\n")[0][:50])


@pytest.mark.parametrize("again", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["once", "again"])
@pytest.mark.parametrize("snippet", list(cases()))
def test_a_snippet_runs_and_run_again_trains_nothing_anew(desk, snippet, again):
    if "parallel nntrain" in snippet and shutil.which("parallel") is None:
        pytest.skip("no GNU parallel here")
    bash(desk, snippet)
    first = runs_of(desk)
    assert {status for status, _ in first.values()} <= {"done", "stopped early", "told"}
    for start, count in EXPECTED.items():
        made = [run for run in first if run.startswith(start)]
        assert len(made) == (count if start in snippet else 0), start
    if again and ("--run-dir" in snippet or "nntrain sweep" in snippet):
        bash(desk, snippet)
        assert runs_of(desk) == first


def test_the_loop_prints_what_each_run_measured_and_trains_nothing_anew(desk):
    printed = bash(desk, SNIPPETS[0])
    first = runs_of(desk)
    lines = printed.splitlines()
    measured = [json.loads(line) for line in lines if line.startswith("{")]
    assert [m["split"] for m in measured] == ["test"] * 3
    assert lines[3].split() == ["run", "status", "optimizer.lr", "validation.accuracy"]
    assert bash(desk, SNIPPETS[0]) == printed
    assert runs_of(desk) == first
