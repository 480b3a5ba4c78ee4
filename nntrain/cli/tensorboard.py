"""Event files for TensorBoard, through the `tensorboard` extra (tensorboardX)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nntrain.errors import ConfigError
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
    written after the checkpoint.  Raises ConfigError without tensorboardX, before anything is trained.
    """

    def __init__(self) -> None:
        try:
            from tensorboardX import SummaryWriter
        except ImportError:
            raise ConfigError("--tensorboard: needs tensorboardX: pip install 'nntrain[tensorboard]'") from None
        self._make = SummaryWriter
        self._writer: Any = None

    def begun(self, engine: Engine) -> None:
        """Open the file; where the run goes on, take back what stands behind the checkpoint."""
        purge = engine.step + 1 if engine.step else None
        self._writer = self._make(str(engine.run.path / "tensorboard"), purge_step=purge)

    def line(self, line: JsonObject, timing: JsonObject) -> None:
        """Add the scalars of a line."""
        for part in ("train", "validation"):
            for metric, value in line.get(part, {}).items():
                self._add(f"{metric}/{part}", value, line["step"])
        rates = line["lr"] if isinstance(line["lr"], dict) else {"": line["lr"]}
        for network, value in rates.items():
            self._add(f"lr/{network}" if network else "lr", value, line["step"])
        self._add("examples_per_second", timing["examples_per_second"], line["step"])
        self._writer.flush()

    def _add(self, tag: str, value: object, step: int) -> None:
        if isinstance(value, int | float):
            self._writer.add_scalar(tag, value, step)

    def close(self) -> None:
        """Write what is waiting."""
        if self._writer is not None:
            self._writer.close()
