"""A run that is made longer: what that does to its rates, and what resume says where there is nothing to do."""

import json

import pytest

MLP = """
dataset: {type: moons, examples: 80, validation: 0.2, batch_size: 16}
architecture: [{dense: 4}, tanh, {dense: $dataset.classes}]
loss: cross_entropy
optimizer: {type: sgd, lr: 0.1}
training: {epochs: 2}
"""


@pytest.fixture
def short(nntrain, tmp_path):
    def short(schedule):
        (tmp_path / "c.yaml").write_text(f"{MLP}\nschedule: {schedule}\n")
        nntrain("fit", "-q", "c.yaml", "--run-dir", "run")
        return tmp_path / "run"

    return short


def rates(run):
    return [json.loads(line)["lr"] for line in (run / "metrics.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("schedule", ["cosine", "linear", "one_cycle", "{type: cosine, warmup: {epochs: 0.5}}"])
def test_more_epochs_under_a_schedule_that_is_spread_over_all_of_them_are_warned_of(nntrain, short, schedule):
    short(schedule)
    told = nntrain("resume", "run", "training.epochs=4").stderr
    name = schedule.split()[-1] if "{" not in schedule else "cosine"
    assert f"warning: the schedule {name} is spread over the whole training, 8 steps before, 16 now: at step 8" in told
    assert "warning" not in nntrain("resume", "run").stderr


@pytest.mark.parametrize(
    "schedule",
    [
        *("constant", "{inverse_time: 1}", "{step: {epochs: 1}}", "{milestones: [{epochs: 1}, {epochs: 3}]}"),
        *("{cosine_restarts: {epochs: 1}}", "inverse_sqrt", "{type: cosine, steps: {epochs: 4}}"),
    ],
)
def test_what_keeps_its_horizon_goes_on_without_a_word_to_the_bits_of_the_longer_run(
    nntrain, short, tmp_path, schedule
):
    run = short(schedule)
    assert "warning" not in nntrain("resume", "run", "training.epochs=4").stderr
    nntrain("fit", "-q", "c.yaml", "training.epochs=4", "--run-dir", "longer")
    for name in ("metrics.jsonl", "checkpoints/last.npz", "checkpoints/best.npz"):
        assert (run / name).read_bytes() == (tmp_path / "longer" / name).read_bytes()


def test_a_schedule_that_leaves_no_rate_is_told_before_it_trains(nntrain, short):
    short("constant")
    told = nntrain(
        "fit", "-q", "c.yaml", "training.epochs=60", "schedule={exponential: 0.8}", "--run-dir", "none"
    ).stderr
    assert "warning: the schedule exponential leaves 2e-12 of optimizer.lr at half of the training, step 120" in told
    assert "every: {epochs: 1}" in told
    for schedule in ("{exponential: {gamma: 0.8, every: {epochs: 1}}}", "cosine", "{plateau: {patience: 1}}"):
        told = nntrain("fit", "-q", "c.yaml", f"schedule={schedule}", "--run-dir", "r", "--on-exist", "replace").stderr
        assert "warning" not in told


def test_epochs_of_a_schedule_are_those_of_the_log(short):
    assert rates(short("{type: inverse_time, decay: 1}")) == [0.1, 0.05]


def test_a_resume_with_nothing_to_do_says_so(nntrain, short):
    short("constant")
    for limits in ([], ["training.epochs=2"], ["training.epochs=1"]):
        told = nntrain("resume", "run", *limits).stderr
        assert "nothing to train: the run was finished at step 8" in told
    assert "nothing to train" not in nntrain("resume", "run", "training.epochs=3").stderr


@pytest.mark.parametrize(
    ("limits", "key"),
    [
        (["training.epochs=2"], "training.epochs"),
        (["training.steps=3"], "training.steps"),
        (
            ["training.epochs=9", "optimizer.lr=0", "training.early_stopping.patience=1"],
            "training.early_stopping.patience",
        ),
    ],
)
def test_what_is_said_to_go_on_goes_on(nntrain, short, limits, key):
    short("constant")
    nntrain("fit", "-q", "c.yaml", *limits, "--run-dir", "limited")
    told = nntrain("resume", "limited").stderr
    assert f"; {key}=N with a higher N goes on" in told
    assert "nothing to train" not in nntrain("resume", "limited", f"{key}=4").stderr


def test_show_says_how_many_steps_there_are(nntrain, short):
    short("constant")
    assert nntrain("show", "c.yaml").stdout.endswith("\ntraining: 4 steps an epoch, 8 in 2 epochs\n")
    assert nntrain("show", "c.yaml", "training.steps=3").stdout.endswith("4 steps an epoch, 3 in 1 epoch\n")
    assert nntrain("show", "run").stdout.splitlines()[-1].startswith("trained: ")
