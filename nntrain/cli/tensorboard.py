"""Event files for TensorBoard, beside the log of a run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from nntrain.files.event_file import EventFile
from nntrain.files.storage import naming
from nntrain.runs.made_files import make_room
from nntrain.training.engine import Observer

if TYPE_CHECKING:
    from nntrain.files.plain_values import JsonObject
    from nntrain.training.engine import Engine


class Both(Observer):
    """Two observers as one."""

    def __init__(self, first: Observer, second: Observer):
        self.first, self.second = first, second

    def begun(self, engine: Engine) -> None:
        self.first.begun(engine)
        self.second.begun(engine)

    def step(self, engine: Engine) -> None:
        self.first.step(engine)
        self.second.step(engine)

    def line(self, line: JsonObject, timing: JsonObject) -> None:
        self.first.line(line, timing)
        self.second.line(line, timing)

    def warning(self, message: str) -> None:
        self.first.warning(message)
        self.second.warning(message)


class Events(Observer):
    """Every line of the metrics log as scalars at its step: loss/train, loss/validation, lr, examples_per_second.

    The files lie in the run directory under tensorboard/.  A resumed run writes a new file that takes back what was
    written after the checkpoint.  Raises StorageError where a file cannot be written.
    """

    def __init__(self) -> None:
        self._file: EventFile | None = None

    def begun(self, engine: Engine) -> None:
        """Open the file; take back what stands behind the checkpoint, or of an attempt that saved nothing."""
        folder = engine.run.path / "tensorboard"
        if folder.is_symlink() or not folder.is_dir():
            make_room(folder)  # what a link leads to is somebody else's
        with naming(folder, "cannot be made"):
            os.makedirs(folder, exist_ok=True)
        self._file = EventFile(folder, since=engine.step + 1)

    def line(self, line: JsonObject, timing: JsonObject) -> None:
        """Add the scalars of a line."""
        values = {
            f"{metric}/{part}": value
            for part in ("train", "validation")
            for metric, value in line.get(part, {}).items()
        }
        rates = line["lr"] if isinstance(line["lr"], dict) else {"": line["lr"]}
        values |= {f"lr/{network}" if network else "lr": value for network, value in rates.items()}
        values["examples_per_second"] = timing["examples_per_second"]
        assert self._file is not None
        self._file.write(line["step"], [(tag, v) for tag, v in values.items() if isinstance(v, int | float)])

    def close(self) -> None:
        """Give the file back."""
        if self._file is not None:
            self._file.close()
