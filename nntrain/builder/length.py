"""How long a training is, in steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nntrain.config import Config
from nntrain.data.loader import batch_size
from nntrain.data.parts import Data

if TYPE_CHECKING:
    from nntrain.schedules.base import Schedule


def steps_per_epoch(config: Config, data: Data) -> int:
    """Batches in one pass through the training part."""
    train = data.parts["train"]
    size, batch = train.size, batch_size(train, config.dataset)
    return size // batch if config.dataset.drop_last else -(-size // batch)


def total_steps(config: Config, data: Data) -> int:
    """The training's length: `epochs` or `steps`, whichever ends first.  Also the horizon of a schedule."""
    training = config.training
    by_epochs = None if training.epochs is None else training.epochs * steps_per_epoch(config, data)
    return min(limit for limit in (by_epochs, training.steps) if limit is not None)


def schedule_in_steps(config: Config, data: Data) -> Schedule:
    """The config's schedule, with what it says in epochs as numbers of steps."""
    return config.schedule.in_steps(steps_per_epoch(config, data))
