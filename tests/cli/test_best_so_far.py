"""The live board of a sweep says which combination is best so far, by its mean over seeds."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from nntrain.cli import sweep_progress
from nntrain.cli.sweep_progress import SweepProgress


@pytest.fixture
def board(monkeypatch):
    monkeypatch.setattr(sweep_progress, "monitored", lambda config: ("validation.accuracy", -1.0))
    return SweepProgress(6, 2, quiet=True)


def ended(board, rate, seed, value):
    planned = SimpleNamespace(varied=(f"optimizer.lr={rate}", f"seed={seed}"), config=None)
    board.scores[Path(f"{rate}-{seed}")] = planned, -value


def test_the_luckiest_seed_is_not_the_best(board):
    assert board.best_so_far() == ""
    ended(board, 0.1, 0, 0.8)
    assert board.best_so_far() == "best 0.8000 optimizer.lr=0.1"
    ended(board, 0.2, 0, 0.9)
    ended(board, 0.1, 1, 0.7)
    assert board.best_so_far() == "best 0.7500 optimizer.lr=0.1"
    ended(board, 0.2, 1, 0.5)
    assert board.best_so_far() == "best 0.7500 optimizer.lr=0.1"
