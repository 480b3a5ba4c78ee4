"""The engine: drives a trainer through epochs and steps, evaluates, logs, saves, and stops.

Everything that decides what happens next is a function of the config and of what a checkpoint holds.  The clock only
decides when a checkpoint is written, never what is in it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from nntrain.builder import Built, Trainer
from nntrain.builder.length import steps_per_epoch, total_steps
from nntrain.data.loader import batch_size, micro_batches
from nntrain.data.parts import Part
from nntrain.errors import CheckpointError, DivergedError, Interrupted
from nntrain.files import checkpoint
from nntrain.files.json_fields import Fields
from nntrain.files.plain_values import JsonObject
from nntrain.inference.load import imports_of
from nntrain.inference.totals import METRIC
from nntrain.messages import by_door, shell_command
from nntrain.model.shapes import Array
from nntrain.parallel import team
from nntrain.runs import Run
from nntrain.runtime.memory import peak_memory
from nntrain.training.average import average_of, learned
from nntrain.training.cadence import Cadence
from nntrain.training.interruptible import Watched
from nntrain.training.monitor import Monitor, check_finite, check_measured

if TYPE_CHECKING:
    from nntrain.inference.transfer import Taken


class Observer:
    """What a person may want to see.  The command line's progress bar is one; this one sees nothing."""

    def begun(self, engine: Engine) -> None:
        """The training starts, or goes on."""

    def begins_from(self, taken: Taken) -> None:
        """Initial values were taken from another network."""

    def step(self, engine: Engine) -> None:
        """A training step has ended."""

    def line(self, line: JsonObject, timing: JsonObject) -> None:
        """A line of the metrics log has been written."""

    def warning(self, message: str) -> None:
        """Something a user should know."""


class Engine:
    """One training run: at any time, `step` steps are finished and logged as far as they should be."""

    def __init__(
        self,
        built: Built,
        trainer: Trainer,
        monitor: Monitor | None,
        run: Run,
        observer: Observer,
        stop: Callable[[], int | None],
    ):
        self.config, self.data = built.config, built.data
        self.trainer, self.monitor, self.run, self.observer = trainer, monitor, run, observer
        self.stop = stop  # the number of the signal that asks for an end, or None
        self.batch_size = batch_size(self.data.parts["train"], self.config.dataset)
        self.parts = self.config.training.micro_batches
        self.steps_per_epoch = steps_per_epoch(built.config, built.data)
        self.total = total_steps(built.config, built.data)
        self.cadence = Cadence(self.config.training, self.steps_per_epoch, self.total)
        self.step = 0
        self.lines = 0
        self.log_sha256 = ""  # of the lines that the checkpoint counts; earlier releases did not say
        self.imports = built.config.imports
        self.average = average_of(built)
        self.waiting_best: tuple[dict[str, Array], JsonObject] | None = None
        self._saved_at = self._line_at = time.perf_counter()
        self._line_step = 0  # of the last line
        self._saved_step = -1
        self._timed_step = 0  # the first that this process timed for the next line

    @property
    def epoch(self) -> int:
        """Epochs begun: the one that the last finished step belongs to, from 1."""
        return max(1, -(-self.step // self.steps_per_epoch))

    @property
    def stopped_early(self) -> bool:
        """Whether the monitored value has not improved for too long."""
        return self.monitor is not None and self.monitor.exhausted

    @property
    def finished(self) -> bool:
        """Whether there is nothing more to train."""
        return self.step >= self.total or self.stopped_early

    def train(self) -> None:
        """Run to the end.  Raises Interrupted or DivergedError with the last finished step saved."""
        train, settings = self.data.parts["train"], self.config.dataset
        self.observer.begun(self)
        try:
            # where a signal cut the evaluation of the last finished step
            if self.cadence.line_is_due(self.step) and self._line_step < self.step:
                self._log()
            while not self.finished:
                epoch, position = divmod(self.step, self.steps_per_epoch)
                for batch in micro_batches(train, settings, self.config.seed, epoch, position, self.parts):
                    self._obey_signal()
                    self.trainer.step(batch, self.step)
                    self.step += 1
                    if self.average is not None:
                        self.average.take()
                    self.observer.step(self)
                    if self.cadence.line_is_due(self.step):
                        self._log()
                    if self.finished:
                        break
                    if self.cadence.save_is_due(self.step, time.perf_counter() - self._saved_at):
                        self.save()
            self.save()
        except DivergedError as error:
            self._keep_what_is_finite()
            from nntrain.training.divergence import advised

            raise advised(error, self.config, self.data) from None

    def save(self) -> None:
        """Write the best checkpoint, if there is a new one, and then the last."""
        if self._saved_step == self.step:
            return
        self._check_state()
        self._save_best()
        self.run.write_checkpoint(self.run.last, self.arrays() | self.trainer.sums(), self.manifest())
        self._saved_at, self._saved_step = time.perf_counter(), self.step
        self.run.write_status("running", epoch=self.epoch, step=self.step)

    def arrays(self) -> dict[str, Array]:
        """What a checkpoint holds of networks and optimizers, by name: views, not copies."""
        return self.trainer.arrays() | (self.average.arrays() if self.average is not None else {})

    def evaluate(self, part: Part) -> JsonObject:
        """Loss and metrics over a part: of the average of the parameters, where there is one."""
        with self._averaged():
            return self.trainer.evaluate(self.watched(part))

    def _averaged(self) -> AbstractContextManager[None]:
        """Within, the networks have the average of their parameters, where there is one."""
        return nullcontext() if self.average is None else self.average.in_place(self.step)

    def manifest(self) -> JsonObject:
        """All that resuming needs besides the arrays; eval and predict need its config and facts."""
        return {
            "config": self.config.as_dict(),
            **({"imports": self.imports} if self.imports else {}),
            "dataset": self.data.facts.as_json(),
            "data_sha256": self.data.sha256,
            "epoch": self.epoch,
            "step": self.step,
            "lines": self.lines,
            "log_sha256": self.run.metrics.sha256,
            "line_step": self._line_step,
            "monitor": self.monitor.state() if self.monitor else None,
            "training": self.trainer.state(),
        }

    def restore(self, saved: checkpoint.Checkpoint) -> None:
        """Go back to where a checkpoint stands.  Its arrays have been compared with the networks' by the caller.

        Raises WrongFieldsError where its manifest is none of nntrain's.
        """
        for name, view in self.arrays().items():
            view[...] = learned(saved.arrays, name)
        manifest = Fields(saved.manifest, "manifest")
        self.step, self.lines, self._line_step = map(manifest.whole, ("step", "lines", "line_step"))
        self.log_sha256 = manifest.text("log_sha256") if "log_sha256" in manifest else ""
        self.imports = imports_of(manifest) or self.imports  # as they were called first: the bytes stay
        if self.monitor is not None:
            self.monitor.restore(manifest.fields("monitor"))
            self._find_best()
        sums = {name: array for name, array in saved.arrays.items() if name.startswith(METRIC)}
        self.trainer.restore_with(manifest.fields("training"), sums)
        # Not yet saved: where best.npz was the newest, last.npz is older or missing.
        self._timed_step = self.step

    def watched(self, part: Part) -> Part:
        """A part to be evaluated: a signal is obeyed before each of its batches."""
        return Watched(part, self._obey_signal)

    def _find_best(self) -> None:
        """Where best.npz is not the monitor's best, it is lost: keep the best from here on."""
        assert self.monitor is not None
        if self.monitor.best is None:
            return
        found = team.current().from_first(lambda: _step_of(self.run.best))
        if found != self.monitor.best_step:
            self.monitor.best = None
            lost = f"{self.run.best} is not that of step {self.monitor.best_step}"
            self.observer.warning(f"{lost}: the best from here on is kept")

    def _save_best(self) -> None:
        self.run.metrics.sync()
        if self.waiting_best is not None:
            self.run.write_checkpoint(self.run.best, *self.waiting_best)
            self.waiting_best = None

    def _check_state(self) -> None:
        if not self.trainer.finite():
            raise DivergedError(f"diverged at step {self.step}: a parameter or the optimizer's state is not finite")

    def _obey_signal(self) -> None:
        number = team.current().agreed(self.stop())
        if number is not None:
            if self.average is not None:
                self.average.give_back()
            self.save()
            again = by_door(
                shell_command("nntrain", "resume", self.run.path), f"nntrain.resume({str(self.run.path)!r})"
            )
            raise Interrupted(f"interrupted: step {self.step} is saved; {again} goes on", number)

    def _log(self) -> None:
        """Evaluate if it is time, write a line, and let the monitor and the schedule see it.

        Until the evaluation has ended nothing changes, so that a state saved meanwhile is one before this line.
        """
        line: JsonObject = {"epoch": self.epoch, "step": self.step, "lr": self.trainer.lr(self.step - 1)}
        line["train"] = self.trainer.results()
        if "validation" in self.data.parts and self.cadence.evaluation_is_due(self.step):
            line["validation"] = self.evaluate(self.data.parts["validation"])
            for name, value in line["validation"].items():
                if name in ("cost", "loss", "naive_loss"):
                    check_finite(value, f"validation.{name}", self.step)
        value = self.monitor.find(line) if self.monitor is not None else None
        if value is not None and self.monitor is not None:
            check_measured(value, self.monitor.name, self.step)
        self.trainer.reset()
        seconds = max(time.perf_counter() - self._line_at, 1e-9)
        timing = {
            "epoch": self.epoch,
            "step": self.step,
            "seconds": round(seconds, 6),
            "examples_per_second": round((self.step - self._timed_step) * self.batch_size / seconds, 1),
            "peak_memory_mb": round(peak_memory() / 2**20, 1),
        }
        self.run.metrics.append(line)
        self.run.timing.append(timing)
        self.lines += 1
        self._line_at, self._line_step, self._timed_step = time.perf_counter(), self.step, self.step
        if self.step % self.steps_per_epoch == 0 and self.run.writes:
            with self._averaged():
                self.trainer.epoch_ended(self.epoch, self.run.path)
        if self.monitor is not None and value is not None:
            improved = self.monitor.observe(value, self.epoch, self.step)
            self.trainer.observe(value, self.monitor.better)
            if improved:
                self._check_state()
                arrays = {n: array.copy() for n, array in (self.arrays() | self.trainer.sums()).items()}
                if self.average is not None:
                    arrays |= self.average.best(self.step)
                self.waiting_best = (arrays, self.manifest())
        self.observer.line(line, timing)

    def _keep_what_is_finite(self) -> None:
        """After divergence: the best so far, and the state after the last finished step where that is finite."""
        if self.trainer.finite():
            self.save()
        else:
            self._save_best()


def _step_of(path: Path) -> object:
    """The step at which a checkpoint was saved; None where there is no good one."""
    try:
        return checkpoint.read(path).manifest.get("step")
    except CheckpointError:
        return None
