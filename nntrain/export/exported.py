"""What a format makes, how it is tried before it is written, and the one way to disk."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nntrain.errors import NNTrainError
from nntrain.export.reference import Examples
from nntrain.files.storage import write_atomic
from nntrain.model.shapes import Array

ONE_STEP = 0.02  # largest difference where a rounded activation may be a step off
BOUNDS = {"float32": 1e-5, "float64": 1e-10}  # largest difference, by the largest number where that is above 1


@dataclass(frozen=True)
class Trial:
    """What the export says to examples, and what nntrain says to them.

    examples   how many; None where what is compared is no answer to examples
    doubtful   (examples,) where an activation lies on the border between two steps that it is rounded to, so that the
               last bits of a float decide; None where nothing is rounded
    """

    export: Array
    nntrain: Array
    examples: int | None
    doubtful: Array | None = None


Asked = Callable[[], Examples]  # loaded when they are asked for: parameters are compared without


@dataclass(frozen=True)
class Exported:
    """The files of an export by name, first the one that was asked for.

    runner   the program that tries it
    run      takes the folder that the files are in, and gives the examples that it asks for; None where the runner is
             not installed
    """

    files: Mapping[str, bytes]
    runner: str
    run: Callable[[Path, Asked], Trial] | None


def difference(export: Array, nntrain: Array) -> float:
    """The largest difference, divided by the largest number where that is above 1.  Infinite where shapes or what is
    not finite differ."""
    a, b = export.astype(np.float64), nntrain.astype(np.float64)
    if a.shape != b.shape or not (np.isfinite(a) == np.isfinite(b)).all():
        return float("inf")
    finite = np.isfinite(b)
    if not finite.any():
        return 0.0
    return float(np.abs(a[finite] - b[finite]).max() / max(1.0, np.abs(b[finite]).max()))


def verify(exported: Exported, examples: Asked, bound: float) -> str:
    """Run the export; a line that says how far it is from nntrain.  Raises NNTrainError above the bound."""
    assert exported.run is not None
    with tempfile.TemporaryDirectory(prefix="nntrain-export-") as folder:
        for name, content in exported.files.items():
            Path(folder, name).write_bytes(content)
        trial = exported.run(Path(folder), examples)
    a, b = trial.export, trial.nntrain
    sure = ... if trial.doubtful is None or a.shape != b.shape else ~trial.doubtful
    found = difference(a[sure], b[sure])
    where = "" if trial.examples is None else f" on {trial.examples} examples"
    line = f"{exported.runner}{where}: largest difference {found:.2g}"
    steps = 0.0
    if trial.doubtful is not None and trial.doubtful.any() and a.shape == b.shape:
        steps = difference(a[trial.doubtful], b[trial.doubtful])
    if steps > bound:
        line += f"; {steps:.2g} where an activation lies between two steps that it is rounded to"
    if not (found <= bound and steps <= ONE_STEP):
        raise NNTrainError(f"export: {line}, above {bound:g}; nothing was written (--no-verify writes it all the same)")
    return line


def write(exported: Exported, output: Path) -> None:
    """Every file beside `output`, whole or not at all, the one that was asked for last."""
    for name, content in reversed(list(exported.files.items())):
        write_atomic(output.with_name(name), [content])


def run_python(folder: Path, program: str, *arguments: str) -> None:
    """A program in a Python of its own, in the folder.  Raises NNTrainError with a line of what went wrong."""
    run_program(folder, [sys.executable, "-c", program, *arguments])


def run_program(folder: Path, command: list[str], given: bytes = b"") -> bytes:
    """stdout of a program that runs in the folder with `given` as stdin.  Raises NNTrainError where it fails."""
    environment = {**os.environ, "PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, input=given)
    if done.returncode:
        lines = (done.stderr.decode(errors="replace").strip() or f"it ended with code {done.returncode}").splitlines()
        reason = next((line for line in lines if "error:" in line), lines[-1])  # compilers say more behind the first
        raise NNTrainError(f"export: what was made does not run, so nothing was written: {reason}")
    return done.stdout
