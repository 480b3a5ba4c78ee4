"""nntrain ask."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nntrain.cli import options, space_options
from nntrain.cli.terminal import say, warn
from nntrain.errors import ConfigError, NothingGivenError

if TYPE_CHECKING:
    from nntrain.sweep.asking import Answer

_PAUSE = 1.0


@click.command
@click.argument("directory", type=options.PATH)
@click.argument("config", type=options.PATH, required=False)
@options.overrides
@space_options.space
@click.option("--wait", is_flag=True, help="Where the next run depends on some that have not ended, wait for them.")
@click.option("--json", "as_json", is_flag=True, help="The run, its trial and what is special about it, as JSON.")
def ask(
    directory: Path,
    config: Path | None,
    overrides: tuple[str, ...],
    flags: space_options.Flags,
    wait: bool,
    as_json: bool,
) -> None:
    """The next run of a search, for a loop of your own; print its directory.

    The first time, CONFIG and flags as of `nntrain sweep` say what is searched; DIRECTORY keeps that as sweep.yaml.
    The run directory holds the run's config.yaml.  Train it with `nntrain resume`, or do with it what you like and
    `nntrain tell` what came of it.  Any number of processes may ask; each run is given once.  Where none can be given
    the exit code is 9.

    \b
    nntrain ask runs/a digits.yaml -n 9 \\
      -r optimizer.lr=log:1e-3:1
    while run=$(nntrain ask runs/a); do
      nntrain resume "$run" -q
    done
    """
    options.start(1)
    from nntrain.sweep import asking

    settings = None
    if config is not None:
        settings = space_options.settings_of(space_options.read(config), overrides, flags)
    elif flags != space_options.Flags():
        raise ConfigError("ask: CONFIG is missing before its flags: nntrain ask DIR CONFIG -r …")
    settings = asking.define(directory, settings)
    answer = asking.ask(settings, directory, warn)
    while wait and answer.given is None and not answer.over:
        time.sleep(_PAUSE)
        answer = asking.ask(settings, directory, lambda text: None)
    if answer.given is None:
        _say_why(answer)
        raise click.exceptions.Exit(NothingGivenError.exit_code)
    click.echo(_as_json(answer) if as_json else answer.given.run_dir)


def _say_why(answer: Answer) -> None:
    if answer.over:
        say(f"all {answer.count} trials have ended")
        return
    out = [str(path) for path in answer.out]
    shown = ", ".join(out[:3]) + (", …" if len(out) > 3 else "")
    say(
        f"{answer.ended} of {answer.count} trials have ended, and what comes next depends on runs that are out: "
        f"{shown}; tell what came of them, or remove the directory of one that is lost: it is given again"
    )


def _as_json(answer: Answer) -> str:
    from nntrain.config import find_value

    assert answer.given is not None
    plain = answer.given.config.as_dict()
    values = {key: find_value(plain, key) for key in (text.partition("=")[0] for text in answer.given.varied)}
    return json.dumps({"run": str(answer.given.run_dir), "trial": answer.trial, "config": values})
