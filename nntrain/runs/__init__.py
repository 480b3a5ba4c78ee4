"""The run directory: one atomic mkdir, a lock that dies with its process, logs that lose no line.

    <name>-001/
      config.yaml   meta.json   metrics.jsonl   timing.jsonl   status.json   summary.json
      checkpoints/last.npz best.npz      samples/      .nntrain-lock

What is fsynced: config.yaml, checkpoints, and metrics.jsonl before each checkpoint that counts its lines, so a power
cut loses no line that a checkpoint knows of.  status.json, summary.json, meta.json and timing.jsonl are written
atomically or appended to, but not fsynced: a resume needs none of them.
"""

from nntrain.runs.data_of_run import other_data
from nntrain.runs.directory import ON_EXIST, check_free, create, open_exact
from nntrain.runs.environment import environment
from nntrain.runs.rows import scan
from nntrain.runs.run import FINISHED, STATES, Run

__all__ = [
    "FINISHED",
    "ON_EXIST",
    "STATES",
    "Run",
    "check_free",
    "create",
    "environment",
    "open_exact",
    "other_data",
    "scan",
]
