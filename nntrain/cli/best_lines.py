"""Which run is best, as people are told it below a table of runs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from nntrain.cli.terminal import broken, room, say

if TYPE_CHECKING:
    from nntrain.runs.comparison import Compared

_MOST_TASKS = 4  # of more kinds of runs in one folder nothing is said: each is best of its own


def say_best(compared: Compared) -> None:
    """A line a task on stderr; stdout has the table alone."""
    from nntrain.runs.best_runs import rankings

    tasks = rankings(compared)
    found = [ranking for ranking in tasks if len(ranking.order) > 1]
    if len(found) <= _MOST_TASKS:
        for ranking in found:
            if told := ranking.told(compared):
                whose = f"{ranking.name(compared)}, {len(ranking.order)} runs: " if len(tasks) > 1 else ""
                say(broken(whose + told, room(sys.stderr)))
