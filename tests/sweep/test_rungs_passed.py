"""How a run of a sweep with halving stands that was cut short in the middle of an epoch."""

import json
from dataclasses import replace

import pytest

import nntrain
from nntrain import sweep
from nntrain.runs import Run

EPOCH = 3  # steps: 80 examples in batches of 32


@pytest.fixture
def cut(config, tmp_path):
    """A run of nine epochs that was killed after its eighth step, in the third epoch."""
    settings = sweep.Settings(config, halving="sync", grid={"optimizer.lr": ["0.1", "0.05", "0.02"]})
    one = replace(sweep.plan(settings, tmp_path / "runs")[0], run_dir=tmp_path / "run")
    assert one.total == 9 * EPOCH
    nntrain.fit(config, ["training={steps: 8, evaluate: {epochs: 1}}"], run_dir=one.run_dir, quiet=True)

    def killed(status):
        said = Run(one.run_dir).read_status()
        (one.run_dir / "status.json").write_text(json.dumps({**said, "status": status, "epoch": 3, "step": 8}))
        return one

    return killed


@pytest.mark.parametrize("status", ["running", "interrupted"])
def test_the_rungs_that_it_has_passed_are_done_and_the_next_is_not(cut, status):
    one = cut(status)
    assert sweep.finished(one, 1).status == "done"
    assert sweep.finished(one, 3) is None
    assert sweep.finished(one) is None


def test_an_epoch_in_which_it_stands_is_not_an_epoch_that_is_done(cut):
    one = cut("done")
    assert sweep.finished(one, 1).status == "done"
    assert sweep.finished(one, 3) is None


def test_one_that_has_just_reached_a_rung_is_sent_there_to_end_it(cut, config):
    one = cut("running")
    nntrain.fit(config, ["training={epochs: 3}"], run_dir=one.run_dir, on_exist="replace", quiet=True)
    (one.run_dir / "status.json").write_text(json.dumps({"status": "running", "epoch": 3, "step": 9}))
    assert sweep.finished(one, 1).status == "done"
    assert sweep.finished(one, 3) is None
