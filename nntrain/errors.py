"""The errors a user can meet, each with the exit code of the command line.

Code 1 is not here: it is a bug in nntrain, and the only one that shows a traceback.
"""

from __future__ import annotations


class NNTrainError(Exception):
    """Base of all errors that nntrain raises on purpose.  `str(error)` is what the user reads: one line a problem."""

    exit_code = 1


class ConfigError(NNTrainError):
    """The config or the command's arguments are wrong.  `problems`: one complete line each."""

    exit_code = 2

    def __init__(self, *problems: str):
        super().__init__("\n".join(problems))
        self.problems = problems


class DataError(NNTrainError):
    """The data are missing or wrong: `file:row:column: error: …`."""

    exit_code = 3


class DivergedError(NNTrainError):
    """The cost or a parameter is NaN or infinite."""

    exit_code = 4


class CheckpointError(NNTrainError):
    """A checkpoint is missing, unreadable, or does not fit."""

    exit_code = 5


class RunDirectoryError(NNTrainError):
    """The run directory exists already or another process uses it."""

    exit_code = 6


class StorageError(NNTrainError):
    """Reading or writing failed: disk full, no permission."""

    exit_code = 7


class LostProcessError(NNTrainError):
    """Another process of a training on several does not answer, or the scheduler of a cluster."""

    exit_code = 8


class NothingGivenError(NNTrainError):
    """No run of a search can be given now, or all have ended."""

    exit_code = 9


class Interrupted(NNTrainError):
    """A signal ended the run after the last finished step was saved: 128 + its number (130 SIGINT, 143 SIGTERM)."""

    def __init__(self, message: str, signal_number: int):
        super().__init__(message)
        self.exit_code = 128 + signal_number
