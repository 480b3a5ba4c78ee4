"""Whether this process is one of several that an MPI launcher has started, as it says in their environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

# rank, processes: of MPICH's and Intel's mpiexec, of Slurm's pmi2; of Open MPI's; of a step that srun has started
VARIABLES = (
    ("PMI_RANK", "PMI_SIZE"),
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
    ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS"),
)


class Launched(NamedTuple):
    """A process among those that were started together."""

    rank: int
    size: int


def launched(environment: Mapping[str, str] = os.environ) -> Launched | None:
    """Which of several processes this one is; None where it is alone."""
    for rank, size in VARIABLES:
        found = environment.get(rank, ""), environment.get(size, "")
        if all(text.isdigit() for text in found):
            one = Launched(*map(int, found))
            return one if one.size > 1 else None
    return None
