"""Whether this process is one of several that an MPI launcher has started, as it says in their environment."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

# rank, processes: of MPICH's and Intel's mpiexec, of Slurm's pmi2; of Open MPI's; of a step that srun has started
VARIABLES = (
    ("PMI_RANK", "PMI_SIZE"),
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
    ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS"),
)
# how programs of MPICH (and Intel's), of Open MPI 4 and 5 are called that start processes, and what library these speak
# through: machines may have both
_LIBRARIES = {"hydra": ("libmpi.so.12", "libmpich.so.12"), "orte": ("libmpi.so.40",), "prte": ("libmpi.so.40",)}


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


def leave() -> dict[str, str]:
    """The environment of a child that is none of the launcher's processes, but one that this process starts."""
    return {name: value for name, value in os.environ.items() if not any(name in pair for pair in VARIABLES)}


def mpi_library() -> Path | None:
    """The MPI library that belongs to the launcher; None where that is not to be seen (other systems, srun)."""
    for program in ancestors():
        kind = next((kind for kind in _LIBRARIES if program.name.startswith(kind)), None)
        for name in _LIBRARIES.get(kind or "", ()):
            for folder in (program.parents[1] / "lib", program.parents[1] / "lib64"):
                if found := next(iter([*folder.glob(name), *folder.glob(f"*-linux-gnu/{name}")]), None):
                    return found
    return None


def ancestors() -> Iterator[Path]:
    """The programs that this process descends from, the nearest first, as Linux tells."""
    pid = os.getppid()
    try:
        while pid > 1:
            yield Path(os.readlink(f"/proc/{pid}/exe"))
            pid = int(Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[1])
    except OSError:
        return
