"""The run directory: one atomic mkdir, a lock that dies with its process, logs that lose no line.

    <name>-001/
      config.yaml   meta.json   metrics.jsonl   timing.jsonl   status.json   summary.json
      checkpoints/last.npz best.npz      samples/      .nntrain-lock

What is fsynced: config.yaml, checkpoints, and metrics.jsonl before each checkpoint that counts its lines, so a power
cut loses no line that a checkpoint knows of.  status.json, summary.json, meta.json and timing.jsonl are written
atomically or appended to, but not fsynced: a resume needs none of them.
"""

from typing import TYPE_CHECKING

from nntrain.lazy import lazy

if TYPE_CHECKING:
    from nntrain.runs.data_of_run import other_data
    from nntrain.runs.directory import ON_EXIST, check_free, create, open_exact
    from nntrain.runs.rows import scan
    from nntrain.runs.run import FINISHED, STATES, Run

# Each is imported when it is asked for: a listing makes no run directory and claims none.
_PLACES = [
    *(f"nntrain.runs.directory:{name}" for name in ("ON_EXIST", "check_free", "create", "open_exact")),
    *(f"nntrain.runs.run:{name}" for name in ("FINISHED", "STATES", "Run")),
    *("nntrain.runs.data_of_run:other_data", "nntrain.runs.rows:scan"),
]
__getattr__, __dir__, _ = lazy(__name__, {}, _PLACES)
__all__ = [
    "FINISHED",
    "ON_EXIST",
    "STATES",
    "Run",
    "check_free",
    "create",
    "open_exact",
    "other_data",
    "scan",
]
