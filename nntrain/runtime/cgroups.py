"""What a container or a batch system lets this process have, by the control groups (version 2) of Linux."""

from __future__ import annotations

from math import ceil
from pathlib import Path

ROOT, OWN = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def cores() -> int | None:
    """Processors' worth of time that it may use, rounded up; None where nothing limits it."""
    found = []
    for text in _said("cpu.max"):
        quota, _, period = text.partition(" ")
        if quota.isdecimal() and period.isdecimal() and int(period):
            found.append(max(1, ceil(int(quota) / int(period))))
    return min(found, default=None)


def memory() -> int | None:
    """Bytes of memory that it may use; None where nothing limits it."""
    return min((int(text) for text in _said("memory.max") if text.isdecimal()), default=None)


def _said(name: str) -> list[str]:
    """What the file of this name says, in the process's own group and in each above it."""
    try:
        lines = OWN.read_text("ascii", "replace").splitlines()
        group = next((line.removeprefix("0::") for line in lines if line.startswith("0::")), "/")
        place = ROOT / group.lstrip("/")
        places = [place, *(above for above in place.parents if above == ROOT or ROOT in above.parents)]
        return [(each / name).read_text("ascii", "replace").strip() for each in places if (each / name).is_file()]
    except (OSError, ValueError):
        return []
