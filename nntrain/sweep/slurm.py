"""A sweep for Slurm: the script of an array for exactly what is missing, or of arrays that wait for each other.

A task trains one run with `--on-exist resume`, so that a script that is submitted again, or requeued, goes on.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from nntrain.errors import ConfigError
from nntrain.messages import shell_command, shell_word

# what stands there unless an option of these names is given
_DEFAULTS = {
    ("--cpus-per-task", "-c"): "--cpus-per-task=1",
    ("--signal",): "--signal=B:TERM@120",
    ("--requeue", "--no-requeue"): "--requeue",
}
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_.+-]")
# B: the signal goes to the batch script itself, which exec has made nntrain
_HEAD = """#!/bin/bash
{options}#SBATCH --array=0-{last}
set -euo pipefail
cd {folder}
commands=(
{commands}
)
# exec: the signal before the time limit reaches nntrain, which saves its state
eval "exec ${{commands[$SLURM_ARRAY_TASK_ID]}}"
"""
_CHAIN = """#!/bin/bash
# bash FILE submits arrays of which each waits for the one before, as what it trains depends on that one's results
set -euo pipefail
submit() {{
  sbatch --parsable "$@" <<'END'
#!/bin/bash
{options}set -euo pipefail
cd {folder}
command=$({sweep} --task "$NNTRAIN_WAVE:$SLURM_ARRAY_TASK_ID")
if [ -n "$command" ]; then eval "exec $command"; fi
END
}}
{waves}"""


def array(commands: Sequence[Sequence[str]], name: str, options: str, folder: Path) -> str:
    """The script of an array, a task a command.

    options   further ones of sbatch, as on its command line: "--time=1:00:00 --partition=cpu"
    """
    return _HEAD.format(
        **_common(name, options, folder),
        last=len(commands) - 1,
        commands="\n".join(shell_word(shell_command(*command)) for command in commands),
    )


def chain(sweep: str, waves: Sequence[tuple[int, Sequence[int]]], name: str, options: str, folder: Path) -> str:
    """The script that submits an array for each wave.

    sweep   the command that, with --task WAVE:PLACE, prints what a task has to run
    waves   the number of each, and the places in it that are missing
    """
    lines = []
    for i, (number, places) in enumerate(waves):
        after = ' --dependency="afterany:${job%%;*}"' if i else ""
        lines.append(f"job=$(submit --array={_spans(places)} --export=ALL,NNTRAIN_WAVE={number}{after})\n")
        lines.append('echo "$job"\n')
    return _CHAIN.format(**_common(name, options, folder), sweep=sweep, waves="".join(lines))


def _common(name: str, options: str, folder: Path) -> dict[str, str]:
    try:
        words = shlex.split(options)
    except ValueError:
        raise ConfigError(f"--slurm: a quote is open: {options}") from None
    if wrong := [word for word in words if re.match(r"--array\b|-a", word)]:
        raise ConfigError(f"--slurm: {wrong[0]}: nntrain says itself what the array is; leave it out")
    if not all(word.isprintable() for word in words) or (words and not words[0].startswith("-")):
        raise ConfigError(f"--slurm: expected options of sbatch, such as '--time=1:00:00'; got {options!r}")
    lines = [f"#SBATCH --job-name={_NOT_PLAIN.sub('_', name)}", "#SBATCH --output=slurm-%A_%a.out", *_directives(words)]
    lines += [f"#SBATCH {ours}" for names, ours in _DEFAULTS.items() if not any(w.startswith(names) for w in words)]
    return {"options": "".join(f"{line}\n" for line in lines), "folder": shell_word(folder)}


def _spans(places: Sequence[int]) -> str:
    """`0-3,5` of 0, 1, 2, 3, 5."""
    spans: list[list[int]] = []
    for place in places:
        if spans and place == spans[-1][1] + 1:
            spans[-1][1] = place
        else:
            spans.append([place, place])
    return ",".join(f"{a}-{b}" if a < b else f"{a}" for a, b in spans)


def _directives(words: Sequence[str]) -> list[str]:
    """A line an option; `-p cpu` and `--time 1:00` keep their values."""
    lines: list[str] = []
    for word in words:
        if word.startswith("-") or not lines:
            lines.append(f"#SBATCH {shlex.quote(word)}")
        else:
            lines[-1] += f" {shlex.quote(word)}"
    return lines
