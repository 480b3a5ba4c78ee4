"""A few steps of the training that a config declares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from nntrain import config as configs
from nntrain.builder import Built, Trainer, build
from nntrain.data.loader import micro_batches
from nntrain.data.micro_batches import MicroBatches
from nntrain.data.parts import Batch
from nntrain.errors import ConfigError
from nntrain.inference.transfer import begin
from nntrain.messages import Warn, unheard


def trainer_of_one_loss(path: Path, overrides: Sequence[str], what: str, warn: Warn = unheard) -> tuple[Built, Trainer]:
    """What the config declares, ready to be trained; `what` asks for it, in the error about another loop."""
    built = build(configs.read(path, overrides), warn)
    begin(built)
    if not built.loop.one_loss:
        raise ConfigError(f"{what}: is for a network with one loss, not for the loop {built.config.training.loop.type}")
    return built, built.loop.trainer(built)


def endless_batches(built: Built) -> Iterator[Batch | MicroBatches]:
    """The batches of the training part as training takes them, epoch after epoch."""
    config = built.config
    parts = config.training.micro_batches
    for epoch in count():
        yield from micro_batches(built.data.parts["train"], config.dataset, config.seed, epoch, 0, parts)
