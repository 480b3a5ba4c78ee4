"""Many runs of one config: which, where, and how they are started, watched and ended.

ranges.py        ranges of values as they are written
space.py         grids, random draws and seeds -> combinations of overrides
plan.py          combinations -> resolved configs -> run directories named by their hash
file.py          a sweep as a YAML file
children.py      `nntrain fit` processes that never outlive the sweep
forks.py         the same as copies of the sweep's process, which begin at once
fork_server.py   the same beside a worker of a cluster, for one run after another
halving.py       successive halving: short runs of all, long runs of the best
search.py        suggestions from what was found so far
asynchronous.py  trials one after another, with halving, in an order that can be repeated
asking.py        one run after another for a loop of one's own
dask_cluster.py  runs as tasks of a Dask cluster
waves.py         runs that are decided on when those before have ended
slurm.py         the scripts of Slurm arrays
outcomes.py      how a run stands
execution.py     runs what is missing
"""

from nntrain.sweep.asynchronous import trials_of
from nntrain.sweep.execution import Execution, Watcher, command, here, on_dask
from nntrain.sweep.outcomes import Outcome, finished
from nntrain.sweep.plan import Planned, Planner, Settings, plan

__all__ = [
    "Execution",
    "Outcome",
    "Planned",
    "Planner",
    "Settings",
    "Watcher",
    "command",
    "finished",
    "here",
    "on_dask",
    "plan",
    "trials_of",
]
