"""Run directories as a session finds them: opened once for a whole team, or passed over."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from nntrain import config, runs
from nntrain.errors import NNTrainError, RunDirectoryError
from nntrain.messages import Warn, by_door
from nntrain.parallel import team
from nntrain.runs import Run


def opened(open_run: Callable[[], Run]) -> Run:
    """The run directory, opened by the first process of a team; the others see what it writes."""
    ours = team.current()
    run = open_run() if ours.first else None
    path, origin = ours.from_first(lambda: (run.path, run.origin) if run else (Path(), ""))
    if run is not None:
        return run
    from nntrain.runs.onlooker import Onlooker

    return Onlooker(path, origin)


def tell_other_data(draft: config.Draft, run: Run, warn: Warn) -> None:
    """A word where a run that is passed over learned from other data than the config names; data that cannot be read
    keep nothing from being passed over."""
    with suppress(NNTrainError), np.errstate(all="ignore"):
        data = draft.dataset.load(draft.seed, np.dtype(draft.dtype))
        anew = by_door("--on-exist replace", 'on_exist="replace"')
        if other := runs.other_data(run, data.sha256):
            warn(f"{other}; {anew} trains it anew")


def passed_over(run: Run, warn: Warn) -> None:
    """A run that has ended is passed over.  Raises RunDirectoryError for one that has not: nothing is to rely on it."""
    from nntrain.runs.rows import row

    found = team.current().from_first(lambda: row(run))
    if found["status"] not in (*runs.FINISHED, "diverged"):
        stands = found.get("damage") or f"{found['status']} at epoch {found.get('epoch', 0)}"
        resume = by_door("--on-exist resume", 'on_exist="resume"')
        raise RunDirectoryError(f"{run.path}: exists, and is not finished: {stands}; {resume} goes on with it")
    warn(f"{run.path} exists, {found['status']}: skipped")
