"""What has to be so before a run goes on: the same config and data, a whole last state, enough parts for all."""

from __future__ import annotations

from contextlib import suppress

from nntrain import config, runs
from nntrain.builder import Built
from nntrain.errors import CheckpointError, ConfigError, DataError
from nntrain.files import checkpoint
from nntrain.files.plain_values import JsonObject
from nntrain.files.regular_files import is_regular
from nntrain.messages import by_door, shell_command
from nntrain.parallel import team
from nntrain.runs import Run

# what resume may change: the limits of a run, nothing that its mathematics depend on
CHANGEABLE = ("training.epochs", "training.steps", "training.early_stopping.patience", "training.checkpoint")


def check_team(built: Built) -> None:
    """Raise ConfigError where processes have different configs, or are more than parts; DataError where they have
    different data."""
    ours, parts = team.current(), built.config.training.micro_batches
    every = ours.gather({ours.rank: (built.config.as_dict(), built.data.sha256)})
    configs, found = zip(*every, strict=True)
    for rank, (now, sha256) in enumerate(every):
        for key, line in config.differences(configs[0], now):
            if not (sha256 == found[0] and _is_moved_path(configs[0], now, key)):
                raise ConfigError(f"rank {rank} was given another config than the first process: {line}")
    if ours.size > parts:
        raise ConfigError(
            f"{ours.size} processes for batches in {parts} part{'s' * (parts != 1)}: set training.micro_batches to "
            f"{ours.size} or more, or start fewer processes"
        )
    other = next((rank for rank, sha256 in enumerate(found) if sha256 != found[0]), None)
    if other is not None:
        raise DataError(
            f"the processes have different data: SHA-256 {found[0][:16]}… on the first, {found[other][:16]}… on rank "
            f"{other}; give all of them the same files"
        )


def is_whole(run: Run) -> bool:
    """Whether the run came to its end, and all that says so is there: what is lost or damaged is made again."""
    ended = run.is_run() and run.read_status().get("status") in runs.FINISHED and "final" in run.read_summary()
    return ended and is_regular(run.config_path) and not run.log_damage()


def check_last(run: Run) -> None:
    """A finished run that lost its last state is not all there: say what makes it whole."""
    try:
        said = checkpoint.read(run.last).manifest
        seal = run.seal()
        if seal is not None and said.get("lines") == seal.lines and said.get("log_sha256", seal.sha256) != seal.sha256:
            raise CheckpointError(f"{run.last}: of another run: it was not saved after this metrics.jsonl")
    except checkpoint.NewerFormatError:
        raise
    except CheckpointError as error:
        words = "nntrain", "fit", run.config_path, "--run-dir", run.path, "--on-exist", "resume"
        call = f"nntrain.fit({str(run.config_path)!r}, run_dir={str(run.path)!r}, on_exist='resume')"
        again = by_door(shell_command(*words), call)
        raise CheckpointError(f"{error}; the run is finished, and this trains again what is lost: {again}") from None


def last_is_good(run: Run) -> bool:
    """Whether the last state of a finished run is there, whole."""
    with suppress(CheckpointError):
        check_last(run)
        return True
    return False


def is_done(run: Run, built: Built) -> bool:
    """Whether a run has ended as this config and these data would: nothing is to be written, so it needs no lock and
    may lie where nothing can be."""
    if not is_whole(run) or run.is_live() or not last_is_good(run):
        return False
    said = checkpoint.read_manifest(run.last)
    return said.get("config") == built.config.as_dict() and said.get("data_sha256") == built.data.sha256


def _is_moved_path(before: JsonObject, now: JsonObject, key: str) -> bool:
    """Whether a key names a file in both configs; a share, as of the validation part, is no file."""
    try:
        values = [config.find_value(values, key) for values in (before, now)]
    except KeyError:
        return False
    return config.is_path(now, key) and all(isinstance(value, str) for value in values)


def check_same_run(before: JsonObject, data_before: str, built: Built) -> None:
    """A run goes on as what it was: list every difference that is not a limit."""
    before = config.Config.from_dict(before).as_dict()  # an earlier release's config, with today's new arguments
    now = built.config.as_dict()
    same_data = data_before == built.data.sha256
    problems = [
        line
        for key, line in config.differences(before, now)
        if not key.startswith(CHANGEABLE) and not (same_data and _is_moved_path(before, now, key))
    ]
    if not same_data:
        problems.append(f"the data: SHA-256 was {data_before[:16]}…, is {built.data.sha256[:16]}…")
    if problems:
        raise ConfigError(
            *(f"resume: {line}" for line in problems), "resume: only " + ", ".join(CHANGEABLE) + " may change"
        )
