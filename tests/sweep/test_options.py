"""Options that contradict each other, or would say nothing, are one line with exit code 2: nothing is guessed."""

import re

import pytest

from nntrain.parallel import launcher
from nntrain.sweep import children
from nntrain.sweep.slurm import array

LR = ("-r", "optimizer.lr=log:1e-3:1")
MOMENTUM = "optimizer.momentum=uniform:0:0.99"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--print", "--slurm"], "--print and --slurm: one of them"),
        (["--dask", "x:1", "--slurm"], "--slurm and --dask: one of them"),
        (["--dask", "x:1", "--jobs", 2], "--jobs: says nothing with --dask; leave it out"),
        (["--slurm", "--budget", 3], "--budget: says nothing with --slurm; leave it out"),
        (["--print", "--spawn"], "--spawn: says nothing with --print; leave it out"),
        (["--batch", 3], "--batch: says how many trials are decided on together; give --search or --halving with it"),
        (["--search", "random"], "--search random: says how ranges are searched; give -r KEY=RANGE with it"),
        (["seed=3", "--seeds", "0-1"], "--seeds: seed is varied, so it cannot be set to one value as well"),
        (["-r", "optimizer.lr,optimizer.momentum=uniform:0:1"], "a range is of one key; values that belong together"),
        (["-g", "training.epochs=1,2,9", "--halving"], "--halving: training.epochs is varied, and runs are compared"),
        (["-r", f"optimizer=adam:{MOMENTUM}"], "optimizer is never adam: it is sgd"),
        (["-g", "optimizer={type: sgd, lr: 0.1},adam", "-r", f"optimizer=sdg:{MOMENTUM}"], "it is sgd or adam"),
        (
            ["-r", f"optimizer.beta=1:{MOMENTUM}"],
            "optimizer.beta is never 1: neither the config nor the sweep gives it",
        ),
        ([*LR, "--halving", "--task", "first"], "--task first: expected WAVE:PLACE"),
        (["--slurm=--time='1"], "--slurm: a quote is open: --time='1"),
        (["--slurm=--array=0-3"], "--slurm: --array=0-3: nntrain says itself what the array is; leave it out"),
        (["--slurm=cpu"], "--slurm: expected options of sbatch, such as '--time=1:00:00'; got 'cpu'"),
    ],
)
def test_a_contradiction_is_one_line(arguments, expected, nntrain, config):
    told = nntrain("sweep", config, *arguments, code=2).stderr
    assert told.startswith("error: ")
    assert expected in told
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    "ranges",
    [
        [f"optimizer=sgd:{MOMENTUM}"],
        ["optimizer=choice:sgd,adam", f"optimizer=sgd:{MOMENTUM}"],
        ["optimizer.lr=uniform:0:1", f"optimizer.lr=0.5:{MOMENTUM}"],
    ],
)
def test_a_condition_that_can_hold_is_none(ranges, nntrain, config):
    said = [word for text in ranges for word in ("-r", text)]
    nntrain("sweep", config, *said, "-n", 2, "--print")


def test_options_of_sbatch_take_the_place_of_ours(tmp_path):
    script = array([["nntrain"]], "c", "-c 2 --comment='a b' --signal TERM@9", tmp_path)
    assert re.findall("#SBATCH (?!--job|--out)(.*)", script) == [
        "-c 2", "'--comment=a b'", "--signal TERM@9", "--requeue", "--array=0-0"
    ]  # fmt: skip


def test_a_sweep_is_not_started_by_mpiexec(nntrain, config, monkeypatch):
    monkeypatch.setenv("PMI_RANK", "1")
    monkeypatch.setenv("PMI_SIZE", "2")
    told = nntrain("sweep", config, "--seeds", "0-1", code=2).stderr
    assert told == "error: sweep: started as 2 processes; a sweep starts its runs itself: leave mpiexec or srun away\n"


def test_a_run_of_a_worker_that_srun_has_started_is_a_run_alone(monkeypatch):
    monkeypatch.setenv("SLURM_PROCID", "3")
    monkeypatch.setenv("SLURM_STEP_NUM_TASKS", "16")
    process = children.start(["sh", "-c", "echo $SLURM_PROCID$SLURM_STEP_NUM_TASKS$HOME >&2"])
    said = process.communicate()[1].decode()
    assert said.strip() == launcher.leave()["HOME"]


def test_values_of_which_more_and_less_are_better_are_not_compared(nntrain, config):
    runs = [nntrain("ask", "asked", config, *LR, "-n", 3).stdout.strip()]
    runs.append(nntrain("ask", "asked").stdout.strip())
    nntrain("tell", runs[0], 0.9, "--better", "more")
    nntrain("tell", runs[1], 0.8)
    told = nntrain("ask", "asked", code=2).stderr
    assert told == (
        f"error: {runs[1]}: less is better, and {runs[0]}: more is; tell all alike: "
        "nntrain tell RUN VALUE --better more\n"
    )
    nntrain("tell", runs[1], 0.8, "--better", "more")
    nntrain("ask", "asked")


def test_a_file_that_is_no_sweep_is_not_written_over(nntrain, config, tmp_path):
    (tmp_path / "asked").mkdir()
    (tmp_path / "asked" / "sweep.yaml").write_text("# mine\n")
    assert "is there and is no sweep" in nntrain("ask", "asked", config, *LR, code=2).stderr
