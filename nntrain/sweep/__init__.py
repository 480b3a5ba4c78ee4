"""Many runs of one config: which, where, and how they are started, watched and ended.

space.py      grids, random draws and seeds -> combinations of overrides
plan.py       combinations -> resolved configs -> run directories named by their hash
file.py       a sweep as a YAML file
children.py   `nntrain fit` processes that never outlive the sweep
halving.py    successive halving: short runs of all, long runs of the best
execution.py  runs what is missing
"""

from nntrain.sweep.execution import Outcome, Watcher, command, run
from nntrain.sweep.plan import Planned, Settings, plan

__all__ = ["Outcome", "Planned", "Settings", "Watcher", "command", "plan", "run"]
