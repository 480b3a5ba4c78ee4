"""nntrain exercise."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from nntrain.cli import options
from nntrain.cli.terminal import broken, print_path, room, say
from nntrain.errors import ConfigError


@click.command
@click.argument("what", metavar="[NAME|check]", required=False)
@click.argument("file", required=False, type=options.PATH)
def exercise(what: str | None, file: Path | None) -> None:
    """Write the file of exercise NAME, or grade a filled-in one: nntrain exercise check FILE.

    Without a name the exercises are listed, in the order of the course.  A file has the statement, the equations and
    `...` at each blank; it is written into the current directory.  The grade names the first thing that is wrong, and
    the mistake behind it where it is a known one.  FILE is Python and is run.
    """
    from nntrain.textbook.exercise_texts import exercises

    known = exercises()
    if what is None or what.lower() == "list":
        width = max(map(len, known))
        for e in known.values():
            click.echo(broken(f"{e.number:2} {e.name:{width}}  {e.title}", room(sys.stdout)))
    elif what == "check":
        if file is None:
            raise click.UsageError("exercise check: give the FILE: nntrain exercise check my_dense.py")
        _check(file)
    elif what not in known:
        raise click.UsageError(f"no exercise {what!r}; there are {', '.join(known)}")
    else:
        from nntrain.errors import RunDirectoryError
        from nntrain.files.storage import write_atomic

        file = file or Path(f"{known[what].component}.py")
        if file.exists():
            raise RunDirectoryError(
                f"{file} is there already; remove it, or name another file: nntrain exercise {what} FILE"
            )
        write_atomic(file, [known[what].text(len(known)).encode()])
        print_path(file)


def _check(file: Path) -> None:
    if not file.exists():
        near = f"my_{file.name}"
        hint = f"; did you mean {near!r}?" if file.with_name(near).exists() else "; nntrain exercise NAME writes one"
        raise ConfigError(f"{file}: error: no such file{hint}")
    options.start(1)
    from nntrain.textbook.grading import exercise_of, grade

    found = grade(file)
    for line in found.lines:
        click.echo(line)
    if not found.right:
        raise click.exceptions.Exit(1)
    component = exercise_of(file).component
    say(f"solved.  It trains: nntrain fit CONFIG --import {file}, with `{component}` in the config")
