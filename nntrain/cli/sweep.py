"""nntrain sweep."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nntrain.cli import options, space_options
from nntrain.cli.terminal import print_path, say, warn
from nntrain.errors import ConfigError, Interrupted
from nntrain.messages import shell_command

if TYPE_CHECKING:
    from nntrain.sweep import Planned, Planner, Settings


class _Sweep(click.Command):
    """`--halving` and `--slurm` may stand without a word behind them, before anything."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ours = {name for parameter in self.params for name in parameter.opts}
        spelled = []
        for text, behind in zip(args, [*args[1:], ""], strict=True):
            word = re.split("[= ]", behind)[0]
            if text == "--halving" and behind not in ("async", "sync"):
                text = "--halving=async"
            if text == "--slurm" and (not behind.startswith("-") or word in ours):
                text = "--slurm="
            spelled.append(text)
        return super().parse_args(ctx, spelled)


@click.command(cls=_Sweep)
@options.config
@options.overrides
@space_options.space
@click.option("--jobs", type=click.IntRange(1), help="Runs at a time, one thread each (default: one a core).")
@click.option(
    "--halving",
    type=click.Choice(["async", "sync"]),
    help="Train all a little, then go on with the best third three times as long, and so on: as soon as one is among "
    "the best of its rung (async), or when all have reached it (sync).",
)
@click.option("--budget", type=options.Number(min=0), metavar="SECONDS", help="End the whole sweep after so long.")
@options.runs_directory("Where the run directories are made.")
@click.option("--print", "print_only", is_flag=True, help="Print a fit command a run, for xargs or Slurm; run nothing.")
@click.option(
    "--slurm",
    metavar="[OPTIONS]",
    help="Print the script of a Slurm array for what is missing (with --halving or --search one that submits arrays "
    'which wait for each other); OPTIONS are of sbatch: --slurm="--time=1:00:00".',
)
@click.option(
    "--dask", metavar="ADDRESS|FILE", help="Run on the workers of a Dask cluster: its scheduler's address or file."
)
@click.option(
    "--spawn",
    is_flag=True,
    help="Start every run as a process from nothing, in place of a copy of the sweep's, which has imported everything.",
)
@click.option("--task", metavar="WAVE:PLACE", hidden=True, help="Of a script that --slurm has printed.")
@options.quiet
def sweep(
    config: Path,
    overrides: tuple[str, ...],
    flags: space_options.Flags,
    jobs: int | None,
    halving: str | None,
    budget: float | None,
    runs_dir: Path,
    print_only: bool,
    slurm: str | None,
    dask: str | None,
    spawn: bool,
    task: str | None,
    is_quiet: bool,
) -> None:
    """Train many variants of CONFIG, several at a time; print the run directories.

    CONFIG is a config, or a sweep file that names one (config, overrides, grid, random, n, seeds, halving); flags add
    to it.  A run directory is named by the hash of its resolved config: the same sweep started again does only what is
    missing, and goes on with what was cut.  A run that fails or diverges is reported and does not stop the others; the
    exit code is then that of the first such run.

    \b
    nntrain sweep digits.yaml \\
      -g optimizer.lr=0.1,0.01 --seeds 0-4
    nntrain sweep digits.yaml -n 20 \\
      -r optimizer.lr=log:1e-3:1 --halving
    """
    options.start(1)
    from nntrain import sweep as sweeps
    from nntrain.cli.sweep_progress import SweepProgress
    from nntrain.data import held
    from nntrain.parallel.launcher import launched
    from nntrain.runtime import signals
    from nntrain.runtime.threads import available_cores

    if (found := launched()) is not None:
        raise ConfigError(
            f"sweep: started as {found.size} processes; a sweep starts its runs itself: leave mpiexec or srun away"
        )
    ways = {"--print": print_only, "--slurm": slurm is not None, "--dask": dask is not None}
    _check_go_together(ways, {"--jobs": jobs, "--budget": budget, "--spawn": spawn or None})
    read = space_options.read(config)
    settings = space_options.settings_of(read, overrides, flags)
    settings = replace(settings, halving=halving or settings.halving)
    by_trial = settings.halving == "async" or settings.search in ("tpe", "gp")
    if flags.batch is not None and not by_trial:
        raise ConfigError("--batch: says how many trials are decided on together; give --search or --halving with it")
    if print_only and (settings.halving or settings.search in ("tpe", "gp")):
        raise ConfigError("--print: which runs come next depends on results; it cannot be printed")
    if not (spawn or dask):
        click.get_current_context().with_resource(held.for_all_runs())
    planner = sweeps.Planner(settings, runs_dir, warn)
    if task or (slurm is not None and (settings.halving or settings.search in ("tpe", "gp"))):
        _print_waves(settings, planner, slurm or "", task)
        return
    planned = [] if by_trial else planner.planned(planner.points())
    if print_only:
        click.echo("".join(shell_command(*sweeps.command(one, settings.config)) + "\n" for one in planned), nl=False)
        return
    if slurm is not None:
        _print_array(settings, planned, slurm)
        return
    trials = sweeps.trials_of(settings, planner) if by_trial else None
    total = trials.count * len(planner.replicas()) if trials else len(planned)
    at_once = jobs or available_cores()
    if not (spawn or dask):
        import_all()
    execute = sweeps.here(at_once, None if spawn else run_words)
    if dask is not None:
        execute, at_once = sweeps.on_dask(dask, runs_dir)
    progress = SweepProgress(total, at_once, is_quiet, comes_bit_by_bit=by_trial)
    stop = signals.until(budget)
    with signals.saved_first():
        execution = sweeps.Execution(settings, execute, progress, stop)
        outcomes = execution.trials(trials) if trials else execution.all(planned)
    progress.close(outcomes)
    for outcome in outcomes:
        if outcome.good:
            print_path(outcome.planned.run_dir)
    if (number := stop()) is not None and len([o for o in outcomes if o.good]) < total:
        raise Interrupted("interrupted; the same command goes on", number)
    failed = next((outcome for outcome in outcomes if not outcome.good), None)
    if failed is not None:
        if failed.open:
            say("interrupted; the same command goes on")
        raise click.exceptions.Exit(failed.code)


def _check_go_together(ways: Mapping[str, bool], of_runs: Mapping[str, object]) -> None:
    """Raise ConfigError where an option would say nothing beside another."""
    given = [option for option, is_given in ways.items() if is_given]
    if len(given) > 1:
        raise ConfigError(f"{given[0]} and {given[1]}: one of them")
    without_word = [o for o, value in of_runs.items() if value is not None and (given != ["--dask"] or o != "--budget")]
    if given and without_word:
        raise ConfigError(f"{without_word[0]}: says nothing with {given[0]}; leave it out")


def import_all() -> None:
    """What runs need beside the components of their configs: copies of this process import nothing."""
    for module in (
        "cli.fit",
        "cli.progress",
        "cli.epoch_lines",
        "training.session",
        "training.frames",
        "files.checkpoint",
        "runs.log",
        "runs.directory",
    ):
        import_module(f"nntrain.{module}")
    import resource  # noqa: F401  the memory that a run took


def run_words(words: Sequence[str]) -> int:
    """`nntrain WORDS` in a copy of this process; its exit code."""
    from nntrain.cli import main

    try:
        main(list(words), prog_name="nntrain")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    return 0


def _print_array(settings: Settings, planned: Sequence[Planned], options: str) -> None:
    """The script for the runs that are not there yet, to stdout."""
    from nntrain import sweep as sweeps
    from nntrain.sweep import slurm

    missing = [sweeps.command(one, settings.config) for one in planned if sweeps.finished(one) is None]
    if not missing:
        say("nothing is missing: all runs have ended")
        return
    click.echo(slurm.array(missing, planned[0].config.name, options, Path.cwd()), nl=False)


def _print_waves(settings: Settings, planner: Planner, options: str, task: str | None) -> None:
    """The script that submits an array a wave; or for a task of it the command that it runs, if there is one."""
    from nntrain import sweep as sweeps
    from nntrain.sweep import slurm, waves

    if settings.halving and settings.search in ("tpe", "gp"):
        raise ConfigError("--slurm: --halving or --search, not both; start both within a job, with --dask")
    if task is not None:
        if not re.fullmatch(r"[0-9]{1,9}:[0-9]{1,9}", task):
            raise ConfigError(f"--task {task}: expected WAVE:PLACE, as a script of --slurm gives it")
        number, place = map(int, task.split(":"))
        tasks = waves.of_wave(settings, planner, number)
        if place < len(tasks) and place in waves.missing(tasks):
            click.echo(shell_command(*sweeps.command(tasks[place][0], settings.config, tasks[place][1])))
        return
    found: list[tuple[int, Sequence[int]]] = []
    for number, size in enumerate(waves.sizes(settings, planner)):
        places = range(size) if found else waves.missing(waves.of_wave(settings, planner, number))
        if places:
            found.append((number, places))
    if not found:
        say("nothing is missing: all runs have ended")
        return
    line = waves.flags(settings, planner.runs_dir)
    click.echo(slurm.chain(line, found, planner.base.draft(settings.overrides).name, options, Path.cwd()), nl=False)
