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

    found = [ranking.told(compared) for ranking in rankings(compared) if len(ranking.order) > 1]
    if len(found) <= _MOST_TASKS:
        for line in filter(None, found):
            say(broken(line, room(sys.stderr)))
