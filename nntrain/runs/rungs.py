"""Which rung of a sweep with halving a run has reached: one that was given up there is not done."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from nntrain.files import storage
from nntrain.runs import records
from nntrain.runs.run_files import RunFiles

if TYPE_CHECKING:
    from pathlib import Path

FILE = "rung.json"


def read(run: RunFiles, step: object) -> str | None:
    """`rung 1 of 3` of a run that stands at the step at which that rung ends; None of any other."""
    path = f"{run.name}/{FILE}"
    if not os.access(path, os.F_OK):  # as of nearly all
        return None
    found = records.read_object(path, records.RUNG).value
    if len(found) < len(records.RUNG) or found["step"] != step:  # it has been trained on since
        return None
    return f"rung {found['rung']} of {found['rungs']}"


def write(path: Path, rung: int, rungs: int, unit: str, length: int) -> None:
    """Note that a run stands at the end of a rung, counted from 1, of so many epochs or steps.

    One that has gone on since does not stand there.  What cannot be written stops nothing.  The file is not written
    atomically: nobody opens the run again where it is given up, to remove what a kill leaves of that; a note that was
    cut is written anew when the sweep goes on.
    """
    run = RunFiles(path)
    status = run.read_status()
    if status.get("status") != "done" or status.get(unit.removesuffix("s")) != length:
        return
    if read(run, status.get("step")) == f"rung {rung} of {rungs}":
        return
    note = {"rung": rung, "rungs": rungs, "step": status.get("step", 0)}
    with suppress(OSError):
        with suppress(FileNotFoundError):
            os.unlink(path / FILE)  # what it leads to, or is a second name of, stays as it is
        with open(path / FILE, "xb") as file:
            file.write(storage.json_bytes(note, indent=2) + b"\n")
