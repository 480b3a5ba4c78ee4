"""Pictures of what a network of two inputs decides, left in samples/ as it learns."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from pathlib import Path

from nntrain.builder import Built
from nntrain.builder.length import steps_per_epoch, total_steps
from nntrain.errors import StorageError
from nntrain.files.storage import naming
from nntrain.inference.plane import Plane, decisions, plane_of
from nntrain.pictures import png

MOST_FRAMES = 24  # of a run


class Frames:
    """boundary_0001.png, …: after every epoch, or after every k-th, so that a run leaves MOST_FRAMES at most.

    They are for people: where they cannot be written the run goes on without them.
    """

    def __init__(self, built: Built):
        self.built = built
        epochs = total_steps(built.config, built.data) // steps_per_epoch(built.config, built.data)
        self.every = max(1, -(-epochs // MOST_FRAMES))

    @cached_property
    def plane(self) -> Plane | None:
        """Where they are drawn; found when the first is due, as examples are read for it."""
        return plane_of(self.built, self.built.data.parts["train"])

    def leave(self, epoch: int, folder: Path) -> None:
        """One frame, if this epoch is to have one."""
        if epoch % self.every or self.plane is None:
            return
        picture = decisions(self.built, self.plane)
        with suppress(StorageError):
            with naming(folder, "cannot be made"):
                folder.mkdir(exist_ok=True)
            if not folder.is_symlink():
                png.write(folder / f"boundary_{epoch:04d}.png", picture)
