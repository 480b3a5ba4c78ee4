"""A sweep as a Slurm array: the script for exactly what is missing.

A task trains one run with `--on-exist resume`, so that a script that is submitted again, or requeued, goes on.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from nntrain.messages import shell_command, shell_word

_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_.+-]")
_HEAD = """#!/bin/bash
{options}#SBATCH --array=0-{last}
#SBATCH --cpus-per-task={cpus}
#SBATCH --signal=TERM@120
#SBATCH --requeue
set -euo pipefail
cd {folder}
commands=(
{commands}
)
# exec: the signal before the time limit reaches nntrain, which saves its state
eval "exec ${{commands[$SLURM_ARRAY_TASK_ID]}}"
"""


def array(commands: Sequence[Sequence[str]], name: str, options: str, folder: Path) -> str:
    """The script of an array, a task a command.

    options   further ones of sbatch, as on its command line: "--time=1:00:00 --partition=cpu"
    """
    words = shlex.split(options)
    lines = [
        f"#SBATCH --job-name={_NOT_PLAIN.sub('_', name)}",
        "#SBATCH --output=slurm-%A_%a.out",
        *_directives(words),
    ]
    cpus = next((word.partition("=")[2] for word in words if word.startswith("--cpus-per-task=")), "")
    text = _HEAD.format(
        options="".join(f"{line}\n" for line in lines),
        last=len(commands) - 1,
        cpus=cpus or 1,
        folder=shell_word(folder),
        commands="\n".join(shell_word(shell_command(*command)) for command in commands),
    )
    return text.replace(f"#SBATCH --cpus-per-task={cpus}\n", "", 1) if cpus else text


def _directives(words: Sequence[str]) -> list[str]:
    """A line an option; `-p cpu` and `--time 1:00` keep their values."""
    lines: list[str] = []
    for word in words:
        if word.startswith("-") or not lines:
            lines.append(f"#SBATCH {word}")
        else:
            lines[-1] += f" {word}"
    return lines
